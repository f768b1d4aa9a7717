"""What was decided on a segment -> files of its rows."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from collector.store.row_files import RowFiles

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from collector.drain.error_lane import ErrorBatch
    from collector.store.rows import Row, RowEncoder


def write_rows(folder: Path, segment: str, kept: Sequence[Row], batch: ErrorBatch, encoder: RowEncoder) -> RowFiles:
    """Write the rows of a segment's events (retractions among them) and sightings.

    Raises:
        OSError: the disk.
    """
    files = RowFiles.of(folder, segment)
    files.write(
        events=chain(
            (encoder.event(kept[place], event_id, segment) for place, event_id in batch.events),
            (
                encoder.retraction(kept[place], event_id, weight, segment)
                for place, event_id, weight in batch.retractions
            ),
        ),
        sightings=(encoder.sighting(kept[place], event_id, segment) for place, event_id in batch.sightings),
    )
    return files

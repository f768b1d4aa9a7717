"""Rows of errors as tests speak of them, and their way into the tables."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from collector.drain.occurrences import RememberedSighting, undecided
from collector.store.row_files import RowFiles
from collector.store.rows import RowEncoder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.model import ExceptionSighting, Grouping
    from collector.store.store import Store


class StoredError(NamedTuple):
    """A row of `error_events` or `error_sightings`; `weight` is 0 in the latter, and negative in a retraction."""

    event_id: str
    segment: str
    sighting: ExceptionSighting
    grouping: Grouping
    sighting_key: str
    timestamp_ns: int
    weight: int = 1

    @property
    def sdk_event_id(self) -> str:
        """That of the sighting; a retraction has none."""
        return self.sighting.event_id if self.weight >= 0 else ""


def remembered(row: StoredError) -> RememberedSighting:
    """What the memory keeps of a row."""
    told = undecided(row.sighting, row.grouping, segment=row.segment)
    return told._replace(event_id=row.event_id, weight=row.weight, sdk_event_id=row.sdk_event_id)


def insert_errors(
    store: Store, events: Iterable[StoredError], sightings: Iterable[StoredError] = (), *, segment: str
) -> None:
    """Store rows of one segment, as the drain does."""
    encoder = RowEncoder()

    def encode(row: StoredError) -> bytes:
        pieces = encoder.row(row.sighting, row.grouping, row.sighting_key, row.timestamp_ns)
        if row.weight < 0:
            return encoder.retraction(pieces, row.event_id, -row.weight, row.segment)
        return (encoder.event if row.weight else encoder.sighting)(pieces, row.event_id, row.segment)

    with tempfile.TemporaryDirectory() as folder:
        files = RowFiles.of(Path(folder), segment)
        files.write(events=map(encode, events), sightings=map(encode, sightings))
        store.insert_errors(files)

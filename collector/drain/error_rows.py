"""The error lane's end: what `error_lane.py` read from a segment becomes rows.

Reading a segment changes the memory of occurrences, so a segment is read once and its batch is kept until it is stored:
when ClickHouse is away for an hour, the same batch is tried again and again.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING

from collector.decode.exception_attributes import MARKER
from collector.drain.whole_records import WholeRecords

if TYPE_CHECKING:
    from collector.drain.error_lane import ErrorBatch, ErrorLane
    from collector.journal.dead_letters import DeadLetters
    from collector.journal.segment import Segment
    from collector.self_metrics import SelfMetrics
    from collector.store.store import Store


class ErrorRowsLane:
    """Stores the errors of one segment after the other, in order. Belongs to one thread."""

    def __init__(self, *, error_lane: ErrorLane, store: Store, dead_letters: DeadLetters, metrics: SelfMetrics) -> None:
        self._error_lane = error_lane
        self._store = store
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._read: tuple[str, ErrorBatch] | None = None

    def store_segment(self, segment: Segment) -> None:
        """Store a segment's error events and sightings; may be repeated.

        Raises:
            StoreFailure: repeat it.
        """
        if not _may_hold_errors(segment):
            return
        if self._read is None or self._read[0] != segment.name:
            batch = self._error_lane.read(
                segment.name, segment.signal, segment.sealed_ms, WholeRecords(segment, self._dead_letters)
            )
            self._read = (segment.name, batch)
        batch = self._read[1]
        for item, reason in batch.damaged:
            self._dead_letters.put(segment.signal, item, reason=reason, segment=segment.name, kind="item")
        self._store.insert_errors(batch.events + batch.retractions, batch.sightings, segment=segment.name)
        self._read = None
        self._metrics.dead_letters.labels(segment.signal).inc(len(batch.damaged))


def _may_hold_errors(segment: Segment) -> bool:
    """One search over the file's bytes: most segments of a healthy system hold no exception."""
    if not segment.size_bytes:
        return False
    with segment.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return view.find(MARKER) >= 0

"""The error lane: a segment is read, decided on, and becomes rows.

Deciding on a segment changes the memory of occurrences, so a segment is read once and its rows are kept until they are
stored: when ClickHouse is away for an hour, the same rows are tried again and again.

Reading is Python's work and storing is the engine's, so the next segment is read while one is stored. Segments are read
in a thread of their own (in a backlog it lets a process do the work: `backlog_reader.py`), one after the other, and one
that could not be read holds up the next. Nothing depends on how far ahead the reading is: after a kill, what the tables
hold of segments that are not in the journal any more is restored, and all others are read again.
"""

from __future__ import annotations

import mmap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.decode.exception_attributes import MARKER
from collector.drain.segment_reader import SegmentReader
from collector.drain.segment_rows import write_rows
from collector.drain.version_transition import VersionTransition
from collector.drain.whole_records import WholeRecords
from collector.store.row_files import RowFiles
from collector.store.rows import RowEncoder

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from collector.drain.backlog_reader import BacklogReader
    from collector.drain.error_lane import ErrorBatch, ErrorLane
    from collector.drain.segment_reader import Told
    from collector.journal.dead_letters import DeadLetters
    from collector.journal.segment import Segment
    from collector.model import ExceptionSighting, Grouping
    from collector.self_metrics import SelfMetrics
    from collector.store.alias_plan import Continuation
    from collector.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What a segment told: its rows, which groups continue others, and how many of its items were damaged."""

    rows: RowFiles
    continuations: tuple[Continuation, ...]
    damaged_count: int


class ErrorRowsLane:
    """Stores the errors of one segment after the other, in order. Belongs to one thread."""

    def __init__(
        self,
        *,
        group: Callable[[ExceptionSighting], Grouping],
        error_lane: ErrorLane,
        store: Store,
        dead_letters: DeadLetters,
        metrics: SelfMetrics,
        temporary: Path,
        backlog_reader: BacklogReader | None = None,
    ) -> None:
        self._encoder = RowEncoder()
        self._segment_reader = SegmentReader(group=group, keep=self._encoder.row)
        self._error_lane = error_lane
        self._store = store
        self._temporary = temporary
        self._backlog_reader = backlog_reader
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._transition = VersionTransition(store=store, metrics=metrics)
        # Its thread ends when nobody holds the lane any more.
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="read-errors")
        # By segment: the one in work, and the one after it.
        self._reads: dict[str, Future[_Read | None]] = {}

    def store_segment(self, segment: Segment, following: Segment | None = None) -> None:
        """Store a segment's error events and sightings; may be repeated. `following` is read meanwhile.

        Raises:
            StoreFailure: repeat it.
        """
        self._begin(segment)
        try:
            read = self._reads[segment.name].result()
        except BaseException:
            del self._reads[segment.name]  # To be read again, before any other is.
            raise
        if following is not None:
            self._begin(following)
        if read is not None:
            self._transition.continue_groups(read.continuations)
            self._store.insert_errors(read.rows)
            read.rows.delete()
            self._metrics.dead_letters.labels(segment.signal).inc(read.damaged_count)
        del self._reads[segment.name]

    def _begin(self, segment: Segment) -> None:
        if segment.name not in self._reads:
            self._reads[segment.name] = self._reader.submit(self._read, segment)

    def _read(self, segment: Segment) -> _Read | None:
        """Decide on a segment and encode its rows; None if it has nothing to do with errors."""
        if not _may_hold_errors(segment):
            return None
        told, batch, rows = self._read_beside(segment) or self._read_here(segment)
        for item, reason in told.damaged:
            self._dead_letters.put(segment.signal, item, reason=reason, segment=segment.name, kind="item")
        self._error_lane.count(told, batch)
        return _Read(rows=rows, continuations=told.continuations, damaged_count=len(told.damaged))

    def _read_beside(self, segment: Segment) -> tuple[Told, ErrorBatch, RowFiles] | None:
        """Let another process do it; None if there is none, or it failed at any point."""
        told = self._backlog_reader.read(segment) if self._backlog_reader is not None else None
        if self._backlog_reader is None or told is None:
            return None
        batch = self._error_lane.decide(segment.name, told)
        if not self._backlog_reader.write(self._temporary, segment, batch):
            return None
        return told, batch, RowFiles.of(self._temporary, segment.name)

    def _read_here(self, segment: Segment) -> tuple[Told, ErrorBatch, RowFiles]:
        reading = self._segment_reader.read(
            segment.name, segment.signal, segment.sealed_ms, WholeRecords(segment, self._dead_letters)
        )
        batch = self._error_lane.decide(segment.name, reading.told)
        rows = write_rows(self._temporary, segment.name, reading.kept, batch, self._encoder)
        return reading.told, batch, rows


def _may_hold_errors(segment: Segment) -> bool:
    """One search over the file's bytes: most segments of a healthy system hold no exception."""
    if not segment.size_bytes:
        return False
    with segment.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return view.find(MARKER) >= 0

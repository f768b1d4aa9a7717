"""The journal: the parts wired together. What it promises stands in the package's docstring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.failures import StartFailure
from collector.journal.disk import Disk
from collector.journal.open_segments import OpenSegments
from collector.journal.reader import SealedSegments
from collector.journal.recent import RecentRequests
from collector.journal.recovery import recover
from collector.journal.room import Room
from collector.journal.segment import FOLDER_MODE, SegmentNames
from collector.journal.writer import Writer

if TYPE_CHECKING:
    from pathlib import Path

    from collector.clock import Clock
    from collector.journal.segment import Segment
    from collector.model import Signal
    from collector.self_metrics import SelfMetrics

SEGMENT_BYTES_MAX = 32 << 20
"""One insert into ClickHouse: large enough to be worth its parts, small enough for the memory of an
insert.
"""

SEGMENT_AGE_SECONDS = 1.0
"""Half of the two seconds in which an acknowledged error is to be visible; shorter makes more,
smaller parts.
"""

JOURNAL_BYTES_MAX = 4 << 30
"""At 1 MiB/s of telemetry, more than an hour without ClickHouse."""

DISK_FREE_BYTES_MIN = 256 << 20
"""Left free, so that the embedded store can still merge and drain what the journal holds."""

DUPLICATE_WINDOW_SECONDS = 900.0
"""Clients repeat a request for minutes at most (OpenTelemetry Collectors give up after five by
default).
"""


class Journal:
    """The journal in one folder.

    One process at a time: whoever opens it holds the lock of the data folder.

    `open` once, then `append`, `next_sealed` and `finish` from any threads, then `close` once.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        metrics: SelfMetrics,
        segment_bytes_max: int = SEGMENT_BYTES_MAX,
        segment_age_seconds: float = SEGMENT_AGE_SECONDS,
        journal_bytes_max: int = JOURNAL_BYTES_MAX,
        disk_free_bytes_min: int = DISK_FREE_BYTES_MIN,
        duplicate_window_seconds: float = DUPLICATE_WINDOW_SECONDS,
        disk: Disk | None = None,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._disk = disk or Disk()
        self._duplicate_window_seconds = duplicate_window_seconds
        self._names = SegmentNames()
        self._recent = RecentRequests(
            window_seconds=duplicate_window_seconds, overflows=metrics.recent_request_overflows
        )
        self._room = Room(
            folder,
            clock=clock,
            disk=self._disk,
            gauge=metrics.journal_bytes,
            journal_bytes_max=journal_bytes_max,
            disk_free_bytes_min=disk_free_bytes_min,
        )
        self._sealed = SealedSegments(
            folder,
            clock=clock,
            disk=self._disk,
            room=self._room,
            gauge=metrics.journal_segments,
            duplicate_window_seconds=duplicate_window_seconds,
        )
        self._writer = Writer(
            OpenSegments(
                folder,
                clock=clock,
                disk=self._disk,
                names=self._names,
                on_sealed=self._sealed.add,
                segment_bytes_max=segment_bytes_max,
                segment_age_seconds=segment_age_seconds,
            ),
            clock=clock,
            metrics=metrics,
            recent=self._recent,
            room=self._room,
            batch_bytes_max=segment_bytes_max,
        )

    def open(self) -> None:
        """Put in order what the last process left, and take requests; raises `StartFailure`.

        Makes the folder (0700) if it is not there. Afterwards everything that was acknowledged and
        not drained is sealed and waits in `next_sealed`, and the requests of the duplicate window
        are known.
        """
        try:
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            self._folder.chmod(FOLDER_MODE)
            self._disk.sync_folder(self._folder.parent)
            now_ms = self._clock.now_ns() // 1_000_000
            recovered = recover(
                self._folder,
                names=self._names,
                now_ms=now_ms,
                window_ms=int(self._duplicate_window_seconds * 1000),
                disk=self._disk,
            )
        except OSError as failure:
            raise StartFailure(
                f"The journal in {self._folder} can't be opened: {failure.strerror}; "
                "give the service a data folder that it can write with --data"
            ) from failure
        now = self._clock.monotonic()
        for entry in recovered.recent:
            self._recent.keep(entry.digest, now - max(0, now_ms - entry.kept_ms) / 1000)
        for segment in recovered.segments:
            self._room.occupy(segment.size_bytes)
            self._sealed.add(segment)
        self._sealed.add_drained_digests(recovered.drained_digests)
        self._writer.start()

    def append(self, signal: Signal, request: bytes) -> bool:
        """Keep a request; return when it is on disk.

        True: kept. False: there is nothing to keep, since a byte-identical request was kept within
        the duplicate window and is on disk (or the request is empty). Raises `RequestUnavailable`,
        and then nothing was kept: the journal is full, the disk is nearly full or failed, the
        journal is not open.
        """
        return bool(request) and self._writer.append(signal, request)

    def next_sealed(self, timeout_seconds: float) -> Segment | None:
        """Return the oldest sealed segment not handed out yet; wait `timeout_seconds` for one.

        None when there is none by then, or when the journal is closed. Segments come in the order
        of their names.
        """
        return self._sealed.next(timeout_seconds)

    def finish(self, segment: Segment) -> None:
        """Delete a segment that is drained; its digests stay for the duplicate window.

        In any order; again, or after a crash in the middle, is harmless. Raises OSError if the disk
        does.
        """
        self._sealed.finish(segment)

    def seal_now(self) -> None:
        """Seal what is open, with all that was appended before, and return."""
        self._writer.seal_now()

    def pending(self) -> tuple[Segment, ...]:
        """Sealed segments that are not finished, handed out or not, oldest first."""
        return self._sealed.pending()

    @property
    def used_bytes(self) -> int:
        """Bytes that wait in the journal: about to be written, open or sealed."""
        return self._room.used_bytes

    def is_drained(self) -> bool:
        """Whether nothing waits: no request, no open segment, no sealed one."""
        return self._room.used_bytes == 0

    def close(self) -> None:
        """Refuse further requests, keep those that wait, seal, stop.

        What is not drained stays on disk.
        """
        self._writer.close()
        self._sealed.close()

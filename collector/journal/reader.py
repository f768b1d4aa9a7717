"""Sealed segments: handed out oldest first, deleted when they are drained."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from prometheus_client import Gauge

    from collector.clock import Clock
    from collector.journal.disk import Disk
    from collector.journal.room import Room
    from collector.journal.segment import Segment

logger = logging.getLogger(__name__)


class SealedSegments:
    """The queue between the writer and the drain. Thread-safe.

    Segments come in in the order of their names and are handed out in it; they may be finished in
    any order.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        disk: Disk,
        room: Room,
        gauge: Gauge,
        duplicate_window_seconds: float,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._disk = disk
        self._room = room
        self._gauge = gauge
        self._duplicate_window_seconds = duplicate_window_seconds
        self._changed = threading.Condition()
        self._not_handed_out: deque[Segment] = deque()
        self._unfinished: dict[str, Segment] = {}
        self._drained_digests: deque[tuple[float, Path]] = deque()  # (when to delete it, the file), oldest first
        self._closed = False

    def add(self, segment: Segment) -> None:
        """Take a segment whose bytes and name are on disk, and whose bytes `room` counts."""
        with self._changed:
            self._not_handed_out.append(segment)
            self._unfinished[segment.name] = segment
            self._gauge.set(len(self._unfinished))
            self._changed.notify()

    def add_drained_digests(self, paths: Iterable[Path]) -> None:
        """Take digest files whose segments are gone; deleted after the duplicate window."""
        delete_at = self._clock.monotonic() + self._duplicate_window_seconds
        with self._changed:
            self._drained_digests.extend((delete_at, path) for path in paths)

    def next(self, timeout_seconds: float) -> Segment | None:
        """Return the oldest segment not handed out yet; None if none comes in time, or closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._not_handed_out, timeout_seconds)
            if self._closed or not self._not_handed_out:
                return None
            return self._not_handed_out.popleft()

    def finish(self, segment: Segment) -> None:
        """Delete a drained segment and keep its digests.

        Doing so again changes nothing. Raises OSError.

        The digests are on disk before the segment is gone: at any moment in between, one of them
        knows the requests.
        """
        if segment.path.exists():
            self._sync_digests(segment)
            segment.path.unlink(missing_ok=True)
            self._disk.sync_folder(self._folder)
            self.add_drained_digests((segment.digests_path,))
        self._delete_old_digests()
        with self._changed:
            if self._unfinished.pop(segment.name, None) is None:
                return
            self._gauge.set(len(self._unfinished))
        self._room.give_back(segment.size_bytes)

    def pending(self) -> tuple[Segment, ...]:
        """All segments that are not finished, handed out or not, oldest first."""
        with self._changed:
            return tuple(self._unfinished.values())

    def close(self) -> None:
        """Wake everybody who waits in `next`; from now on it returns None."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _sync_digests(self, segment: Segment) -> None:
        try:
            fd = os.open(segment.digests_path, os.O_RDWR)
            try:
                self._disk.sync(fd)
            finally:
                os.close(fd)
        except OSError as failure:
            # The segment is stored and takes up the disk that is short: better to forget its
            # digests than to keep it.
            logger.warning(
                "%s is not on disk (%s); after a restart, requests of its segment that are "
                "delivered again may be stored twice",
                segment.digests_path,
                failure.strerror,
            )

    def _delete_old_digests(self) -> None:
        now = self._clock.monotonic()
        old = []
        with self._changed:
            while self._drained_digests and self._drained_digests[0][0] <= now:
                old.append(self._drained_digests.popleft()[1])
        for path in old:
            path.unlink(missing_ok=True)

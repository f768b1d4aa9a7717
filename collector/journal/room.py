"""Room in the journal: how many bytes wait in it, and whether more may come."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from collector.failures import RequestUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    from prometheus_client import Gauge

    from collector.clock import Clock
    from collector.journal.disk import Disk

FULL_RETRY_SECONDS = 5.0
"""How long a refused client should wait: a segment of 32 MiB drains in about a second, so room
comes in seconds.
"""

DISK_CHECK_SECONDS = 1.0
"""How long an answer about free disk space is believed: in a second, a segment or two are written.
"""


class Room:
    """The account of bytes between `append` and `finish`.

    Thread-safe. It is zero exactly when all is drained.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        disk: Disk,
        gauge: Gauge,
        journal_bytes_max: int,
        disk_free_bytes_min: int,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._disk = disk
        self._gauge = gauge
        self._journal_bytes_max = journal_bytes_max
        self._disk_free_bytes_min = disk_free_bytes_min
        self._lock = threading.Lock()
        self._used_bytes = 0
        self._free_bytes = 0
        self._checked_at = float("-inf")

    @property
    def used_bytes(self) -> int:
        """Bytes that were taken and not given back."""
        return self._used_bytes

    def occupy(self, size_bytes: int) -> None:
        """Count bytes that are in the journal already, whatever the limits say."""
        with self._lock:
            self._count(size_bytes)

    def take(self, size_bytes: int) -> None:
        """Count bytes that are about to be kept; raises `RequestUnavailable` without room."""
        with self._lock:
            if self._used_bytes + size_bytes > self._journal_bytes_max:
                raise RequestUnavailable(
                    f"The journal is full: {self._used_bytes} bytes wait in {self._folder} for "
                    f"ClickHouse, {size_bytes} more would pass --journal-bytes "
                    f"{self._journal_bytes_max}; see why the store is behind, or raise "
                    "--journal-bytes",
                    retry_after_seconds=FULL_RETRY_SECONDS,
                )
            self._check_disk()
            self._count(size_bytes)

    def give_back(self, size_bytes: int) -> None:
        """Count bytes that are no longer in the journal."""
        with self._lock:
            self._count(-size_bytes)

    def _count(self, size_bytes: int) -> None:
        self._used_bytes += size_bytes
        self._gauge.set(self._used_bytes)

    def _check_disk(self) -> None:
        now = self._clock.monotonic()
        if now - self._checked_at >= DISK_CHECK_SECONDS:
            try:
                self._free_bytes = self._disk.free_bytes(self._folder)
            except OSError as failure:
                raise RequestUnavailable(
                    f"The free space of {self._folder} can't be read: {failure.strerror}; check the disk",
                    retry_after_seconds=FULL_RETRY_SECONDS,
                ) from failure
            self._checked_at = now
        if self._free_bytes < self._disk_free_bytes_min:
            raise RequestUnavailable(
                f"The disk is nearly full: {self._free_bytes} bytes are free for {self._folder}, "
                f"--disk-free-bytes is {self._disk_free_bytes_min}; free some space, or lower "
                "--disk-free-bytes",
                retry_after_seconds=FULL_RETRY_SECONDS,
            )

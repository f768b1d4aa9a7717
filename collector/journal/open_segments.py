"""The segments that still grow, at most one a signal: which takes a batch, when it is sealed.

Confined to the writer's thread. A segment is sealed when the next batch would make it too large,
when it is old enough, when everything is to be sealed, or when its disk failed. A seal that fails
is tried again, under a new name, after `SEAL_RETRY_SECONDS`; until then its signal takes no batch.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from collector.journal.segment import OpenSegment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from collector.clock import Clock
    from collector.journal.disk import Disk
    from collector.journal.segment import Segment, SegmentNames
    from collector.model import Signal

logger = logging.getLogger(__name__)

SEAL_RETRY_SECONDS = 1.0
"""A disk that refused a rename or a truncation is not asked again at once: nothing but an operator
mends it.
"""


class OpenSegments:
    """The open segments by signal. `on_sealed` gets each sealed one, in the order of names."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        disk: Disk,
        names: SegmentNames,
        on_sealed: Callable[[Segment], None],
        segment_bytes_max: int,
        segment_age_seconds: float,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._disk = disk
        self._names = names
        self._on_sealed = on_sealed
        self._segment_bytes_max = segment_bytes_max
        self._segment_age_seconds = segment_age_seconds
        self._segments: dict[Signal, OpenSegment] = {}
        self._seal_not_before = float("-inf")

    def append(
        self,
        signal: Signal,
        requests: Sequence[bytes],
        digests: Sequence[bytes],
        *,
        size_bytes: int,
        kept_ms: int,
    ) -> None:
        """Return when the requests are on disk; raises OSError, and then none of them is kept."""
        segment = self._segments.get(signal)
        if segment is not None and (segment.retired or segment.size_bytes + size_bytes > self._segment_bytes_max):
            self._seal(segment)
            segment = None
        if segment is None:
            segment = OpenSegment(self._folder, signal, disk=self._disk, begun_at=self._clock.monotonic())
            self._segments[signal] = segment
        segment.append(requests, digests, kept_ms=kept_ms)

    def seal_due(self, *, everything: bool = False) -> None:
        """Seal the segments whose time has come, or all; one that can't be sealed stays."""
        now = self._clock.monotonic()
        if not everything and now < self._seal_not_before:
            return
        for segment in tuple(self._segments.values()):
            if everything or self._seal_at(segment) <= now:
                try:
                    self._seal(segment)
                except OSError as failure:
                    self._seal_not_before = now + SEAL_RETRY_SECONDS
                    logger.warning(
                        "The open segment of %s in %s can't be sealed yet: %s; check the disk",
                        segment.signal,
                        self._folder,
                        failure,
                    )

    def seconds_to_seal(self) -> float | None:
        """How long until a segment is to be sealed; None without one."""
        if not self._segments:
            return None
        earliest = min(self._seal_at(segment) for segment in self._segments.values())
        return max(0.0, max(earliest, self._seal_not_before) - self._clock.monotonic())

    def _seal_at(self, segment: OpenSegment) -> float:
        """When to seal a segment, in seconds of the monotonic clock."""
        if segment.retired or segment.size_bytes >= self._segment_bytes_max:
            return float("-inf")
        return segment.begun_at + self._segment_age_seconds

    def _seal(self, segment: OpenSegment) -> None:
        name = self._names.next(segment.signal, self._clock.now_ns() // 1_000_000)
        sealed = segment.seal(name)
        del self._segments[segment.signal]
        if sealed is not None:
            self._on_sealed(sealed)

"""The digests of recently kept requests: what makes a request delivered again cost nothing."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Counter

RECENT_REQUESTS_MAX = 500_000
"""About 60 MB when full.

Reached at 555 requests a second for 15 minutes; beyond that the window gets shorter.
"""


class RecentRequests:
    """Which digests were kept within the last `window_seconds`.

    Not thread-safe: the writer's lock guards it.

    Times are seconds of one monotonic clock and never decrease from call to call of `keep`. When
    `requests_max` are held, the oldest is forgotten before its time, which `overflows` counts: such
    a request is stored twice if it is delivered again.
    """

    def __init__(self, *, window_seconds: float, overflows: Counter, requests_max: int = RECENT_REQUESTS_MAX) -> None:
        self._window_seconds = window_seconds
        self._overflows = overflows
        self._requests_max = requests_max
        self._kept_at: dict[bytes, float] = {}
        # The order stands beside the dict: a dict whose front was deleted is slow to say what is
        # first in it.
        self._oldest_first: deque[bytes] = deque()

    def __len__(self) -> int:
        return len(self._kept_at)

    def holds(self, digest: bytes, now: float) -> bool:
        """Whether a request of this digest was kept within the window before `now`."""
        kept_at = self._kept_at.get(digest)
        return kept_at is not None and now - kept_at <= self._window_seconds

    def keep(self, digest: bytes, now: float) -> None:
        """Remember a request that was kept at `now`; forget what is out of the window."""
        while self._oldest_first and now - self._kept_at[self._oldest_first[0]] > self._window_seconds:
            self._forget_oldest()
        if digest in self._kept_at:
            return
        if len(self._kept_at) >= self._requests_max:
            self._forget_oldest()
            self._overflows.inc()
        self._kept_at[digest] = now
        self._oldest_first.append(digest)

    def _forget_oldest(self) -> None:
        del self._kept_at[self._oldest_first.popleft()]

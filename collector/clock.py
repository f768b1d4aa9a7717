"""Time, passed as an argument, so that tests turn it by hand."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where a stage reads the time from."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch; may jump when somebody sets the clock."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never jumps."""


class SystemClock:
    """The machine's own clock."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        return time.monotonic()

"""What is remembered for a trace: bounded, since a trace does not say that it has ended.

Without a lock, which a process that forks could leave taken in its child: each step on the dictionary is atomic.
"""

from __future__ import annotations

import contextlib
from typing import Any, Final, Generic, TypeVar

TRACES_MAX: Final = 1_000
"""Traces that are remembered, the latest to begin."""

_Kept = TypeVar("_Kept", bound=Any)


class ByTrace(Generic[_Kept]):
    """A value for each of the latest traces. Safe from any thread."""

    def __init__(self, traces_max: int = TRACES_MAX) -> None:
        self._values: dict[int, _Kept] = {}
        self._traces_max = traces_max

    def get(self, trace_id: int) -> _Kept | None:
        """Return what is kept for the trace."""
        return self._values.get(trace_id)

    def keep(self, trace_id: int, value: _Kept) -> _Kept:
        """Keep `value` for the trace unless one is kept; returns the one that is."""
        kept = self._values.setdefault(trace_id, value)
        while len(self._values) > self._traces_max:
            with contextlib.suppress(KeyError, RuntimeError, StopIteration):  # another thread was faster
                del self._values[next(iter(self._values))]
        return kept

    def replace(self, trace_id: int, value: _Kept) -> None:
        """Keep `value` for the trace in place of the one that is kept."""
        self._values.pop(trace_id, None)
        self.keep(trace_id, value)

    def forget(self, trace_id: int) -> None:
        """Keep nothing for the trace."""
        self._values.pop(trace_id, None)

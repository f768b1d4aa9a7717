"""What is remembered for a trace: bounded, since a trace does not say that it has ended."""

from __future__ import annotations

import threading
from typing import Any, Final, Generic, TypeVar

TRACES_MAX: Final = 1_000
"""Traces that are remembered, the latest to begin."""

_Kept = TypeVar("_Kept", bound=Any)


class ByTrace(Generic[_Kept]):
    """A value for each of the latest traces. Safe from any thread; reading takes no lock."""

    def __init__(self, traces_max: int = TRACES_MAX) -> None:
        self._values: dict[int, _Kept] = {}
        self._traces_max = traces_max
        self._lock = threading.Lock()

    def get(self, trace_id: int) -> _Kept | None:
        """Return what is kept for the trace."""
        return self._values.get(trace_id)

    def keep(self, trace_id: int, value: _Kept) -> _Kept:
        """Keep `value` for the trace unless one is kept; returns the one that is."""
        with self._lock:
            kept = self._values.setdefault(trace_id, value)
            if len(self._values) > self._traces_max:
                del self._values[next(iter(self._values))]
            return kept

    def replace(self, trace_id: int, value: _Kept) -> None:
        """Keep `value` for the trace in place of the one that is kept."""
        with self._lock:
            self._values.pop(trace_id, None)
        self.keep(trace_id, value)

    def forget(self, trace_id: int) -> None:
        """Keep nothing for the trace."""
        with self._lock:
            self._values.pop(trace_id, None)

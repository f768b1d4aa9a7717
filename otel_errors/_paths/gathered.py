"""Exceptions that `asyncio.gather(return_exceptions=True)` hands out as results.

Who asks for them as results may well handle each, so this path is off unless it is asked for. It sees what is called as
`asyncio.gather`; a name that was imported before `install()` is not replaced.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from opentelemetry._logs import SeverityNumber

from otel_errors import _origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard


class GatheredExceptions:
    """Stands in `asyncio.gather` between `install()` and `uninstall()`."""

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        self._capture = capture
        self._guard = guard
        self._previous: Callable[..., Any] = asyncio.gather
        self._active = False

    def install(self) -> None:
        """Take the place of `asyncio.gather`."""
        self._previous = asyncio.gather
        self._active = True
        asyncio.gather = self

    def uninstall(self) -> None:
        """Bring it back; ours passes through where another was put over it."""
        self._active = False
        previous: Any = self._previous
        if asyncio.gather is self:
            asyncio.gather = previous

    def __call__(self, *coros_or_futures: Any, return_exceptions: bool = False) -> Any:
        """Gather, and look at the results."""
        gathered: Any = self._previous(*coros_or_futures, return_exceptions=return_exceptions)
        try:
            if return_exceptions and self._active:
                started_in = _origin.current()
                gathered.add_done_callback(lambda done: self._see(done, started_in))
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("watch asyncio.gather")
        return gathered

    def _see(self, done: Any, started_in: Any) -> None:
        try:
            if done.cancelled() or done.exception() is not None:
                return
            for result in done.result():
                if isinstance(result, BaseException):
                    self._capture.capture(
                        result,
                        raised_in=started_in,
                        severity=SeverityNumber.WARN,
                        handled=True,
                        mechanism="gather",
                    )
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("capture what asyncio.gather returned")

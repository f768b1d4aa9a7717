"""Exceptions that `asyncio.gather(return_exceptions=True)` hands out as results.

Who asks for them as results may well handle each, so this path is off unless it is asked for. It sees what is called as
`asyncio.gather`; a name that was imported before `install()` is not replaced.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from opentelemetry._logs import SeverityNumber

from otel_errors import _origin
from otel_errors._paths._path import WatchedPath

if TYPE_CHECKING:
    from collections.abc import Callable


class GatheredExceptions(WatchedPath):
    """Stands in `asyncio.gather` between `install()` and `uninstall()`."""

    def watch(self) -> None:
        """Take the place of `asyncio.gather`."""
        self.hold(asyncio, "gather", self._gathering)

    def _gathering(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def gather(*coros_or_futures: Any, return_exceptions: bool = False) -> Any:
            gathered = original(*coros_or_futures, return_exceptions=return_exceptions)
            try:
                if return_exceptions and self.active:
                    started_in = _origin.current()
                    gathered.add_done_callback(lambda done: self._see(done, started_in))
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed("watch asyncio.gather")
            return gathered

        return gather

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

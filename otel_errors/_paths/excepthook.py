"""Exceptions that nobody catches: `sys.excepthook`.

The trace is taken from the stamp when the exception passed a span; an exception that was told by then is not told again.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from opentelemetry._logs import SeverityNumber

from otel_errors._paths._path import WatchedPath

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


class ExceptHook(WatchedPath):
    """Stands in `sys.excepthook` between `install()` and `uninstall()`."""

    def watch(self) -> None:
        """Take the place of the present hook."""
        self.hold(sys, "excepthook", self._hooking)

    def _hooking(self, previous: Callable[..., object]) -> Callable[..., None]:
        def excepthook(
            exception_type: type[BaseException],
            exception: BaseException | None,
            traceback: TracebackType | None,
        ) -> None:
            captured = self.active and exception is not None and self._see(exception)
            try:
                previous(exception_type, exception, traceback)
            finally:
                if captured:  # send what waits: the process ends
                    self._capture.flush(self._guard)

        return excepthook

    def _see(self, exception: BaseException) -> bool:
        try:
            in_main = threading.current_thread() is threading.main_thread()
            told = self._capture.capture(
                exception,
                severity=SeverityNumber.FATAL if in_main else SeverityNumber.ERROR,
                handled=False,
                mechanism="excepthook",
            )
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("capture an unhandled exception")
            return False
        return told is not None

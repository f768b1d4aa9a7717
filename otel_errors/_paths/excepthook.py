"""Exceptions that nobody catches: `sys.excepthook`.

The trace is taken from the stamp when the exception passed a span; an exception that was told by then is not told again.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from opentelemetry._logs import SeverityNumber

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard


class ExceptHook:
    """Stands in `sys.excepthook` between `install()` and `uninstall()`."""

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        self._capture = capture
        self._guard = guard
        self._previous: Callable[..., object] = sys.__excepthook__
        self._active = False

    def install(self) -> None:
        """Take the place of the present hook."""
        self._previous = sys.excepthook
        self._active = True
        sys.excepthook = self

    def uninstall(self) -> None:
        """Bring the previous hook back; ours passes through where another was put over it."""
        self._active = False
        if sys.excepthook is self:
            sys.excepthook = self._previous

    def __call__(
        self,
        exception_type: type[BaseException],
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Capture, run the previous hook, then send what waits: the process ends."""
        captured = self._active and exception is not None and self._see(exception)
        try:
            self._previous(exception_type, exception, traceback)
        finally:
            if captured:
                self._capture.flush(self._guard)

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

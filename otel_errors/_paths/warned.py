"""Warnings: `warnings.showwarning`. Off unless it is asked for.

A warning that the filters let through is told as an exception of its category that was raised where the warning points.
"""

from __future__ import annotations

import sys
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from opentelemetry._logs import SeverityNumber

from otel_errors import _origin

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard

_FRAMES_MAX: Final = 50


class Warnings:
    """Stands in `warnings.showwarning` between `install()` and `uninstall()`."""

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        self._capture = capture
        self._guard = guard
        self._previous: Callable[..., None] = warnings.showwarning
        self._active = False

    def install(self) -> None:
        """Take the place of the present function."""
        self._previous = warnings.showwarning
        self._active = True
        warnings.showwarning = self

    def uninstall(self) -> None:
        """Bring it back; ours passes through where another was put over it."""
        self._active = False
        if warnings.showwarning is self:
            warnings.showwarning = self._previous

    def __call__(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        """Capture, then show the warning as ever."""
        try:
            if self._active:
                self._see(message, category, filename, lineno)
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("capture a warning")
        self._previous(message, category, filename, lineno, file, line)

    def _see(self, message: Warning | str, category: type[Warning], filename: str, lineno: int) -> None:
        warning = message if isinstance(message, Warning) else category(message)
        if warning.__traceback__ is None:
            warning = warning.with_traceback(_stack_from(sys._getframe(2), filename, lineno))  # noqa: SLF001
        self._capture.capture(
            warning,
            raised_in=_origin.current(),
            severity=SeverityNumber.WARN,
            handled=True,
            mechanism="warnings",
        )


def _stack_from(frame: FrameType | None, filename: str, lineno: int) -> TracebackType | None:
    """A traceback that ends at the frame that the warning points to, from the frames that are running now."""
    while frame is not None and not (frame.f_code.co_filename == filename and frame.f_lineno == lineno):
        frame = frame.f_back
    traceback: TracebackType | None = None
    for _ in range(_FRAMES_MAX):
        if frame is None:
            break
        traceback = TracebackType(traceback, frame, frame.f_lasti, frame.f_lineno)
        frame = frame.f_back
    return traceback

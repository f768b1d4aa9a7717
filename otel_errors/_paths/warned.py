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
from otel_errors._paths._path import WatchedPath

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_FRAMES_MAX: Final = 50


class Warnings(WatchedPath):
    """Stands in `warnings.showwarning` between `install()` and `uninstall()`."""

    def watch(self) -> None:
        """Take the place of the present function."""
        self.hold(warnings, "showwarning", self._showing)

    def _showing(self, original: Callable[..., None]) -> Callable[..., None]:
        def showwarning(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: Any = None,
            line: str | None = None,
        ) -> None:
            try:
                if self.active:
                    self._see(message, category, filename, lineno)
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed("capture a warning")
            original(message, category, filename, lineno, file, line)

        return showwarning

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

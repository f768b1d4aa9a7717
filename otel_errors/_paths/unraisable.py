"""Exceptions that the interpreter can't raise anywhere: `sys.unraisablehook`.

Those of `__del__` and of callbacks of weak references, and those that end a bare `_thread`. The span in which the object
was let go is still current when the hook runs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard


class UnraisableHook:
    """Stands in `sys.unraisablehook` between `install()` and `uninstall()`."""

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        self._capture = capture
        self._guard = guard
        self._previous: Callable[[Any], object] = sys.unraisablehook
        self._active = False

    def install(self) -> None:
        """Take the place of the present hook."""
        self._previous = sys.unraisablehook
        self._active = True
        sys.unraisablehook = self

    def uninstall(self) -> None:
        """Bring the previous hook back; ours passes through where another was put over it."""
        self._active = False
        if sys.unraisablehook is self:
            sys.unraisablehook = self._previous

    def __call__(self, unraisable: Any) -> None:
        """Capture, then run the previous hook. The object is not kept: that would bring it back to life."""
        try:
            exception = unraisable.exc_value
            if self._active and exception is not None and not sys.is_finalizing():
                self._capture.capture(exception, handled=False, mechanism="unraisable", within_collector=True)
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("capture an exception that can't be raised")
        self._previous(unraisable)

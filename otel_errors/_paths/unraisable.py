"""Exceptions that the interpreter can't raise anywhere: `sys.unraisablehook`.

Those of `__del__` and of callbacks of weak references, and those that end a bare `_thread`. The span in which the object
was let go is still current when the hook runs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from otel_errors._paths._path import WatchedPath

if TYPE_CHECKING:
    from collections.abc import Callable


class UnraisableHook(WatchedPath):
    """Stands in `sys.unraisablehook` between `install()` and `uninstall()`."""

    def watch(self) -> None:
        """Take the place of the present hook."""
        self.hold(sys, "unraisablehook", self._hooking)

    def _hooking(self, previous: Callable[[Any], object]) -> Callable[[Any], None]:
        def unraisablehook(unraisable: Any) -> None:  # its object is not kept: that would bring it back to life
            try:
                exception = unraisable.exc_value
                if self.active and exception is not None and not sys.is_finalizing():
                    self._capture.capture(exception, handled=False, mechanism="unraisable", within_collector=True)
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed("capture an exception that can't be raised")
            previous(unraisable)

        return unraisablehook

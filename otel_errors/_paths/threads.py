"""Exceptions that end a thread: `threading.excepthook`.

The hook runs in the thread, after all context is gone, so the span that started the thread is remembered at its start.
`SystemExit` ends a thread in silence, whatever its code, and does so here.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from otel_errors import _method_patch, _origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard


class Threads:
    """Stands in `threading.excepthook` between `install()` and `uninstall()`."""

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        self._capture = capture
        self._guard = guard
        self._previous: Callable[[Any], object] = threading.excepthook
        self._active = False

    def install(self) -> None:
        """Take the place of the present hook, and remember where threads are started."""
        self._previous = threading.excepthook
        self._active = True
        threading.excepthook = self
        _method_patch.hold(threading.Thread, "start", self, self._starting)

    def uninstall(self) -> None:
        """Bring the previous hook back; ours passes through where another was put over it."""
        self._active = False
        if threading.excepthook is self:
            threading.excepthook = self._previous
        _method_patch.release(threading.Thread, "start", self)

    def __call__(self, args: Any) -> None:
        """Capture, then run the previous hook. `args` are those of `threading.excepthook`."""
        try:
            exception = args.exc_value
            if self._active and exception is not None and not isinstance(exception, SystemExit):
                self._capture.capture(
                    exception, raised_in=_origin.recall(args.thread), handled=False, mechanism="thread"
                )
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("capture the exception that ended a thread")
        self._previous(args)

    def _starting(self, original: Callable[..., None]) -> Callable[..., None]:
        def start(thread: threading.Thread) -> None:
            try:
                if self._active:
                    _origin.remember(thread)
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed("note where a thread was started")
            original(thread)

        return start

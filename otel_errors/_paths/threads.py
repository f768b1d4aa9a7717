"""Exceptions that end a thread: `threading.excepthook`.

The hook runs in the thread, after all context is gone, so the span that started the thread is remembered at its start.
`SystemExit` ends a thread in silence, whatever its code, and does so here.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from otel_errors import _origin
from otel_errors._paths._path import WatchedPath

if TYPE_CHECKING:
    from collections.abc import Callable


class Threads(WatchedPath):
    """Stands in `threading.excepthook` between `install()` and `uninstall()`."""

    def watch(self) -> None:
        """Take the place of the present hook, and remember where threads are started."""
        self.hold(threading, "excepthook", self._hooking)
        self.hold(threading.Thread, "start", self.starting)

    def _hooking(self, previous: Callable[[Any], object]) -> Callable[[Any], None]:
        def excepthook(args: Any) -> None:
            try:
                exception = args.exc_value
                if self.active and exception is not None and not isinstance(exception, SystemExit):
                    self._capture.capture(
                        exception, raised_in=_origin.recall(args.thread), handled=False, mechanism="thread"
                    )
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed("capture the exception that ended a thread")
            previous(args)

        return excepthook

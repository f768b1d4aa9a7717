"""SIGTERM, where the application leaves it at its default: what waits is sent before the process ends.

The default action ends the process at once, without `atexit`. Then the signal is raised again at its default, so that the
process ends as it would have. An application that has a handler of its own shuts down by itself.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard


class TerminationSignal:
    """Stands as the handler of SIGTERM between `install()` and `uninstall()`, if there was none."""

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        self._capture = capture
        self._guard = guard

    def install(self) -> None:
        """Take the place of the default action; only the main thread can."""
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._end)

    def uninstall(self) -> None:
        """Bring the default action back, unless another handler stands there."""
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGTERM) == self._end:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _end(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a handler's signature
        signal.signal(number, signal.SIG_DFL)  # a second signal ends the process at once
        self._capture.flush(self._guard)
        os.kill(os.getpid(), number)

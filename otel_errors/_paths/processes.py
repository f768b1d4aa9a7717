"""Exceptions that end a `multiprocessing` child.

The child catches what its run raises, prints it and ends by `os._exit`: no hook is called, and what waits to be sent is
lost. So `run` is wrapped in the child, and what waits is sent before it ends. It works for a child that is forked; one
that is spawned has this SDK if its program installs it or runs under `opentelemetry-instrument`.
"""

from __future__ import annotations

from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from opentelemetry._logs import SeverityNumber

from otel_errors import _origin
from otel_errors._paths._path import WatchedPath

if TYPE_CHECKING:
    from collections.abc import Callable


class ChildProcesses(WatchedPath):
    """Watches the runs of child processes between `install()` and `uninstall()`."""

    def watch(self) -> None:
        """Replace the method that runs in the child, and the one that starts it."""
        self.hold(BaseProcess, "start", self.starting)
        self.hold(BaseProcess, "_bootstrap", self._bootstrapping)

    def _bootstrapping(self, original: Callable[..., int]) -> Callable[..., int]:
        def _bootstrap(process: Any, *args: Any, **kwargs: Any) -> int:
            try:
                if self.active:
                    process.run = self._watching(process, process.run)
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed("watch a child process")
            return original(process, *args, **kwargs)

        return _bootstrap

    def _watching(self, process: Any, run: Callable[[], None]) -> Callable[[], None]:
        def watched() -> None:
            try:
                run()
            except BaseException as exception:
                self._see(process, exception)
                raise
            finally:
                self._capture.flush(self._guard)

        return watched

    def _see(self, process: Any, exception: BaseException) -> None:
        try:
            self._capture.capture(
                exception,
                raised_in=_origin.recall(process),
                severity=SeverityNumber.FATAL,
                handled=False,
                mechanism="process",
            )
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("capture the exception that ended a child process")

"""Every way on which an exception leaves the program's sight, beside the spans: one module each.

    safe_spans   what the API itself may raise               `use_span`
    unsampled    a span that the sampler dropped             `NonRecordingSpan`
    excepthook   nobody caught it in the main thread         `sys.excepthook`
    threads      nobody caught it in another thread          `threading.excepthook`
    futures      a pool's future that nobody read            `Future.set_exception`
    tasks        an asyncio task or callback                 `BaseEventLoop.call_exception_handler`
    gathered     `asyncio.gather(return_exceptions=True)`    opt-in
    unraisable   `__del__`, callbacks of the interpreter     `sys.unraisablehook`
    processes    the run of a `multiprocessing` child        `BaseProcess._bootstrap`
    logged       `logging.exception()`, `exc_info=`          `Logger.callHandlers`
    emitted      a log record of somebody else's              `Logger.emit(exception=)`
    warned       `warnings.warn()`                           opt-in
    frameworks   web servers, workers, schedulers            `_frameworks`
    breadcrumbs  log records before an error                 opt-in
    feature_flags  evaluations before an error               `Span.add_event`
    sigterm      what waits is sent before the process ends  the signal's default action

A path is put in place by `install()` and taken back by `uninstall()`. The hook or method that was there before still
runs, so what the program prints and how it ends stay as they were. No body raises into the application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from otel_errors._frameworks import Frameworks
from otel_errors._paths.crumbs import LogCrumbs
from otel_errors._paths.emitted import EmittedExceptions
from otel_errors._paths.excepthook import ExceptHook
from otel_errors._paths.flagged import FlagEvents
from otel_errors._paths.futures import UnreadFutures
from otel_errors._paths.gathered import GatheredExceptions
from otel_errors._paths.logged import LoggedExceptions
from otel_errors._paths.processes import ChildProcesses
from otel_errors._paths.sigterm import TerminationSignal
from otel_errors._paths.spans import SafeBlocks
from otel_errors._paths.tasks import LoopExceptions
from otel_errors._paths.threads import Threads
from otel_errors._paths.unraisable import UnraisableHook
from otel_errors._paths.unsampled import UnsampledSpans
from otel_errors._paths.warned import Warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard


class Path(Protocol):
    """What `install()` needs of a path."""

    def install(self) -> None:
        """Begin to see exceptions."""

    def uninstall(self) -> None:
        """See none any more; all is as before."""


PATHS: Final[Mapping[str, Callable[[ErrorCapture, Guard], Path]]] = {
    "safe_spans": SafeBlocks,
    "unsampled": UnsampledSpans,
    "excepthook": ExceptHook,
    "threads": Threads,
    "futures": UnreadFutures,
    "tasks": LoopExceptions,
    "gathered": GatheredExceptions,
    "unraisable": UnraisableHook,
    "processes": ChildProcesses,
    "logged": LoggedExceptions,
    "emitted": EmittedExceptions,
    "warned": Warnings,
    "frameworks": Frameworks,
    "breadcrumbs": LogCrumbs,
    "feature_flags": FlagEvents,
    "sigterm": TerminationSignal,
}
"""The paths by the setting that switches each on."""

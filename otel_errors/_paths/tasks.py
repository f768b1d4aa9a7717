"""Exceptions that an event loop is left with: `BaseEventLoop.call_exception_handler`.

Tasks that nobody awaits, and callbacks. The method is replaced on the class, so it does not matter which handler the
application sets. The trace is that of the task's or callback's own context: the hook itself runs whenever the task is
let go. Python before 3.12 does not show a task's context, so there the span is remembered as the task is made.

A loop that is not asyncio's own (uvloop) has a handler of its own, which logs: `logged` sees it.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN_CONTEXT

from otel_errors import _origin
from otel_errors._paths._path import WatchedPath

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    from opentelemetry.trace import SpanContext


_TASKS_SHOW_CONTEXT: Final = sys.version_info >= (3, 12)


class LoopExceptions(WatchedPath):
    """Watches asyncio's event loops between `install()` and `uninstall()`."""

    def watch(self) -> None:
        """Replace the loop's methods."""
        self.hold(asyncio.BaseEventLoop, "call_exception_handler", self._handling)
        if not _TASKS_SHOW_CONTEXT:
            self.hold(asyncio.BaseEventLoop, "create_task", self._creating)

    def _handling(self, original: Callable[..., None]) -> Callable[..., None]:
        def call_exception_handler(loop: asyncio.BaseEventLoop, context: dict[str, Any]) -> None:
            try:
                if self.active:
                    self._see(context)
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed("capture an exception of an event loop")
            original(loop, context)

        return call_exception_handler

    def _creating(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def create_task(loop: asyncio.BaseEventLoop, coro: Any, **kwargs: Any) -> Any:
            task = original(loop, coro, **kwargs)
            try:
                if self.active:
                    _origin.remember(task)
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed("note where a task was created")
            return task

        return create_task

    def _see(self, context: dict[str, Any]) -> None:
        exception = context.get("exception")
        if exception is not None:
            self._capture.capture(
                exception, raised_in=origin_of(context), handled=False, mechanism="task", within_collector=True
            )


def origin_of(context: dict[str, Any]) -> SpanContext:
    """The span that was current in the task or callback that failed, as far as it shows."""
    work = context.get("task") or context.get("future") or context.get("handle")
    if work is None:
        return INVALID_SPAN_CONTEXT
    variables: Context | None = getattr(work, "_context", None)  # of a handle
    if hasattr(work, "get_context"):
        variables = work.get_context()
    if variables is not None:
        try:
            return variables.run(_origin.current)
        except RuntimeError:  # it is entered: we run in it
            return trace.get_current_span().get_span_context()
    return _origin.recall(work)

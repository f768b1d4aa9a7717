"""Celery: exceptions that fail a task, by the signals that Celery sends for it.

A retry is no failure, and neither is an exception that the task names in `throws`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from otel_errors import _work
from otel_errors._frameworks._hook import Hook
from otel_errors._frameworks._task import task_attributes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from opentelemetry.util.types import AnyValue

_RUNNING: Final = "_otel_errors_work"  # on a task's request
_UNPICKLEABLE: Final = "UnpickleableExceptionWrapper"  # what Celery tells of instead of the exception itself


class CeleryHook(Hook):
    """Watches the tasks that this process runs, as a worker or eagerly."""

    mechanism = "celery"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._signals: tuple[tuple[Any, Callable[..., None]], ...] = ()

    def attach(self, module: ModuleType) -> None:
        """`module` is `celery.signals`."""
        self._signals += (
            (module.task_prerun, self._begins),
            (module.task_failure, self._failed),
            (module.task_postrun, self._ends),
            (module.worker_process_shutdown, self._shuts_down),
        )
        for signal, receiver in self._signals:
            signal.connect(receiver, weak=False, dispatch_uid=f"otel_errors {receiver.__name__}")

    def detach(self) -> None:
        super().detach()
        for signal, receiver in self._signals:
            signal.disconnect(dispatch_uid=f"otel_errors {receiver.__name__}")

    def _begins(self, task: Any = None, **_: Any) -> None:
        if self.active and task is not None:
            setattr(task.request, _RUNNING, _work.Work(lambda: _describe(task)).begin())

    def _ends(self, task: Any = None, **_: Any) -> None:
        work = getattr(getattr(task, "request", None), _RUNNING, None)
        if work is not None:
            work.end()

    def _failed(self, sender: Any = None, exception: BaseException | None = None, **_: Any) -> None:
        if type(exception).__name__ == _UNPICKLEABLE:
            exception = sys.exc_info()[1] or exception
        expected = tuple(getattr(sender, "throws", None) or ())
        if not isinstance(exception, expected):
            self.tell(exception, describe=lambda: _describe(sender))

    def _shuts_down(self, **_: Any) -> None:
        self.flush()  # a worker process ends without the interpreter's


def _describe(task: Any) -> dict[str, AnyValue]:
    request = task.request
    return task_attributes(
        system="celery",
        task=task.name,
        message_id=request.id,
        queue=(request.delivery_info or {}).get("routing_key"),
        retries=request.retries,
    )


HOOK = CeleryHook

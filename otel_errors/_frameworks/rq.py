"""RQ: exceptions that fail a job. RQ keeps them as text, so nobody else hears of them.

A worker runs each job in a process of its own that ends at once when the job does: what waits there is sent before.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from otel_errors._frameworks._hook import Hook
from otel_errors._frameworks._task import task_attributes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from opentelemetry.util.types import AnyValue


class RqHook(Hook):
    """Watches the workers of this process, and their work horses."""

    mechanism = "rq"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._process = os.getpid()

    def attach(self, module: ModuleType) -> None:
        """`module` is `rq.worker`."""
        owner = getattr(module, "BaseWorker", module.Worker)
        for name, replace in (("handle_exception", self._handling), ("perform_job", self._performing)):
            defined = next(kind for kind in owner.__mro__ if name in vars(kind))
            self.hold(defined, name, replace)

    def _performing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def perform_job(worker: Any, job: Any, *args: Any, **kwargs: Any) -> Any:
            if not self.active:
                return original(worker, job, *args, **kwargs)
            with self.working(lambda: _describe(job)):
                try:
                    return original(worker, job, *args, **kwargs)
                finally:
                    if os.getpid() != self._process:  # a work horse: it ends now, without the interpreter's
                        self.flush()

        return perform_job

    def _handling(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def handle_exception(worker: Any, job: Any, *exc_info: Any) -> Any:
            exception = exc_info[1] if len(exc_info) > 1 else None
            self.tell(exception if isinstance(exception, BaseException) else None, describe=lambda: _describe(job))
            return original(worker, job, *exc_info)

        return handle_exception


def _describe(job: Any) -> dict[str, AnyValue]:
    return task_attributes(system="rq", task=job.func_name, message_id=job.id, queue=job.origin)


HOOK = RqHook

"""APScheduler 3: exceptions that fail a job, by its event `EVENT_JOB_ERROR`.

The scheduler tells its listeners by one method; replaced on the class, it sees the jobs of every scheduler, also of one
that runs already.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from otel_errors import _semconv, _work
from otel_errors._frameworks._hook import Hook

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from opentelemetry.util.types import AnyValue

_LOGGER: Final = "apscheduler.executors"  # logs, in the job's thread, what the scheduler then tells its listeners


class ApschedulerHook(Hook):
    """Watches the schedulers of this process."""

    mechanism = "apscheduler"

    def attach(self, module: ModuleType) -> None:
        """`module` is `apscheduler.schedulers.base`."""
        self._job_error: int = sys.modules["apscheduler.events"].EVENT_JOB_ERROR
        self.hold(module.BaseScheduler, "_dispatch_event", self._dispatching)
        _work.leave_logger(_LOGGER)

    def detach(self) -> None:
        _work.take_logger(_LOGGER)
        super().detach()

    def _dispatching(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def _dispatch_event(scheduler: Any, event: Any) -> Any:
            if self.active and getattr(event, "code", None) == self._job_error:
                self.tell(getattr(event, "exception", None), describe=lambda: _describe(scheduler, event))
            return original(scheduler, event)

        return _dispatch_event


def _describe(scheduler: Any, event: Any) -> dict[str, AnyValue]:
    job = scheduler.get_job(event.job_id, event.jobstore)  # None when it ran for the last time
    return {_semconv.TASK_NAME: event.job_id if job is None else job.name, _semconv.MESSAGING_MESSAGE_ID: event.job_id}


HOOK = ApschedulerHook

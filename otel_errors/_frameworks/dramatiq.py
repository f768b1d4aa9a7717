"""Dramatiq: exceptions that fail a message, each time that it is tried.

`Broker.emit_before` and `emit_after` are what its middleware is called by; replaced on the class they see the messages
of every broker, also of one that was made before. `Retry`, a rate limit, and what an actor names in `throws` are no
errors, as for Dramatiq itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_errors import _work
from otel_errors._frameworks._hook import Hook
from otel_errors._frameworks._task import task_attributes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from opentelemetry.util.types import AnyValue

_LOGGER: Final = "dramatiq.worker"  # logs what it then tells its middleware
_PROCESSED: Final = "process_message"
_SKIPPED: Final = "skip_message"


class DramatiqHook(Hook):
    """Watches the workers of this process."""

    mechanism = "dramatiq"

    def attach(self, module: ModuleType) -> None:
        """`module` is `dramatiq.broker`."""
        self.hold(module.Broker, "emit_before", self._before)
        self.hold(module.Broker, "emit_after", self._after)
        _work.leave_logger(_LOGGER)

    def detach(self) -> None:
        _work.take_logger(_LOGGER)
        super().detach()

    def _before(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def emit_before(broker: Any, signal: str, *args: Any, **kwargs: Any) -> Any:
            if self.active and signal == _PROCESSED and args:
                message = args[0]
                _work.Work(lambda: _describe(message)).begin()
            return original(broker, signal, *args, **kwargs)

        return emit_before

    def _after(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def emit_after(broker: Any, signal: str, *args: Any, **kwargs: Any) -> Any:
            if signal not in (_PROCESSED, _SKIPPED):
                return original(broker, signal, *args, **kwargs)
            exception = kwargs.get("exception")
            if exception is not None and args and not self._is_expected(broker, args[0], exception):
                self.tell(exception)
            try:
                return original(broker, signal, *args, **kwargs)
            finally:
                work = _work.current()
                if work is not None:
                    work.end()

        return emit_after

    def _is_expected(self, broker: Any, message: Any, exception: BaseException) -> bool:
        """Whether the message or its actor names `exception` in `throws`."""
        try:
            throws = message.options.get("throws") or broker.get_actor(message.actor_name).options.get("throws")
            return bool(throws) and isinstance(exception, throws)
        except Exception:  # noqa: BLE001 - never harm the app: there is no such actor
            return False


def _describe(message: Any) -> dict[str, AnyValue]:
    return task_attributes(
        system="dramatiq",
        task=message.actor_name,
        message_id=message.message_id,
        queue=message.queue_name,
        retries=message.options.get("retries"),
    )


HOOK = DramatiqHook

"""What an error says of the task or job in which it happened. Never its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from otel_errors import _semconv

if TYPE_CHECKING:
    from opentelemetry.util.types import AnyValue

_PROCESS: Final = "process"  # semantic conventions: the kind of operation that a consumer's work is


def task_attributes(
    *, system: str, task: str | None, message_id: str | None, queue: str | None, retries: int | None = None
) -> dict[str, AnyValue]:
    """Return the attributes of a task that came from a queue; what is None or empty is left out."""
    found: dict[str, AnyValue] = {
        _semconv.TASK_NAME: task,
        _semconv.TASK_RETRIES: retries,
        _semconv.MESSAGING_SYSTEM: system,
        _semconv.MESSAGING_OPERATION: _PROCESS,
        _semconv.MESSAGING_DESTINATION: queue,
        _semconv.MESSAGING_MESSAGE_ID: message_id,
    }
    return {name: value for name, value in found.items() if value}

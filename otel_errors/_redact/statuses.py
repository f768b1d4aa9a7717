"""The status of a span: `use_span` writes `Type: message` there.

`Span.set_status` is replaced on the class, as `record_exception` is: a processor sees the span when it can't be changed
any more. Only a status with a description costs anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.trace import Status, StatusCode

if TYPE_CHECKING:
    from collections.abc import Callable


def redacting(original: Callable[..., None], redactor_of: Callable[[Any], Callable[[str], str] | None]) -> Any:
    """Make the replacement for `Span.set_status`; `redactor_of(span)` redacts a text, None leaves it as it is."""

    def set_status(self: Any, status: Status | StatusCode, description: str | None = None) -> None:
        told = status.description if isinstance(status, Status) else description
        if told:
            redact = redactor_of(self)
            if redact is not None:
                if isinstance(status, Status):
                    status = Status(status.status_code, redact(told))
                else:
                    description = redact(told)
        original(self, status, description)

    return set_status

"""An error event -> an OpenTelemetry log record."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs import LogRecordLimits

from otel_errors import _semconv
from otel_errors._traceback import fit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.trace import SpanContext
    from opentelemetry.util.types import AnyValue

    from otel_errors._log_pipeline import LogPipeline
    from otel_errors._traceback import Rendered

_SEVERITY_TEXTS: Final = {
    SeverityNumber.DEBUG: "DEBUG",
    SeverityNumber.INFO: "INFO",
    SeverityNumber.WARN: "WARN",
    SeverityNumber.ERROR: "ERROR",
    SeverityNumber.FATAL: "FATAL",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEvent:
    """One exception to be told of. Times are Unix nanoseconds.

    `span_context` is the span in which it was raised, invalid outside any. `handled` is False when
    nobody caught it and None when we can't know; `mechanism` tells how it was seen. `attributes` are
    the application's own, and win over ours.
    """

    event_id: str
    rendered: Rendered
    timestamp_ns: int
    span_context: SpanContext
    severity: SeverityNumber
    handled: bool | None
    attributes: Mapping[str, AnyValue]
    mechanism: str


class Emitter:
    """Writes error events to the log pipeline.

    The exception object is not passed on: the record would keep its frames, with all their local
    variables, alive until the batch is exported.
    """

    def __init__(self, pipeline: LogPipeline, *, stacktrace_length_max: int) -> None:
        self.pipeline = pipeline
        # The SDK would cut the end of a longer value, which is where the raise point is; so we cut
        # first, our way.
        self._length_max = least(stacktrace_length_max, LogRecordLimits().max_log_record_attribute_length)

    def emit(self, event: ErrorEvent, count: int = 1) -> bool:
        """Emit one log record that stands for `count` errors; False when there is nowhere to send it."""
        logger = self.pipeline.logger()
        if logger is None or not logger.enabled(severity_number=event.severity, event_name=_semconv.EVENT_NAME):
            return False
        own: dict[str, AnyValue] = {_semconv.EVENT_ID: event.event_id, _semconv.MECHANISM: event.mechanism}
        if count != 1:
            own[_semconv.COUNT] = count
        if event.handled is not None:
            own[_semconv.HANDLED] = event.handled
        logger.emit(
            timestamp=event.timestamp_ns,
            observed_timestamp=time.time_ns(),
            # Explicit: when the hook runs, the current span may be the parent already, or none.
            context=trace.set_span_in_context(trace.NonRecordingSpan(event.span_context)),
            severity_number=event.severity,
            severity_text=_SEVERITY_TEXTS[event.severity],
            body=event.rendered.title,
            attributes=exception_attributes(event.rendered, self._length_max, own=own, given=event.attributes),
            event_name=_semconv.EVENT_NAME,
        )
        return True


def exception_attributes(
    rendered: Rendered,
    length_max: int,
    *,
    own: Mapping[str, AnyValue],
    given: Mapping[str, AnyValue],
) -> dict[str, AnyValue]:
    """Return the attributes of a log record or span event.

    What the application gave wins (specification of `emit` and `record_exception`). What identifies
    the exception comes last: at its count limit the SDK drops the oldest.
    """
    ours: dict[str, AnyValue] = {
        **own,
        _semconv.EXCEPTION_TYPE: rendered.type,
        _semconv.EXCEPTION_MESSAGE: rendered.message,
        _semconv.EXCEPTION_STACKTRACE: fit(rendered, length_max),
    }
    if not given:
        return ours
    attributes = {key: value for key, value in given.items() if key not in ours}
    attributes.update((key, given.get(key, value)) for key, value in ours.items())
    return attributes


def least(limit: int, other: int | None) -> int:
    """Return the lower limit; None is no limit."""
    return limit if other is None else min(limit, other)

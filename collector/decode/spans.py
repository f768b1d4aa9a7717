"""One span's encoding -> the exceptions that it tells of.

Exceptions are found by their attributes, whatever the event is called: semantic conventions name it
`exception`, old bridges and hand-written code do not.

A span that has `exception.*` among its own attributes and no exception event is a sighting too, at
the span's end: so do bridges from tracers that know no events, and the error would be lost
otherwise. With an event there, the attributes are a copy of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from collector.decode.attributes import ATTRIBUTE_CHARS_MAX, cut_text
from collector.decode.exception_attributes import EXCEPTION_KEYS, read_exception
from collector.decode.messages import Span
from collector.model import ExceptionSighting

if TYPE_CHECKING:
    from collector.decode.exception_attributes import ExceptionAttributes, Surroundings
    from collector.model import SpanStatus

SPAN_KINDS: Final = ("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer")
"""The names of `SpanKind` in the table of spans, by number."""

SPAN_STATUSES: Final[tuple[SpanStatus, ...]] = ("unset", "ok", "error")
"""The names of `Status.StatusCode`, by number."""

_ID_BYTES_MAX: Final = 32  # twice a trace id's 16: wrong ids are kept as sent, within reason


def read_span(item: bytes, around: Surroundings) -> list[ExceptionSighting]:
    """Return the exceptions of one `Span`, in the order of its events.

    None at all if it only mentions the word. The attributes of a sighting are the span's, and over
    them the event's. Raises `google.protobuf.message.DecodeError` when the span is damaged.
    """
    span = Span.FromString(item)
    told = [
        (event, exception)
        for event in span.events
        if (exception := read_exception(event.attributes, around.attributes))
    ]
    if told:
        span_attributes = around.attributes.read(span.attributes)
        for key in EXCEPTION_KEYS & span_attributes.keys():
            del span_attributes[key]
        return [
            _sighting(
                span,
                exception,
                timestamp_ns=event.time_unix_nano or span.end_time_unix_nano,
                attributes=span_attributes | exception.others,
                around=around,
            )
            for event, exception in told
        ]
    own = read_exception(span.attributes, around.attributes)
    if own is None:
        return []
    return [
        _sighting(
            span,
            own,
            timestamp_ns=span.end_time_unix_nano or span.start_time_unix_nano,
            attributes=own.others,
            around=around,
        )
    ]


def id_text(data: bytes) -> str:
    """Return an id as lower-case hex; "" when it was not sent or is all zeros.

    OTLP gives the two the same meaning.
    """
    return data[:_ID_BYTES_MAX].hex() if any(data) else ""


def _sighting(
    span: Any,
    exception: ExceptionAttributes,
    *,
    timestamp_ns: int,
    attributes: dict[str, str],
    around: Surroundings,
) -> ExceptionSighting:
    trace_id, span_id = id_text(span.trace_id), id_text(span.span_id)
    code = span.status.code
    return ExceptionSighting(
        seen_in="span_event",
        timestamp_ns=timestamp_ns,
        observed_ns=span.end_time_unix_nano or timestamp_ns,
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=id_text(span.parent_span_id),
        span_name=cut_text(span.name, ATTRIBUTE_CHARS_MAX),
        span_status=SPAN_STATUSES[code] if 0 <= code < len(SPAN_STATUSES) else "",
        span_kind=SPAN_KINDS[span.kind] if 0 <= span.kind < len(SPAN_KINDS) else SPAN_KINDS[0],
        exception_type=exception.type,
        exception_message=exception.message,
        exception_stacktrace=exception.stacktrace,
        escaped=exception.escaped,
        event_id=exception.event_id,
        weight=exception.weight,
        ordinal=around.ordinals.take("span_event", trace_id, span_id, timestamp_ns, exception.type, exception.message),
        resource=around.resource,
        attributes=attributes,
    )

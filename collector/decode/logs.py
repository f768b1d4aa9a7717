"""One log record's encoding -> the exception that it tells of, if any.

A record tells of an exception by its attributes, whatever its event name is: semantic conventions ask for
`<operation>.exception`, loggers send none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from collector.decode.attributes import ATTRIBUTE_CHARS_MAX, cut_text, value_text
from collector.decode.exception_attributes import read_exception, tells_of_exception
from collector.decode.messages import LogRecord
from collector.decode.spans import id_text
from collector.model import ExceptionSighting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.decode.exception_attributes import Ordinals

SEVERITY_NUMBER_MAX: Final = 24
"""FATAL4, the highest severity of the logs data model; protobuf lets any number through."""


def read_log_record(
    item: bytes, *, resource: Mapping[str, str], scope_name: str, ordinals: Ordinals
) -> list[ExceptionSighting]:
    """The exception of one `LogRecord`, as a list of one; an empty list if it only mentions the word.

    A record without a time of its own has the time at which it was observed (logs data model, `Timestamp`).

    Raises:
        google.protobuf.message.DecodeError: the record's encoding is damaged.
    """
    record = LogRecord.FromString(item)
    if not tells_of_exception(record.attributes):
        return []
    exception = read_exception(record.attributes)
    trace_id, span_id = id_text(record.trace_id), id_text(record.span_id)
    timestamp_ns = record.time_unix_nano or record.observed_time_unix_nano
    return [
        ExceptionSighting(
            seen_in="log_record",
            timestamp_ns=timestamp_ns,
            observed_ns=record.observed_time_unix_nano or timestamp_ns,
            trace_id=trace_id,
            span_id=span_id,
            exception_type=exception.type,
            exception_message=exception.message,
            exception_stacktrace=exception.stacktrace,
            escaped=exception.escaped,
            event_id=exception.event_id,
            weight=exception.weight,
            severity_number=min(max(record.severity_number, 0), SEVERITY_NUMBER_MAX),
            severity_text=cut_text(record.severity_text, ATTRIBUTE_CHARS_MAX),
            body=value_text(record.body),
            event_name=cut_text(record.event_name, ATTRIBUTE_CHARS_MAX),
            scope_name=scope_name,
            ordinal=ordinals.take(
                "log_record", trace_id, span_id, timestamp_ns, exception.type, exception.message
            ),
            resource=resource,
            attributes=exception.others,
        )
    ]

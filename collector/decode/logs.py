"""One log record's encoding -> the exception that it tells of, if any.

A record tells of an exception by its attributes, whatever its event name is: semantic conventions
ask for `<operation>.exception`, loggers send none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from collector.decode.exception_attributes import read_exception
from collector.decode.messages import LogRecord
from collector.decode.spans import id_text
from collector.model import ExceptionSighting

if TYPE_CHECKING:
    from collector.decode.exception_attributes import Surroundings

SEVERITY_NUMBER_MAX: Final = 24
"""FATAL4, the highest severity of the logs data model; protobuf lets any number through."""


def read_log_record(item: bytes, around: Surroundings) -> list[ExceptionSighting]:
    """Return the exception of one `LogRecord`, or nothing if it only mentions the word.

    A record without a time of its own has the time at which it was observed, as the logs data
    model asks. Raises `google.protobuf.message.DecodeError` when the record is damaged.
    """
    record = LogRecord.FromString(item)
    exception = read_exception(record.attributes, around.attributes)
    if exception is None:
        return []
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
            ordinal=around.ordinals.take(
                "log_record", trace_id, span_id, timestamp_ns, exception.type, exception.message
            ),
            resource=around.resource,
            attributes=exception.others,
        )
    ]

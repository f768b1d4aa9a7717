"""OTLP requests for the benchmarks: realistic in size, every one different in its bytes.

A request that is byte-identical to an earlier one is acknowledged and not stored again, so a benchmark that repeats
its bytes would measure nothing. Each payload is made once with a marker in it, and the marker is replaced by a number
of the same length for each request.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

if TYPE_CHECKING:
    from collections.abc import Iterator

SPANS_A_REQUEST = 500
ERRORS_A_REQUEST = 200
ATTRIBUTES_A_SPAN = 10
FRAMES_A_STACK = 30
_MARKER = b"request-00000000"


def text(key: str, value: str) -> KeyValue:
    """A text attribute."""
    return KeyValue(key=key, value=AnyValue(string_value=value))


def numbered(template: bytes, first: int, count: int) -> Iterator[bytes]:
    """The template as `count` different requests."""
    for number in range(first, first + count):
        yield template.replace(_MARKER, b"request-%08d" % number)


def plain_spans(*, nested_every: int = 0) -> bytes:
    """500 spans of 10 attributes; every n-th has an attribute that is an array."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(
        [
            text("service.name", "checkout"),
            text("service.version", "1.2.3"),
            text("service.instance.id", _MARKER.decode()),
        ]
    )
    scope_spans = resource_spans.scope_spans.add()
    trace_id = os.urandom(16)
    for index in range(SPANS_A_REQUEST):
        if index % 5 == 0:
            trace_id = os.urandom(16)
        start = time.time_ns()
        span = scope_spans.spans.add(
            trace_id=trace_id,
            span_id=os.urandom(8),
            parent_span_id=os.urandom(8),
            name=f"GET /{index % 20}",
            kind=2,
            start_time_unix_nano=start,
            end_time_unix_nano=start + 1_000_000,
        )
        span.attributes.extend(
            text(f"http.attribute.{n}", f"value {index} of {n}") for n in range(ATTRIBUTES_A_SPAN - 1)
        )
        span.attributes.append(KeyValue(key="http.response.status_code", value=AnyValue(int_value=200)))
        if nested_every and index % nested_every == 0:
            values = span.attributes.add(key="list").value.array_value.values
            values.extend([AnyValue(string_value="a"), AnyValue(int_value=1)])
    return request.SerializeToString()


def word(number: int) -> str:
    """A number in letters: digits in names are left out of fingerprints."""
    letters = ""
    while number or not letters:
        number, rest = divmod(number, 26)
        letters += chr(ord("a") + rest)
    return letters


def stack_text(variant: int, message: str) -> str:
    """A Python stack trace of 30 frames; each variant has other functions, and is a group of its own."""
    name = word(variant)
    frames = "".join(
        f'  File "/srv/app/shop/module_{n}.py", line {n * 7 + 1}, in step_{n}_{name}\n'
        f"    return step_{n + 1}(order, customer)\n"
        for n in range(FRAMES_A_STACK)
    )
    return f"Traceback (most recent call last):\n{frames}shop.errors.CardDeclined: {message}\n"


def error_logs(*, first_variant: int, distinct: bool) -> bytes:
    """200 error log records with stacks of 30 frames and an id in each message; the stacks all differ, or are all one."""
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add()
    resource_logs.resource.attributes.extend(
        [
            text("service.name", "checkout"),
            text("telemetry.sdk.language", "python"),
            text("service.instance.id", _MARKER.decode()),
        ]
    )
    scope_logs = resource_logs.scope_logs.add()
    for index in range(ERRORS_A_REQUEST):
        message = f"card of order {first_variant + index} declined ({_MARKER.decode()})"
        record = scope_logs.log_records.add(
            time_unix_nano=time.time_ns() + index,
            trace_id=os.urandom(16),
            span_id=os.urandom(8),
            severity_number=17,
            severity_text="ERROR",
            event_name="exception",
        )
        record.attributes.extend(
            [
                text("exception.type", "shop.errors.CardDeclined"),
                text("exception.message", message),
                text("exception.stacktrace", stack_text(first_variant + index if distinct else 0, message)),
                text("user.id", f"user-{index % 50}"),
                text("http.route", "/checkout"),
            ]
        )
    return request.SerializeToString()

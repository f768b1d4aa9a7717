"""The exceptions that one span or one log record tells of."""

from __future__ import annotations

import contextlib

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from collector.decode.attributes import AttributeReader
from collector.decode.exception_attributes import STACKTRACE_END_BYTES_MAX, Ordinals, Surroundings
from collector.decode.logs import read_log_record
from collector.decode.spans import read_span


def around():
    return Surroundings(
        resource={"service.name": "shop"},
        scope_name="lib",
        ordinals=Ordinals(),
        attributes=AttributeReader(lambda _, text: text),
    )


def pairs(attributes):
    return [
        KeyValue(
            key=key,
            value=value if isinstance(value, AnyValue) else AnyValue(string_value=value),
        )
        for key, value in attributes.items()
    ]


BOOM = {"exception.type": "ValueError", "exception.message": "boom"}


def span(*events, own=(), **fields):
    made = Span(
        trace_id=b"\x01" * 16,
        span_id=b"\x02" * 8,
        parent_span_id=b"\x03" * 8,
        name="GET /",
        kind=2,
        start_time_unix_nano=10,
        end_time_unix_nano=30,
        attributes=pairs(dict(own)),
        **fields,
    )
    for name, time, attributes in events:
        made.events.add(name=name, time_unix_nano=time, attributes=pairs(attributes))
    return made.SerializeToString()


def record(attributes=None, **fields):
    return LogRecord(attributes=pairs(attributes or BOOM), **fields).SerializeToString()


def test_a_span_event_has_the_spans_surroundings():
    """A sighting knows its span, its resource, its scope, and the attributes of both."""
    (sighting,) = read_span(
        span(
            ("exception", 20, BOOM | {"exception.stacktrace": "at x", "k": "event", "e": "1"}),
            own={"k": "span", "http.route": "/", "exception.type": "copy"},
        ),
        around(),
    )

    assert sighting.seen_in == "span_event"
    assert (sighting.timestamp_ns, sighting.observed_ns) == (20, 30)
    assert (sighting.trace_id, sighting.span_id, sighting.parent_span_id) == (
        "01" * 16,
        "02" * 8,
        "03" * 8,
    )
    assert (sighting.span_name, sighting.span_kind) == ("GET /", "Server")
    assert sighting.exception_stacktrace == "at x"
    assert (sighting.resource, sighting.scope_name) == ({"service.name": "shop"}, "lib")
    assert sighting.attributes == {"k": "event", "http.route": "/", "e": "1"}


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (span(("exception", 20, BOOM)), [("ValueError", 20)]),
        (span(("any name", 20, BOOM)), [("ValueError", 20)]),
        (span(("exception", 0, BOOM)), [("ValueError", 30)]),
        (span(("e", 20, {"exception.stacktrace": "x"})), [("", 20)]),
        (span(("e", 20, {"exception.message": ""})), [("", 20)]),
        (span(("exception", 20, {"exception.escaped": "True"})), []),
        (span(("exception", 20, {})), []),
        (span(("log", 20, {"text": "exception.type is missing"})), []),
        (span(own=BOOM), [("ValueError", 30)]),
        (span(("exception", 20, BOOM), own=BOOM), [("ValueError", 20)]),
        (
            span(("a", 20, BOOM), ("b", 21, {}), ("c", 22, BOOM)),
            [("ValueError", 20), ("ValueError", 22)],
        ),
    ],
)
def test_exceptions_are_found_by_their_attributes(item, expected):
    """Neither the name of an event nor the word alone makes an exception."""
    assert expected == [(s.exception_type, s.timestamp_ns) for s in read_span(item, around())]


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("True", True),
        ("true", True),
        (AnyValue(bool_value=True), True),
        ("False", False),
        (AnyValue(bool_value=False), False),
        ("yes", False),
    ],
)
def test_escaped_comes_as_a_bool_or_as_text(value, escaped):
    """Python sends text, others a bool."""
    (sighting,) = read_span(span(("exception", 1, BOOM | {"exception.escaped": value})), around())

    assert sighting.escaped is escaped


@pytest.mark.parametrize("count", ["0", AnyValue(int_value=0)])
def test_a_copy_that_another_event_counts_is_none(count):
    """Our SDK, in a storm: the event of this id has the count of all."""
    told = BOOM | {"otel_errors.count": count, "otel_errors.event_id": "a" * 32}

    assert list(read_log_record(record(told), around())) == []
    assert list(read_span(span(("exception", 1, told)), around())) == []


@pytest.mark.parametrize(
    ("count", "weight"),
    [
        (AnyValue(int_value=100), 100),
        ("100", 100),
        (AnyValue(int_value=2**31), 2**31),
        (AnyValue(int_value=2**31 + 1), 1),
        (AnyValue(int_value=0), 1),
        (AnyValue(int_value=-5), 1),
        (AnyValue(double_value=2.5), 1),
        ("many", 1),
        ("9" * 5000, 1),
        ("٣", 1),
    ],
)
def test_a_weight_out_of_range_counts_once(count, weight):
    """`otel_errors.count` is taken only if it is a whole number from 1 to 2^31."""
    (sighting,) = read_log_record(record(BOOM | {"otel_errors.count": count}), around())

    assert weight == sighting.weight


def test_a_log_record_has_its_own_fields():
    """Severity, body, event name, ids and the SDK's event id arrive."""
    (sighting,) = read_log_record(
        record(
            BOOM | {"otel_errors.event_id": "abc", "user.id": "7"},
            time_unix_nano=5,
            observed_time_unix_nano=6,
            severity_number=21,
            severity_text="FATAL",
            body=AnyValue(string_value="failed"),
            event_name="exception",
            trace_id=b"\x01" * 16,
            span_id=bytes(8),
        ),
        around(),
    )

    assert sighting.seen_in == "log_record"
    assert (sighting.timestamp_ns, sighting.observed_ns) == (5, 6)
    assert (sighting.severity_number, sighting.severity_text) == (21, "FATAL")
    assert (sighting.body, sighting.event_name, sighting.event_id) == ("failed", "exception", "abc")
    assert (sighting.trace_id, sighting.span_id) == ("01" * 16, "")
    assert sighting.attributes == {"user.id": "7"}


@pytest.mark.parametrize(
    ("fields", "times"),
    [
        ({"time_unix_nano": 5}, (5, 5)),
        ({"observed_time_unix_nano": 6}, (6, 6)),
        ({}, (0, 0)),
    ],
)
def test_a_record_without_a_time_has_the_observed_one(fields, times):
    """Either time stands in for the other."""
    (sighting,) = read_log_record(record(**fields), around())

    assert times == (sighting.timestamp_ns, sighting.observed_ns)


def test_a_record_that_mentions_the_word_is_none():
    """`exception.` in a body is no exception."""
    assert read_log_record(record({"k": "exception.type"}), around()) == []


def test_alike_sightings_of_one_request_are_numbered():
    """Ten rows in one tick stay ten; the numbers start anew with each request."""
    item = span(*[("exception", 20, BOOM)] * 3, ("exception", 21, BOOM))
    for _ in range(2):
        assert [s.ordinal for s in read_span(item, around())] == [0, 1, 2, 0]


def test_a_long_stack_keeps_both_its_ends():
    """The raise is at the end in Python and at the beginning elsewhere."""
    stack = "first\n" + "middle\n" * 200_000 + "last"
    (sighting,) = read_log_record(record(BOOM | {"exception.stacktrace": stack}), around())

    assert sighting.exception_stacktrace.startswith("first")
    assert sighting.exception_stacktrace.endswith("last")
    assert len(sighting.exception_stacktrace) <= 2 * STACKTRACE_END_BYTES_MAX + 1


def test_text_that_is_not_utf8_is_kept():
    """A broken byte in a message costs that byte."""
    item = span(("exception", 20, BOOM | {"exception.message": "bXXm"})).replace(b"bXXm", b"b\xff\xfem")
    (sighting,) = read_span(item, around())

    assert sighting.exception_message == "b��m"


@given(st.data())
def test_damage_is_a_decode_error_or_nothing(data):
    """Whatever bytes stand in an item, the readers return, or say that it is damaged."""
    item = bytearray(data.draw(st.sampled_from([span(("exception", 20, BOOM)), record()])))
    for _ in range(data.draw(st.integers(1, 4))):
        item[data.draw(st.integers(0, len(item) - 1))] = data.draw(st.integers(0, 255))
    for reader in (read_span, read_log_record):
        with contextlib.suppress(DecodeError):
            reader(bytes(item), around())

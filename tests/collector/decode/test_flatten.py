"""Nested attribute values become JSON text; everything else of a request stays as it was sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from collector.decode.flatten import flatten
from collector.decode.framing import single_item_requests

NESTED = "an array or a map, as no strategy here makes it a text"
SCALARS = st.one_of(
    st.builds(AnyValue),
    st.builds(AnyValue, string_value=st.text(max_size=8)),
    st.builds(AnyValue, bool_value=st.booleans()),
    st.builds(AnyValue, int_value=st.integers(-(2**63), 2**63 - 1)),
    st.builds(AnyValue, bytes_value=st.binary(max_size=4)),
    st.builds(AnyValue, double_value=st.floats()),
)


def array(values: list[AnyValue]) -> AnyValue:
    made = AnyValue()
    made.array_value.values.extend(values)
    return made


def mapping(values: dict[str, AnyValue]) -> AnyValue:
    made = AnyValue()
    made.kvlist_value.values.extend(KeyValue(key=key, value=value) for key, value in values.items())
    return made


VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(array) | st.dictionaries(st.text(max_size=3), inner, max_size=3).map(mapping)
    ),
    max_leaves=6,
)
ATTRIBUTES = st.lists(st.builds(KeyValue, key=st.text(max_size=4), value=VALUES), max_size=4)


def is_nested(value: AnyValue) -> bool:
    return value.WhichOneof("value") in ("array_value", "kvlist_value")


@given(resource=ATTRIBUTES, scope=ATTRIBUTES, span=ATTRIBUTES, event=ATTRIBUTES, link=ATTRIBUTES)
def test_only_nested_values_of_a_traces_request_change(**attributes: list[KeyValue]) -> None:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(attributes["resource"])
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.attributes.extend(attributes["scope"])
    made = scope_spans.spans.add(name="s", attributes=attributes["span"])
    made.events.add(attributes=attributes["event"])
    made.links.add(attributes=attributes["link"])
    sent = request.SerializeToString()

    flat = flatten("traces", sent)

    nested = any(is_nested(pair.value) for pairs in attributes.values() for pair in pairs)
    assert (flat.request is sent) is not nested
    expected = ExportTraceServiceRequest.FromString(sent)
    read = ExportTraceServiceRequest.FromString(flat.request)
    for pair in _pairs(expected):
        if is_nested(pair.value):
            pair.value.string_value = NESTED
    _same_but_for_nested(expected, read)
    assert not flat.damaged


def _same_but_for_nested(expected: Any, read: Any) -> None:
    for sent, got in zip(_pairs(expected), _pairs(read), strict=True):
        assert sent.key == got.key
        if sent.value.string_value != NESTED:
            assert sent.value.SerializeToString() == got.value.SerializeToString()
        else:
            json.loads(got.value.string_value)


def _pairs(request: ExportTraceServiceRequest) -> list[KeyValue]:
    resource_spans = request.resource_spans[0]
    span = resource_spans.scope_spans[0].spans[0]
    return [
        *resource_spans.resource.attributes,
        *resource_spans.scope_spans[0].scope.attributes,
        *span.attributes,
        *span.events[0].attributes,
        *span.links[0].attributes,
    ]


def test_a_log_body_that_is_a_map_becomes_json() -> None:
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(body=mapping({"k": array([AnyValue(int_value=1)])}))

    flat = ExportLogsServiceRequest.FromString(flatten("logs", request.SerializeToString()).request)

    assert flat.resource_logs[0].scope_logs[0].log_records[0].body.string_value == '{"k":[1]}'


@pytest.mark.parametrize("kind", ["gauge", "sum", "histogram", "exponential_histogram", "summary"])
def test_nested_attributes_of_data_points_become_json(kind: str) -> None:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="m")
    point = getattr(metric, kind).data_points.add()
    point.attributes.add(key="a", value=array([AnyValue(bool_value=True)]))
    if kind != "summary":
        point.exemplars.add().filtered_attributes.add(key="f", value=array([]))

    read = ExportMetricsServiceRequest.FromString(flatten("metrics", request.SerializeToString()).request)

    point = getattr(read.resource_metrics[0].scope_metrics[0].metrics[0], kind).data_points[0]
    assert point.attributes[0].value.string_value == "[true]"
    if kind != "summary":
        assert point.exemplars[0].filtered_attributes[0].value.string_value == "[]"


def test_long_arrays_arrive_whole() -> None:
    numbers = list(range(100_000))
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.attributes.add(key="a", value=array([AnyValue(int_value=number) for number in numbers]))

    flat = ExportTraceServiceRequest.FromString(flatten("traces", request.SerializeToString()).request)

    assert json.loads(flat.resource_spans[0].scope_spans[0].spans[0].attributes[0].value.string_value) == numbers


def _request_with_a_damaged_span() -> bytes:
    request = ExportTraceServiceRequest()
    scope_spans = request.resource_spans.add().scope_spans.add()
    for name in ("first", "second", "third"):
        span = scope_spans.spans.add(name=name)
        span.attributes.add(key="broken here").value.string_value = name
        span.attributes.add(key="list").value.array_value.values.add(int_value=1)
    # The key's length points beyond the attribute: the span's own framing is whole.
    return request.SerializeToString().replace(
        b"\x0a\x0bbroken here\x12\x08\x0a\x06second", b"\x0a\x7fbroken here\x12\x08\x0a\x06second"
    )


def test_a_damaged_span_is_taken_out_and_told() -> None:
    flat = flatten("traces", _request_with_a_damaged_span())

    (damaged,) = flat.damaged
    assert damaged.kind == "item"
    assert b"second" in damaged.data
    read = ExportTraceServiceRequest.FromString(flat.request)
    assert [span.name for span in read.resource_spans[0].scope_spans[0].spans] == ["first", "third"]


def test_a_damaged_resource_takes_its_items_with_it_and_no_others() -> None:
    request = ExportTraceServiceRequest()
    for name in ("good", "bad"):
        resource_spans = request.resource_spans.add()
        resource_spans.resource.attributes.add(key=name).value.string_value = "value"
        for number in range(2):
            resource_spans.scope_spans.add().spans.add(name=f"{name} {number}")
    data = request.SerializeToString().replace(b"\x0a\x03bad", b"\x0a\x7fbad")

    flat = flatten("traces", data)

    assert [damaged.kind for damaged in flat.damaged] == ["request", "request"]
    read = ExportTraceServiceRequest.FromString(flat.request)
    names = [
        span.name
        for resource_spans in read.resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]
    assert names == ["good 0", "good 1"]


def test_requests_of_one_item_are_the_request_again_when_written_one_after_another() -> None:
    request = ExportLogsServiceRequest()
    for resource in range(2):
        resource_logs = request.resource_logs.add(schema_url=f"r{resource}")
        resource_logs.resource.attributes.add(key="r").value.int_value = resource
        for scope in range(2):
            scope_logs = resource_logs.scope_logs.add(schema_url=f"s{scope}")
            scope_logs.log_records.add(severity_text=f"{resource} {scope} a")
            scope_logs.log_records.add(severity_text=f"{resource} {scope} b")

    singles = single_item_requests(request.SerializeToString())
    merged = ExportLogsServiceRequest.FromString(b"".join(singles))

    def told(message: ExportLogsServiceRequest) -> list[tuple[str, str, str]]:
        return [
            (r.schema_url, s.schema_url, i.severity_text)
            for r in message.resource_logs
            for s in r.scope_logs
            for i in s.log_records
        ]

    assert len(singles) == 8
    assert told(merged) == told(request)

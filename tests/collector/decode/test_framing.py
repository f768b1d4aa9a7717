"""The framing of OTLP requests: what passes, what is refused, and what is found in it."""

from __future__ import annotations

import pytest
from google.protobuf.internal.encoder import _VarintBytes
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from collector.decode import framing
from collector.decode.framing import (
    check_framing,
    iter_items,
    parse_outline,
    single_item_requests,
)
from collector.decode.framing_walk import find_fault
from collector.failures import RequestMalformed, RequestTooLarge
from collector.model import SIGNALS, Signal

# By signal: the request's class, its list of resources, their lists of scopes, their lists of items.
OTLP = {
    "traces": (ExportTraceServiceRequest, "resource_spans", "scope_spans", "spans"),
    "logs": (ExportLogsServiceRequest, "resource_logs", "scope_logs", "log_records"),
    "metrics": (ExportMetricsServiceRequest, "resource_metrics", "scope_metrics", "metrics"),
}
ITEM_TEXT_FIELD = {"traces": "name", "logs": "event_name", "metrics": "name"}


def length_delimited(number: int, content: bytes) -> bytes:
    return _VarintBytes(number << 3 | 2) + _VarintBytes(len(content)) + content


def in_scope(content: bytes) -> bytes:
    """Encode a request whose one scope has that content."""
    return length_delimited(1, length_delimited(2, content))


texts = st.text(max_size=20)
outlines = st.lists(st.tuples(texts, texts, st.lists(st.tuples(texts, texts, st.lists(texts)))), max_size=4)


def build(signal: Signal, outline):
    request_class, resources, scopes, items = OTLP[signal]
    request = request_class()
    for service, resource_url, scope_outline in outline:
        resource = getattr(request, resources).add(schema_url=resource_url)
        if service:
            resource.resource.attributes.add(key="service.name").value.string_value = service
        for scope_name, scope_url, item_texts in scope_outline:
            scope = getattr(resource, scopes).add(schema_url=scope_url)
            if scope_name:
                scope.scope.name = scope_name
            for text in item_texts:
                getattr(scope, items).add(**{ITEM_TEXT_FIELD[signal]: text})
    return request


def items_of(signal: Signal, request) -> list[tuple[bytes, str, bytes, list[bytes]]]:
    """Read the items from the full message: the oracle of `iter_items`."""
    _, resources, scopes, items = OTLP[signal]
    return [
        (
            resource.resource.SerializeToString(),
            resource.schema_url,
            scope.scope.SerializeToString(),
            [item.SerializeToString() for item in getattr(scope, items)],
        )
        for resource in getattr(request, resources)
        for scope in getattr(resource, scopes)
    ]


def count_or_none(signal: Signal, data: bytes) -> int | None:
    """Count the items; None when the request is malformed."""
    refused = ""
    try:
        return check_framing(signal, data)
    except RequestMalformed as refusal:
        refused = str(refusal)
    assert "\n" not in refused
    assert len(refused) < 400
    return None


@given(signal=st.sampled_from(SIGNALS), outline=outlines)
def test_a_valid_request_passes_and_yields_the_bytes_of_its_items(signal, outline):
    request = build(signal, outline)
    data = request.SerializeToString()
    expected = items_of(signal, request)
    assert check_framing(signal, data) == sum(len(items) for *_, items in expected)
    assert [(r, u, s, list(i)) for r, u, s, i in iter_items(data)] == expected


@given(signal=st.sampled_from(SIGNALS), outline=outlines)
def test_a_request_cut_into_single_items_is_the_same_items_in_the_same_surroundings(signal, outline):
    data = build(signal, outline).SerializeToString()
    singles = single_item_requests(data)
    assert all(check_framing(signal, single) == 1 for single in singles)
    expected = [(*surroundings, item) for *surroundings, items in iter_items(data) for item in items]
    for cut in (singles, [b"".join(singles)]):
        found = [scope for single in cut for scope in iter_items(single)]
        assert [(*surroundings, item) for *surroundings, items in found for item in items] == expected


@given(signal=st.sampled_from(SIGNALS), outline=outlines)
def test_an_outline_that_is_not_changed_is_encoded_as_it_was(signal, outline):
    data = build(signal, outline).SerializeToString() + length_delimited(9, b"newer")
    assert parse_outline(data).SerializeToString() == data


@given(signal=st.sampled_from(SIGNALS), outline=outlines, at=st.floats(0, 1, exclude_max=True))
def test_a_truncated_request_is_refused_or_has_only_the_items_before_the_cut(signal, outline, at):
    data = build(signal, outline).SerializeToString()
    cut = data[: int(len(data) * at)]
    whole = [item for scope in iter_items(data) for item in scope.items]
    if count_or_none(signal, cut) is not None:
        kept = [item for scope in iter_items(cut) for item in scope.items]
        assert kept == whole[: len(kept)]
        # A cut that passes lies between two resources, so what is left is a valid request.
        OTLP[signal][0].FromString(cut)


@given(signal=st.sampled_from(SIGNALS), data=st.binary(max_size=200))
@settings(max_examples=500)
def test_random_bytes_are_refused_in_one_line_or_counted(signal, data):
    count_or_none(signal, data)


@given(
    signal=st.sampled_from(SIGNALS),
    outline=outlines,
    position=st.floats(0, 1, exclude_max=True),
    byte=st.integers(0, 255),
)
@settings(max_examples=500)
def test_the_fast_check_and_the_walk_in_python_agree(signal, outline, position, byte):
    data = bytearray(build(signal, outline).SerializeToString())
    if data:
        data[int(len(data) * position)] = byte
    try:
        check_framing(signal, bytes(data))
        broken = False
    except RequestMalformed as refusal:
        broken = "only fields that OTLP does not name" not in str(refusal)
    assert broken == (find_fault(bytes(data)) is not None)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"hello world", "at byte 2, field 13 of the request has wire type 4, which OTLP does not"),
        (b"GET / HTTP/1.1\r\n\r\n", "at byte"),
        (b'{"resourceSpans": []}', "at byte"),
        (b"\x00", "at byte 0, the request has no valid field number"),
        (b"\xff" * 11, "a number is longer than 10 bytes"),
        (b"\x0a", "at byte 1, the request ends inside a number"),
        (b"\x0a\x05ab", "at byte 0, field 1 of the request needs 5 bytes, of which 2 are there"),
        (b"\x0b\x0c", "at byte 0, field 1 of the request has wire type 3, not 2"),
        (b"\x13\x14", "field 2 of the request has wire type 3, which OTLP does not use"),
        (b"\x0f\x01", "has wire type 7"),
        (b"\x08\x01", "at byte 0, field 1 of the request has wire type 0, not 2"),
        (length_delimited(1, b"\x10\x01"), "field 2 of a resource of the request has wire type 0"),
        (
            length_delimited(1, b"\x12\x05"),
            "at byte 2, field 2 of a resource of the request needs 5 bytes",
        ),
        (in_scope(b"\x10\x01"), "at byte 4, field 2 of a scope of the request has wire type 0"),
        (in_scope(b"\x12\x04abc"), "field 2 of a scope of the request needs 4 bytes, of which 3"),
        (in_scope(b"\x23\x24"), "which OTLP does not use"),
        (length_delimited(9, b"abc"), "only fields that OTLP does not name"),
        (
            length_delimited(1, length_delimited(1000, b"abc")),
            "only fields that OTLP does not name",
        ),
        (in_scope(b"\x20\x01" * 1001), "thousands of fields that OTLP does not name"),
    ],
)
def test_a_broken_request_is_refused_with_the_place_of_the_fault(data, reason):
    with pytest.raises(RequestMalformed) as refusal:
        check_framing("traces", data)
    assert reason in str(refusal.value)
    assert "send an OTLP Export request for traces" in str(refusal.value)


def test_a_fault_far_behind_a_long_outline_is_refused_without_its_place():
    data = length_delimited(1, b"") * 30_000 + b"\x0a\x05"
    with pytest.raises(RequestMalformed, match="its protobuf encoding is broken"):
        check_framing("logs", data)


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("data", [b"", length_delimited(1, b""), in_scope(b"")])
def test_a_request_without_items_counts_none(signal, data):
    assert check_framing(signal, data) == 0


def test_unknown_fields_beside_items_are_skipped():
    data = in_scope(length_delimited(2, b"") + b"\x20\x01") + length_delimited(9, b"newer")
    assert check_framing("traces", data) == 1


def test_a_resource_sent_in_two_parts_is_read_as_protobuf_merges_it():
    part = build("traces", [("one", "", [])]).resource_spans[0].resource.SerializeToString()
    other = build("traces", [("two", "", [])]).resource_spans[0].resource.SerializeToString()
    scope = length_delimited(2, length_delimited(2, b""))
    data = length_delimited(1, length_delimited(1, part) + scope + length_delimited(1, other))
    [(resource, *_)] = iter_items(data)
    merged = ExportTraceServiceRequest.FromString(data).resource_spans[0].resource
    assert resource == merged.SerializeToString()


def test_damage_inside_an_item_passes_for_the_drain_to_find():
    assert check_framing("traces", in_scope(length_delimited(2, b"\xff\xff"))) == 1


def test_a_schema_url_that_is_no_utf8_is_read_with_replacements():
    data = length_delimited(1, length_delimited(3, b"a\xff") + length_delimited(2, length_delimited(2, b"x")))
    assert [scope.resource_schema_url for scope in iter_items(data)] == ["a\ufffd"]


@pytest.mark.parametrize("count", [200_000, 4_000_000])
@pytest.mark.parametrize("of_what", ["resources", "scopes"])
def test_a_request_of_countless_empty_resources_or_scopes_is_too_large(count, of_what):
    empties = length_delimited(1 if of_what == "resources" else 2, b"") * count
    data = empties if of_what == "resources" else length_delimited(1, empties)
    with pytest.raises(RequestTooLarge, match="more than 100000 resources and scopes"):
        check_framing("metrics", data)


def test_a_request_of_countless_items_is_too_large():
    data = in_scope(b"\x12\x00" * (framing.ITEMS_MAX + 1))
    with pytest.raises(RequestTooLarge, match="more than 1000000 log records"):
        check_framing("logs", data)


def test_a_request_that_would_be_gigabytes_of_rows_is_refused():
    """20,000 records of 4 bytes, each of which would repeat a resource of 100 KB."""
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add()
    resource_logs.resource.attributes.add(key="service.name").value.string_value = "x" * 100_000
    resource_logs.scope_logs.add().log_records.extend([LogRecord(severity_number=9)] * 20_000)

    with pytest.raises(RequestTooLarge, match="as rows"):
        check_framing("logs", request.SerializeToString())

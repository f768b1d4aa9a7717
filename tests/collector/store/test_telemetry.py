"""OTLP requests, as real messages, become the rows of the OpenTelemetry Collector's tables, value for value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.internal.encoder import _VarintBytes
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from collector.decode.flatten import flatten
from collector.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from collector.store.embedded import EmbeddedConnection

NOW_NS = 1_790_000_000_123_456_789


def attribute(key: str, **value: Any) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(**value))


def nested(levels: int) -> AnyValue:
    value = AnyValue(int_value=7)
    for _ in range(levels):
        outer = AnyValue()
        outer.array_value.values.append(value)
        value = outer
    return value


@pytest.fixture
def store(connection: EmbeddedConnection, tmp_path: Path) -> Store:
    return Store(connection)


def put(store: Store, tmp_path: Path, signal: Any, *requests: Any, segment: str = "segment-1") -> None:
    path = tmp_path / f"{segment}.records"
    with path.open("wb") as file:
        for request in requests:
            data = flatten(signal, request.SerializeToString()).request
            file.write(_VarintBytes(len(data)) + data)
    store.insert_segment(signal, path, segment=segment)


def traces_request(*attributes: KeyValue, **span: Any) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.append(attribute("service.name", string_value="checkout"))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name, scope_spans.scope.version = "shop", "1.2"
    given = {
        "trace_id": b"\x01" * 16,
        "span_id": b"\x02" * 8,
        "start_time_unix_nano": NOW_NS,
        "end_time_unix_nano": NOW_NS + 5,
        **span,
    }
    scope_spans.spans.add(attributes=attributes, **given)
    return request


KINDS = (
    ("text", {"string_value": "a 'quoted' \\ text\n"}, "a 'quoted' \\ text\n"),
    ("empty text", {"string_value": ""}, ""),
    ("int", {"int_value": -42}, "-42"),
    ("int zero", {"int_value": 0}, "0"),
    ("largest int", {"int_value": 2**63 - 1}, str(2**63 - 1)),
    ("double", {"double_value": 1.5}, "1.5"),
    ("whole double", {"double_value": 100.0}, "100"),
    ("large double", {"double_value": 1e21}, "1e21"),
    ("small double", {"double_value": 1.5e-7}, "1.5e-7"),
    ("not a number", {"double_value": math.nan}, "NaN"),
    ("infinity", {"double_value": math.inf}, "Infinity"),
    ("minus infinity", {"double_value": -math.inf}, "-Infinity"),
    ("true", {"bool_value": True}, "true"),
    ("false", {"bool_value": False}, "false"),
    ("bytes", {"bytes_value": b"\x00\xff"}, "AP8="),
    ("nothing", {}, ""),
)


def test_every_kind_of_attribute_arrives(
    store: Store, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    sent = [attribute(name, **value) for name, value, _ in KINDS]
    put(store, tmp_path, "traces", traces_request(*sent))

    rows = connection.rows(f"SELECT SpanAttributes FROM {database}.otel_traces")

    assert rows == [{"SpanAttributes": {name: text for name, _, text in KINDS}}]


def test_arrays_and_maps_arrive_as_json_to_four_levels(
    store: Store, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    value = AnyValue()
    value.array_value.values.extend(
        [AnyValue(string_value='a/"b"'), AnyValue(int_value=0), AnyValue(double_value=math.nan), AnyValue()]
    )
    value.array_value.values.add().kvlist_value.values.append(attribute("k", bool_value=False))
    deep = nested(5)
    request = traces_request(
        KeyValue(key="list", value=value), KeyValue(key="four", value=nested(4)), KeyValue(key="five", value=deep)
    )
    request.resource_spans[0].resource.attributes.append(KeyValue(key="args", value=nested(1)))

    put(store, tmp_path, "traces", request)

    (row,) = connection.rows(
        f"SELECT SpanAttributes AS s, ResourceAttributes AS r, base64Decode(SpanAttributes['five']) AS five FROM {database}.otel_traces"
    )
    assert row["s"]["list"] == '["a/\\"b\\"",0,"NaN",null,{"k":false}]'
    assert row["s"]["four"] == "[[[[7]]]]"
    assert row["five"].encode("utf-8", "surrogateescape") == deep.SerializeToString()
    assert row["r"] == {"service.name": "checkout", "args": "[7]"}


def test_a_span_is_a_row_of_the_collector_exporters_table(
    store: Store, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    request = traces_request(
        parent_span_id=b"\x03" * 8, name="GET /", kind=2, trace_state="a=b", status={"code": 2, "message": "no"}
    )
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.events.add(
        name="exception", time_unix_nano=NOW_NS, attributes=[attribute("exception.type", string_value="ValueError")]
    )
    span.links.add(trace_id=b"\x04" * 16, span_id=b"\x05" * 8, attributes=[attribute("why", int_value=0)])
    put(store, tmp_path, "traces", request)

    (row,) = connection.rows(
        f"SELECT * REPLACE toUnixTimestamp64Nano(Timestamp) AS Timestamp FROM {database}.otel_traces"
    )

    del row["Events.Timestamp"]
    assert row == {
        "Timestamp": NOW_NS,
        "TraceId": "01" * 16,
        "SpanId": "02" * 8,
        "ParentSpanId": "03" * 8,
        "TraceState": "a=b",
        "SpanName": "GET /",
        "SpanKind": "Server",
        "ServiceName": "checkout",
        "ResourceAttributes": {"service.name": "checkout"},
        "ScopeName": "shop",
        "ScopeVersion": "1.2",
        "SpanAttributes": {},
        "Duration": 5,
        "StatusCode": "Error",
        "StatusMessage": "no",
        "Events.Name": ["exception"],
        "Events.Attributes": [{"exception.type": "ValueError"}],
        "Links.TraceId": ["04" * 16],
        "Links.SpanId": ["05" * 8],
        "Links.TraceState": [""],
        "Links.Attributes": [{"why": "0"}],
    }


def test_a_span_that_ends_before_it_starts_lasts_no_time(
    store: Store, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    put(store, tmp_path, "traces", traces_request(end_time_unix_nano=NOW_NS - 1))

    assert connection.rows(f"SELECT Duration FROM {database}.otel_traces") == [{"Duration": 0}]


def test_a_log_record_without_a_time_has_the_time_of_its_observation(
    store: Store, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    request = ExportLogsServiceRequest()
    scope_logs = request.resource_logs.add(schema_url="r").scope_logs.add(schema_url="s")
    scope_logs.scope.attributes.append(attribute("a", int_value=1))
    record = scope_logs.log_records.add(
        observed_time_unix_nano=NOW_NS, severity_number=17, severity_text="ERROR", flags=1, event_name="exception"
    )
    record.body.kvlist_value.values.append(attribute("text", string_value="hello"))
    put(store, tmp_path, "logs", request)

    (row,) = connection.rows(
        f"SELECT * REPLACE toUnixTimestamp64Nano(Timestamp) AS Timestamp FROM {database}.otel_logs"
    )

    assert row == {
        "Timestamp": NOW_NS,
        "TraceId": "",
        "SpanId": "",
        "TraceFlags": 1,
        "SeverityText": "ERROR",
        "SeverityNumber": 17,
        "ServiceName": "",
        "Body": '{"text":"hello"}',
        "ResourceSchemaUrl": "r",
        "ResourceAttributes": {},
        "ScopeSchemaUrl": "s",
        "ScopeName": "",
        "ScopeVersion": "",
        "ScopeAttributes": {"a": "1"},
        "LogAttributes": {},
        "EventName": "exception",
    }


def test_each_kind_of_metric_arrives_in_its_table(
    store: Store, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    request = ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    point = {"time_unix_nano": NOW_NS, "start_time_unix_nano": NOW_NS - 1}
    gauge = metrics.add(name="gauge", unit="1").gauge.data_points.add(
        as_int=0, attributes=[attribute("a", int_value=0)], **point
    )
    gauge.exemplars.add(as_double=2.5, time_unix_nano=NOW_NS, trace_id=b"\x01" * 16, span_id=b"\x02" * 8)
    total = metrics.add(name="sum").sum
    total.is_monotonic, total.aggregation_temporality = True, 2
    total.data_points.add(as_double=1.25, **point)
    metrics.add(name="histogram").histogram.data_points.add(
        count=3, sum=4.5, bucket_counts=[1, 2], explicit_bounds=[10.0], min=1.0, max=2.0, **point
    )
    exponential = metrics.add(name="exponential").exponential_histogram.data_points.add(
        count=3, sum=4.5, scale=-2, zero_count=1, **point
    )
    exponential.positive.offset = -3
    exponential.positive.bucket_counts.extend([1, 2])
    summary = metrics.add(name="summary").summary.data_points.add(count=3, sum=4.5, **point)
    summary.quantile_values.add(quantile=0.5, value=2.0)
    put(store, tmp_path, "metrics", request)

    def row(table: str, columns: str) -> dict[str, Any]:
        (found,) = connection.rows(
            f"SELECT {columns}, toUnixTimestamp64Nano(TimeUnix) AS t FROM {database}.otel_metrics_{table}"
        )
        assert found.pop("t") == NOW_NS
        return found

    assert row("gauge", "Value, Attributes, MetricUnit, `Exemplars.Value` AS e, `Exemplars.TraceId` AS i") == {
        "Value": 0.0,
        "Attributes": {"a": "0"},
        "MetricUnit": "1",
        "e": [2.5],
        "i": ["01" * 16],
    }
    assert row("sum", "Value, IsMonotonic, AggregationTemporality") == {
        "Value": 1.25,
        "IsMonotonic": True,
        "AggregationTemporality": 2,
    }
    assert row("histogram", "Count, Sum, BucketCounts, ExplicitBounds, Min, Max") == {
        "Count": 3,
        "Sum": 4.5,
        "BucketCounts": [1, 2],
        "ExplicitBounds": [10.0],
        "Min": 1.0,
        "Max": 2.0,
    }
    assert row("exp_histogram", "Count, Scale, ZeroCount, PositiveOffset, PositiveBucketCounts") == {
        "Count": 3,
        "Scale": -2,
        "ZeroCount": 1,
        "PositiveOffset": -3,
        "PositiveBucketCounts": [1, 2],
    }
    assert row("summary", "Count, Sum, `ValueAtQuantiles.Quantile` AS q, `ValueAtQuantiles.Value` AS v") == {
        "Count": 3,
        "Sum": 4.5,
        "q": [0.5],
        "v": [2.0],
    }


def test_a_segment_that_is_stored_again_adds_nothing(
    store: Store, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    requests = [traces_request(span_id=bytes([n]) * 8) for n in range(1, 4)]
    for segment in ("a", "a", "b", "a"):
        put(store, tmp_path, "traces", *requests, segment=segment)

    (row,) = connection.rows(
        f"SELECT (SELECT count() FROM {database}.otel_traces) AS spans, (SELECT count() FROM {database}.otel_traces_trace_id_ts) AS traces"
    )
    assert row == {"spans": 6, "traces": 2}


def test_a_trace_is_found_by_its_times(
    store: Store, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    put(store, tmp_path, "traces", traces_request())

    (row,) = connection.rows(
        f"SELECT TraceId, toUnixTimestamp(Start) AS s, toUnixTimestamp(End) AS e FROM {database}.otel_traces_trace_id_ts"
    )

    assert row == {"TraceId": "01" * 16, "s": NOW_NS // 10**9, "e": NOW_NS // 10**9}

"""The main job: unmodified exporters send, and the rows are read back over the SQL port, value for value."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

if TYPE_CHECKING:
    from tests.e2e.running import Collector

logger = logging.getLogger(__name__)
ATTRIBUTES: dict[str, Any] = {
    "text": "ä 'quoted'\n",
    "int": 0,
    "big": 2**62,
    "double": 1.25,
    "bool": False,
    "list": ["a", "b"],
    "ints": [1, 2],
    "empty": "",
}
TEXTS = {
    "text": "ä 'quoted'\n",
    "int": "0",
    "big": str(2**62),
    "double": "1.25",
    "bool": "false",
    "list": '["a","b"]',
    "ints": "[1,2]",
    "empty": "",
}


def exporters(collector: Collector, protocol: str) -> tuple[Any, Any, Any]:
    if protocol == "grpc":
        given = {"endpoint": f"http://{collector.status['grpc']}", "insecure": True}
        return GrpcSpans(**given), GrpcLogs(**given), GrpcMetrics(**given)
    base = f"http://{collector.status['http']}/v1/"
    return HttpSpans(endpoint=base + "traces"), HttpLogs(endpoint=base + "logs"), HttpMetrics(endpoint=base + "metrics")


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_what_unmodified_exporters_send_is_read_back_value_for_value(collector: Collector, protocol: str) -> None:
    spans, logs, metrics = exporters(collector, protocol)
    resource = Resource(
        {"service.name": "checkout", "service.version": "1.2", "process.command_args": ["python", "app.py"]}
    )
    tracer_provider = TracerProvider(resource=resource)
    tracer_provider.add_span_processor(BatchSpanProcessor(spans))
    tracer = tracer_provider.get_tracer("tests", "0.1")
    with tracer.start_as_current_span("outer", kind=SpanKind.SERVER, attributes=ATTRIBUTES) as outer:
        outer.add_event("happened", ATTRIBUTES)
        outer.set_status(Status(StatusCode.ERROR, "why"))
        with tracer.start_as_current_span("inner", links=[]):
            pass
    tracer_provider.shutdown()
    logger_provider = LoggerProvider(resource=resource)
    logger_provider.add_log_record_processor(BatchLogRecordProcessor(logs))
    logger_provider.get_logger("tests").emit(
        body="hello",
        severity_number=SeverityNumber.WARN,
        severity_text="WARN",
        attributes={**ATTRIBUTES, "map": {"k": [1, {"d": None}]}},
        event_name="said",
    )
    logger_provider.shutdown()
    meter_provider = MeterProvider(
        [PeriodicExportingMetricReader(metrics, export_interval_millis=60_000)], resource=resource
    )
    meter = meter_provider.get_meter("tests")
    meter.create_counter("orders", unit="1").add(3, {"kind": "book"})
    meter.create_histogram("latency").record(7.5)
    meter.create_gauge("temperature").set(-1.5)
    meter_provider.shutdown()
    collector.flush()

    outer_row, inner_row = collector.rows("SELECT * FROM otel_traces ORDER BY SpanName DESC")
    context = outer.get_span_context()
    assert outer_row["TraceId"] == inner_row["TraceId"] == f"{context.trace_id:032x}"
    assert outer_row["SpanId"] == inner_row["ParentSpanId"] == f"{context.span_id:016x}"
    assert outer_row["SpanAttributes"] == TEXTS
    assert outer_row["Events.Attributes"] == [TEXTS]
    assert (outer_row["SpanKind"], outer_row["StatusCode"], outer_row["StatusMessage"]) == ("Server", "Error", "why")
    assert outer_row["Duration"] == outer.end_time - outer.start_time
    assert outer_row["ResourceAttributes"]["process.command_args"] == '["python","app.py"]'
    (log_row,) = collector.rows("SELECT * FROM otel_logs")
    assert log_row["LogAttributes"] == {**TEXTS, "map": '{"k":[1,{"d":null}]}'}
    assert (log_row["Body"], log_row["SeverityNumber"], log_row["EventName"], log_row["ServiceName"]) == (
        "hello",
        13,
        "said",
        "checkout",
    )
    (sum_row,) = collector.rows("SELECT * FROM otel_metrics_sum")
    assert (sum_row["MetricName"], sum_row["Value"], sum_row["Attributes"], sum_row["IsMonotonic"]) == (
        "orders",
        3.0,
        {"kind": "book"},
        True,
    )
    (histogram_row,) = collector.rows("SELECT * FROM otel_metrics_histogram")
    assert (histogram_row["Count"], histogram_row["Sum"], sum(histogram_row["BucketCounts"])) == (1, 7.5, 1)
    assert collector.rows("SELECT Value FROM otel_metrics_gauge") == [{"Value": -1.5}]
    assert collector.rows("SELECT count() AS n FROM error_events") == [{"n": 0}]


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_an_exception_on_nested_spans_of_a_stock_sdk_is_one_group_with_its_trace(
    collector: Collector, protocol: str
) -> None:
    spans, _, _ = exporters(collector, protocol)
    provider = TracerProvider(resource=Resource({"service.name": "checkout"}))
    provider.add_span_processor(BatchSpanProcessor(spans))
    tracer = provider.get_tracer("tests")

    def work(depth: int) -> None:
        with tracer.start_as_current_span(f"level {depth}"):
            if depth == 5:
                raise LookupError(f"order {id(object())} is gone")
            work(depth + 1)

    for _ in range(3):
        with pytest.raises(LookupError):
            work(1)
    provider.shutdown()
    collector.flush()

    (group,) = collector.rows("SELECT * FROM errors")
    assert (group["Events"], group["ServiceName"], group["ExceptionType"]) == (3, "checkout", "LookupError")
    assert collector.rows("SELECT count() AS n, uniqExact(TraceId) AS traces FROM error_events") == [
        {"n": 3, "traces": 3}
    ]
    tree = collector.rows(
        "SELECT SpanName, Depth, IsError FROM error_trace_spans(group = {g:String})", {"g": group["GroupId"]}
    )
    assert [(row["SpanName"], row["Depth"]) for row in tree] == [(f"level {n}", n - 1) for n in range(1, 6)]
    assert all(row["IsError"] for row in tree)

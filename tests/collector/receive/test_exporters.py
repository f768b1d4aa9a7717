"""The stock OpenTelemetry exporters, unmodified, against both receivers."""

from __future__ import annotations

import time

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (
    OTLPMetricExporter as GrpcMetricExporter,
)
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (
    OTLPSpanExporter as GrpcSpanExporter,
)
from opentelemetry.exporter.otlp.proto.http import Compression as HttpCompression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import (
    OTLPMetricExporter as HttpMetricExporter,
)
from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
    OTLPSpanExporter as HttpSpanExporter,
)
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from collector.failures import RequestMalformed, RequestUnavailable
from collector.receive import OtlpGrpcServer, OtlpHttpServer

RESOURCE = Resource({"service.name": "shop"})
EXPORTERS = {
    ("grpc", "traces"): GrpcSpanExporter,
    ("grpc", "logs"): GrpcLogExporter,
    ("grpc", "metrics"): GrpcMetricExporter,
    ("http", "traces"): HttpSpanExporter,
    ("http", "logs"): HttpLogExporter,
    ("http", "metrics"): HttpMetricExporter,
}
COMPRESSIONS = {
    ("grpc", "none"): grpc.Compression.NoCompression,
    ("grpc", "gzip"): grpc.Compression.Gzip,
    ("http", "none"): HttpCompression.NoCompression,
    ("http", "gzip"): HttpCompression.Gzip,
    ("http", "deflate"): HttpCompression.Deflate,
}


@pytest.fixture
def exporter(start):
    """Make an exporter to a fresh server."""

    def make(protocol, signal, compression="none", **options):
        server = start(OtlpGrpcServer if protocol == "grpc" else OtlpHttpServer)
        endpoint = f"http://127.0.0.1:{server.port}" + (f"/v1/{signal}" if protocol == "http" else "")
        return EXPORTERS[protocol, signal](
            endpoint=endpoint, compression=COMPRESSIONS[protocol, compression], **options
        )

    return make


def send_spans(exporter, count=100):
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    for number in range(count):
        with provider.get_tracer("test").start_as_current_span(f"span {number}", attributes={"zero": 0}):
            pass
    provider.shutdown()


def send_logs(exporter, count=100):
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    for number in range(count):
        provider.get_logger("test").emit(body=f"log {number}")
    provider.shutdown()


def send_metrics(exporter, count=100):
    provider = MeterProvider([PeriodicExportingMetricReader(exporter)], resource=RESOURCE)
    for number in range(count):
        provider.get_meter("test").create_counter(f"metric.{number}").add(number)
    provider.shutdown()


def span_names(kept):
    return [
        span.name
        for _, data in kept
        for resource in ExportTraceServiceRequest.FromString(data).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def log_bodies(kept):
    return [
        record.body.string_value
        for _, data in kept
        for resource in ExportLogsServiceRequest.FromString(data).resource_logs
        for scope in resource.scope_logs
        for record in scope.log_records
    ]


def metric_names(kept):
    return [
        metric.name
        for _, data in kept
        for resource in ExportMetricsServiceRequest.FromString(data).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name.startswith("metric.")  # the SDK adds metrics about itself
    ]


@pytest.mark.parametrize(("protocol", "compression"), COMPRESSIONS)
@pytest.mark.parametrize(
    ("signal", "send", "read", "name"),
    [
        ("traces", send_spans, span_names, "span {}"),
        ("logs", send_logs, log_bodies, "log {}"),
        ("metrics", send_metrics, metric_names, "metric.{}"),
    ],
)
def test_everything_a_stock_exporter_sends_is_kept_once(
    exporter, keeper, protocol, compression, signal, send, read, name
):
    send(exporter(protocol, signal, compression))
    assert {kept_signal for kept_signal, _ in keeper.kept} == {signal}
    assert read(keeper.kept) == [name.format(number) for number in range(100)]


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_a_stock_exporter_comes_back_after_the_time_it_is_told(exporter, keeper, outcomes, protocol):
    # gRPC's exporter reads fractions of a second, HTTP's header has whole ones.
    seconds = 0.4 if protocol == "grpc" else 1.0
    keeper.failures += [RequestUnavailable("the journal is full", retry_after_seconds=seconds)] * 2
    began = time.monotonic()
    send_spans(exporter(protocol, "traces"), count=5)
    assert time.monotonic() - began >= 2 * seconds
    assert span_names(keeper.kept) == [f"span {number}" for number in range(5)]
    assert outcomes() == {("traces", protocol, "unavailable"): 2, ("traces", protocol, "kept"): 1}


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_a_stock_exporter_comes_back_after_a_failure_of_ours(exporter, keeper, protocol):
    keeper.failures.append(OSError("the disk is on fire"))
    send_spans(exporter(protocol, "traces"), count=1)
    assert span_names(keeper.kept) == ["span 0"]


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_a_stock_exporter_gives_up_on_a_malformed_request_at_once(exporter, keeper, outcomes, protocol):
    keeper.failures.append(RequestMalformed("at byte 0, something is wrong"))
    send_spans(exporter(protocol, "traces"), count=1)
    assert outcomes() == {("traces", protocol, "malformed"): 1}
    assert keeper.kept == []

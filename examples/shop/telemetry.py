"""OpenTelemetry for one process of the shop: traces, logs and metrics, by OTLP over gRPC or over HTTP.

Nothing here knows otel-errors. The exporters read `OTEL_EXPORTER_OTLP_ENDPOINT`, or else send to this machine, to port
4317 (gRPC) or 4318 (HTTP).
"""

from __future__ import annotations

from typing import Literal

from opentelemetry import _logs, metrics, trace
from opentelemetry.exporter.otlp.proto.grpc import _log_exporter as grpc_logs
from opentelemetry.exporter.otlp.proto.grpc import metric_exporter as grpc_metrics
from opentelemetry.exporter.otlp.proto.grpc import trace_exporter as grpc_traces
from opentelemetry.exporter.otlp.proto.http import _log_exporter as http_logs
from opentelemetry.exporter.otlp.proto.http import metric_exporter as http_metrics
from opentelemetry.exporter.otlp.proto.http import trace_exporter as http_traces
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def set_up(service: str, *, protocol: Literal["grpc", "http"]) -> None:
    """Set the three global providers. At the end of the process each sends what it still has."""
    resource = Resource.create(
        {
            "service.namespace": "shop",
            "service.name": service,
            "service.version": "1.4.0",
            "deployment.environment.name": "demo",
        }
    )
    over_http = protocol == "http"
    spans = http_traces.OTLPSpanExporter() if over_http else grpc_traces.OTLPSpanExporter()
    logs = http_logs.OTLPLogExporter() if over_http else grpc_logs.OTLPLogExporter()
    points = http_metrics.OTLPMetricExporter() if over_http else grpc_metrics.OTLPMetricExporter()

    tracer_provider = TracerProvider(resource=resource)
    tracer_provider.add_span_processor(BatchSpanProcessor(spans))
    trace.set_tracer_provider(tracer_provider)

    logger_provider = LoggerProvider(resource=resource)
    logger_provider.add_log_record_processor(BatchLogRecordProcessor(logs))
    _logs.set_logger_provider(logger_provider)

    reader = PeriodicExportingMetricReader(points)
    metrics.set_meter_provider(MeterProvider([reader], resource=resource))

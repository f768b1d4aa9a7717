"""The few fixtures that the SDK's tests share: a process set up in memory, and a real OTLP receiver."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from concurrent import futures
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import otel_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.sdk.trace.sampling import Sampler

EXPORT_METHODS = {
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": ExportLogsServiceRequest,
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": ExportTraceServiceRequest,
}


@dataclass
class App:
    """An application with tracing and logging set up in memory."""

    tracer_provider: TracerProvider
    logger_provider: LoggerProvider
    span_exporter: InMemorySpanExporter
    log_exporter: InMemoryLogRecordExporter

    @classmethod
    def with_sampler(cls, sampler: Sampler | None = None, **limits: Any) -> App:
        app = cls(
            tracer_provider=TracerProvider(sampler=sampler, **limits),
            logger_provider=LoggerProvider(),
            span_exporter=InMemorySpanExporter(),
            log_exporter=InMemoryLogRecordExporter(),
        )
        app.tracer_provider.add_span_processor(SimpleSpanProcessor(app.span_exporter))
        app.logger_provider.add_log_record_processor(SimpleLogRecordProcessor(app.log_exporter))
        return app

    @property
    def tracer(self):
        return self.tracer_provider.get_tracer("app")

    def install(self, **settings: Any) -> bool:
        return otel_errors.install(self.tracer_provider, logger_provider=self.logger_provider, **settings)

    def errors(self) -> list[Any]:
        """Return the log records that were emitted, oldest first."""
        return [record.log_record for record in self.log_exporter.get_finished_logs()]

    def span(self, name: str) -> Any:
        (span,) = [s for s in self.span_exporter.get_finished_spans() if s.name == name]
        return span

    def span_events(self) -> list[Any]:
        """Return the exception events of all spans that ended, in the order of their ends."""
        return [
            event
            for span in self.span_exporter.get_finished_spans()
            for event in span.events
            if event.name == "exception"
        ]


@pytest.fixture
def app() -> Iterator[App]:
    """Make an application that called `install()`; undone afterwards."""
    app = App.with_sampler()
    assert app.install()
    yield app
    otel_errors.uninstall()


@pytest.fixture
def make_app() -> Iterator[Callable[..., App]]:
    """Make applications that have not called `install()`."""
    yield App.with_sampler
    otel_errors.uninstall()


@dataclass
class OtlpReceiver(grpc.GenericRpcHandler):
    """A gRPC server on a free port that keeps what OTLP exporters send."""

    log_requests: list[ExportLogsServiceRequest] = field(default_factory=list)
    trace_requests: list[ExportTraceServiceRequest] = field(default_factory=list)
    port: int = 0

    def service(self, handler_call_details):
        message = EXPORT_METHODS.get(handler_call_details.method)
        return message and grpc.unary_unary_rpc_method_handler(self._export, request_deserializer=message.FromString)

    def _export(self, request, _context) -> bytes:
        kept = self.log_requests if isinstance(request, ExportLogsServiceRequest) else self.trace_requests
        kept.append(request)
        return b""

    def log_records(self) -> list[Any]:
        return [
            record
            for request in self.log_requests
            for resource_logs in request.resource_logs
            for scope_logs in resource_logs.scope_logs
            for record in scope_logs.log_records
        ]

    def spans(self) -> dict[str, Any]:
        return {
            span.name: span
            for request in self.trace_requests
            for resource_spans in request.resource_spans
            for scope_spans in resource_spans.scope_spans
            for span in scope_spans.spans
        }

    def environment(self) -> dict[str, str]:
        """Return the variables that point an OpenTelemetry SDK here."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            "OTEL_METRICS_EXPORTER": "none",
            # Ours alone, whatever is installed beside it.
            "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "exceptions,logging,threading,asyncio",
            "OTEL_SERVICE_NAME": "shop",
        }


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    receiver = OtlpReceiver()
    receiver.port = server.add_insecure_port("127.0.0.1:0")
    server.add_generic_rpc_handlers((receiver,))
    server.start()
    yield receiver
    server.stop(grace=1).wait()


@pytest.fixture
def run_python(tmp_path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program's text in a process of its own, `launcher` before it."""

    def run(program: str, *, launcher: tuple[str, ...] = (), **environment: str):
        script = tmp_path / "program.py"
        script.write_text(textwrap.dedent(program))
        return subprocess.run(
            [*(launcher or (sys.executable,)), str(script)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**_without_otel(os.environ), **environment},
        )

    return run


def attributes_of(record) -> dict[str, Any]:
    """Return the attributes of a protobuf log record, span event or resource, as plain values."""
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in record.attributes}


@pytest.fixture(name="attributes_of")
def attributes_of_fixture() -> Callable[[Any], dict[str, Any]]:
    return attributes_of


def _without_otel(environ) -> dict[str, str]:
    return {name: value for name, value in environ.items() if not name.startswith("OTEL_")}

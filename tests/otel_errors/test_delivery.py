"""Through the real OTLP exporters to a real server: in code, and under opentelemetry-instrument."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest


@pytest.fixture
def http_receiver():
    """Run an OTLP/HTTP server on a free port that keeps what it gets."""

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.requests.append((self.path, ExportLogsServiceRequest.FromString(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments): ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keep)
    server.requests = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


INSTRUMENT = (str(Path(sys.executable).with_name("opentelemetry-instrument")), sys.executable)

TRACED_APP = """
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    import otel_errors

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    BEFORE
    otel_errors.install()
    AFTER
    tracer = trace.get_tracer("app")
    try:
        with tracer.start_as_current_span("outer"), tracer.start_as_current_span("inner"):
            raise ValueError("declined")
    except ValueError:
        print("handled")
"""

OWN_LOGS = """
    from opentelemetry._logs import set_logger_provider
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.resources import Resource
    logs = LoggerProvider(resource=Resource.create({"logs": "the application's"}))
    logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    set_logger_provider(logs)
"""

ZERO_CODE_APP = """
    from opentelemetry import trace
    tracer = trace.get_tracer("app")
    try:
        with tracer.start_as_current_span("outer"), tracer.start_as_current_span("inner"):
            raise ValueError("declined")
    except ValueError:
        print("handled")
"""


def traced_app(before: str = "", after: str = "") -> str:
    return TRACED_APP.replace("BEFORE", before.strip()).replace("AFTER", after.strip())


def assert_told_once(receiver, attributes_of):
    """One log record in the inner span's context, and its event id on both span events."""
    (record,) = receiver.log_records()
    spans = receiver.spans()
    attributes = attributes_of(record)
    assert record.event_name == "exception"
    assert (record.trace_id, record.span_id) == (spans["inner"].trace_id, spans["inner"].span_id)
    assert record.time_unix_nano == spans["inner"].events[0].time_unix_nano
    assert record.observed_time_unix_nano >= record.time_unix_nano
    assert attributes["exception.type"] == "ValueError"
    assert attributes["exception.message"] == "declined"
    assert [
        attributes_of(event)["otel_errors.event_id"] for name in ("inner", "outer") for event in spans[name].events
    ] == [attributes["otel_errors.event_id"]] * 2


def test_app_with_tracing_alone_gets_a_log_pipeline_with_its_resource(run_python, receiver, attributes_of):
    done = run_python(traced_app(), **receiver.environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, "handled\n", "")
    assert_told_once(receiver, attributes_of)
    (request,) = receiver.log_requests
    resource = attributes_of(request.resource_logs[0].resource)
    assert resource.items() >= attributes_of(receiver.trace_requests[0].resource_spans[0].resource).items()
    assert resource.keys() >= {"process.pid", "process.runtime.name", "process.runtime.version", "host.name"}
    assert request.resource_logs[0].scope_logs[0].scope.name == "otel_errors"


@pytest.mark.parametrize(("before", "after"), [(OWN_LOGS, ""), ("", OWN_LOGS)])
def test_app_with_its_own_log_pipeline_uses_that_whenever_it_is_set(run_python, receiver, attributes_of, before, after):
    done = run_python(traced_app(before, after), **receiver.environment())
    assert (done.returncode, done.stderr) == (0, "")
    assert_told_once(receiver, attributes_of)
    assert attributes_of(receiver.log_requests[0].resource_logs[0].resource)["logs"] == ("the application's")


def test_uninstall_sends_what_waits(run_python, receiver):
    end = """
    otel_errors.uninstall()
    import os
    os._exit(0)
    """
    run_python(traced_app() + end, **receiver.environment())
    assert len(receiver.log_records()) == 1


def test_protocol_of_the_environment_is_used(run_python, http_receiver):
    """`http/protobuf` by the standard variable, for traces that go elsewhere."""
    environment = {
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{http_receiver.server_port}",
    }
    program = """
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    import otel_errors

    trace.set_tracer_provider(TracerProvider())
    otel_errors.install()
    raise ValueError("declined")
    """
    assert run_python(program, **environment).returncode == 1
    ((path, request),) = http_receiver.requests
    assert path == "/v1/logs"
    assert request.resource_logs[0].scope_logs[0].log_records[0].severity_number == 21


def test_logs_exporter_none_is_respected(run_python, receiver):
    environment = receiver.environment() | {"OTEL_LOGS_EXPORTER": "none"}
    done = run_python(traced_app(), **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert receiver.log_records() == []
    assert len(receiver.spans()) == 2


def test_protocol_that_is_not_there_costs_one_line_and_not_the_app(run_python, receiver):
    environment = receiver.environment() | {"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "carrier-pigeon"}
    done = run_python(traced_app(), **environment)
    assert (done.returncode, done.stdout) == (0, "handled\n")
    assert len(done.stderr.splitlines()) == 1
    assert "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL" in done.stderr


def test_zero_code(run_python, receiver, attributes_of):
    environment = receiver.environment()
    done = run_python(ZERO_CODE_APP, launcher=INSTRUMENT, **environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "handled\n", "")
    assert_told_once(receiver, attributes_of)


def test_zero_code_unhandled_error_keeps_output_and_status(run_python, receiver):
    program = "raise ValueError('declined')"
    plain = run_python(program)
    done = run_python(program, launcher=INSTRUMENT, **receiver.environment())
    assert (done.returncode, done.stderr) == (plain.returncode, plain.stderr)
    assert [record.severity_number for record in receiver.log_records()] == [21]


@pytest.mark.parametrize(
    "switch",
    [
        {"OTEL_ERRORS_ENABLED": "false"},
        {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "otel_errors"},
        {"OTEL_SDK_DISABLED": "true"},
    ],
    ids=str,
)
def test_zero_code_switched_off(run_python, receiver, switch):
    environment = receiver.environment() | switch
    done = run_python(ZERO_CODE_APP, launcher=INSTRUMENT, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert receiver.log_records() == []


def test_settings_are_flags_of_opentelemetry_instrument(run_python, receiver, attributes_of):
    launcher = (INSTRUMENT[0], "--errors_message_length_max", "64", INSTRUMENT[1])
    program = "raise ValueError('x' * 1000)"
    run_python(program, launcher=launcher, **receiver.environment())
    (record,) = receiver.log_records()
    assert len(attributes_of(record)["exception.message"]) == 64

"""An unhandled exception is told before the program ends; the program's output and exit status stay the same."""

from __future__ import annotations

import textwrap

import pytest

SET_UP = """
    import sys
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
    import otel_errors

    sampler = ALWAYS_OFF if "unsampled" in sys.argv else None
    trace.set_tracer_provider(TracerProvider(resource=Resource.create(), sampler=sampler))
    tracer = trace.get_tracer("app")
    INSTALL

    def fail():
        raise ValueError("declined")
"""

OUTSIDE = "fail()"
IN_SPAN = """
    with tracer.start_as_current_span("outer"), tracer.start_as_current_span("inner"):
        fail()
"""
IGNORED_BY_SPAN = """
    with tracer.start_as_current_span("s", record_exception=False, set_status_on_exception=False):
        print(trace.get_current_span().get_span_context().trace_id)
        fail()
"""
CHAIN = """
    try:
        fail()
    except ValueError as error:
        raise RuntimeError("while paying") from error
"""


def program(body: str, *, install: bool, before: str = "") -> str:
    line = "otel_errors.install()" if install else "pass"
    set_up = textwrap.dedent(SET_UP).replace("INSTALL", f"{before}\n{line}")
    return f"{set_up}\n{textwrap.dedent(body)}"


@pytest.mark.parametrize(
    ("body", "severity", "kind"),
    [
        (OUTSIDE, 21, "ValueError"),
        (IN_SPAN, 17, "ValueError"),
        (IGNORED_BY_SPAN, 21, "ValueError"),
        (CHAIN, 21, "RuntimeError"),
    ],
    ids=["outside any span", "through spans", "ignored by a span", "chain"],
)
def test_unhandled_error_arrives_once_and_changes_nothing(run_python, receiver, attributes_of, body, severity, kind):
    plain = run_python(program(body, install=False))
    watched = run_python(program(body, install=True), **receiver.environment())
    assert (watched.returncode, watched.stderr) == (plain.returncode, plain.stderr)
    assert watched.returncode == 1
    (record,) = receiver.log_records()
    assert record.severity_number == severity
    assert attributes_of(record)["exception.type"] == kind
    assert attributes_of(receiver.log_requests[0].resource_logs[0].resource)["service.name"] == ("shop")


def test_unhandled_error_outside_spans_is_fatal_unhandled_and_has_no_trace(run_python, receiver, attributes_of):
    run_python(program(OUTSIDE, install=True), **receiver.environment())
    (record,) = receiver.log_records()
    assert (record.trace_id, record.span_id) == (b"", b"")
    assert attributes_of(record)["otel_errors.handled"] is False
    assert attributes_of(record)["exception.stacktrace"].splitlines()[-3].endswith("in fail")


def test_trace_is_recovered_from_the_stamp_when_the_span_has_ended(run_python, receiver):
    done = run_python(program(IGNORED_BY_SPAN, install=True), **receiver.environment())
    (record,) = receiver.log_records()
    assert int.from_bytes(record.trace_id, "big") == int(done.stdout)


def test_previous_hook_still_runs(run_python, receiver):
    hook = "sys.excepthook = lambda kind, error, tb: print('hooked', error, file=sys.stderr)"
    done = run_python(program(OUTSIDE, install=True, before=hook), **receiver.environment())
    assert (done.returncode, done.stderr) == (1, "hooked declined\n")
    assert len(receiver.log_records()) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [("sys.exit(3)", 3), ("raise SystemExit('bye')", 1), ("print('fine')", 0)],
)
def test_program_that_ends_on_purpose_sends_nothing(run_python, receiver, body, status):
    plain = run_python(program(body, install=False))
    watched = run_python(program(body, install=True), **receiver.environment())
    assert (watched.returncode, watched.stderr, watched.stdout) == (
        status,
        plain.stderr,
        plain.stdout,
    )
    assert receiver.log_records() == []


def test_receiver_that_is_down_holds_the_program_up_no_longer_than_the_setting(run_python):
    done = run_python(
        program(OUTSIDE, install=True),
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
        OTEL_EXPORTER_OTLP_TIMEOUT="1",
        OTEL_ERRORS_FLUSH_TIMEOUT_MS="100",
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback (most recent call last):")
    assert "ValueError: declined" in done.stderr

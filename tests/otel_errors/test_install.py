"""install() puts every path in place once, uninstall() undoes it, and neither ever harms the application."""

from __future__ import annotations

import functools
import logging
import sys

import pytest
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.trace import NonRecordingSpan, NoOpTracerProvider

import otel_errors
from otel_errors._instrumentor import OtelErrorsInstrumentor


def patched_places() -> tuple[object, ...]:
    return (
        sys.excepthook,
        SdkSpan.record_exception,
        NonRecordingSpan.end,
        NonRecordingSpan.record_exception,
    )


def fail(app, name="s"):
    with pytest.raises(ValueError), app.tracer.start_as_current_span(name):
        raise ValueError("x")


def test_installing_twice_captures_once(make_app):
    app = make_app()
    assert app.install()
    places = patched_places()
    assert app.install()
    assert patched_places() == places
    fail(app)
    assert len(app.errors()) == 1


def test_uninstall_leaves_everything_as_it_was(make_app):
    app, before = make_app(), patched_places()
    app.install()
    assert not set(before) & set(patched_places())
    otel_errors.uninstall()
    assert patched_places() == before
    fail(app)
    assert app.errors() == []
    assert "otel_errors.event_id" not in app.span_events()[0].attributes


def test_installing_again_after_uninstall_captures_once_again(make_app):
    app = make_app()
    for _ in range(3):
        app.install()
        otel_errors.uninstall()
    app.install()
    fail(app)
    assert len(app.errors()) == 1
    processors = app.tracer_provider._active_span_processor._span_processors
    assert sum(isinstance(p, otel_errors.ErrorSpanProcessor) for p in processors) == 1


def test_option_that_instrumentation_does_not_know_is_told_and_the_others_hold(make_app, caplog):
    app = make_app()
    instrumentor = OtelErrorsInstrumentor()
    instrumentor.instrument(
        tracer_provider=app.tracer_provider,
        logger_provider=app.logger_provider,
        message_length_max=64,
        colour="red",
    )
    with pytest.raises(ValueError), app.tracer.start_as_current_span("s"):
        raise ValueError("x" * 100)
    instrumentor.uninstrument()
    fail(app)
    (error,) = app.errors()
    assert len(error.attributes["exception.message"]) == 64
    assert [record.message for record in caplog.records] == ["otel_errors has no such options: colour"]


def test_uninstall_without_install_does_nothing():
    before = patched_places()
    otel_errors.uninstall()
    assert patched_places() == before


def test_second_provider_is_captured_by_a_second_call(app, make_app):
    other = make_app()
    fail(other)
    assert app.errors() == []
    assert otel_errors.install(other.tracer_provider)
    fail(other)
    assert len(app.errors()) == 1


def test_shutting_one_provider_down_keeps_the_other_captured(app, make_app):
    other = make_app()
    otel_errors.install(other.tracer_provider)
    other.tracer_provider.shutdown()
    fail(app)
    assert len(app.errors()) == 1


def test_without_an_sdk_one_line_says_what_is_needed(caplog):
    before = patched_places()
    assert not otel_errors.install(NoOpTracerProvider())
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "NoOpTracerProvider is no TracerProvider of the OpenTelemetry SDK" in record.message
    assert "opentelemetry-instrument" in record.message
    assert patched_places() == before


@pytest.mark.parametrize(("variable", "value"), [("OTEL_SDK_DISABLED", "true"), ("OTEL_ERRORS_ENABLED", "false")])
def test_switched_off_by_the_environment(make_app, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    before = patched_places()
    assert not make_app().install()
    assert patched_places() == before


def test_excepthook_put_over_ours_stays_and_passes_through(make_app, capsys):
    make_app().install()
    ours = sys.excepthook
    try:
        sys.excepthook = functools.partial(ours)
        above = sys.excepthook
        otel_errors.uninstall()
        assert sys.excepthook is above
        sys.excepthook(ValueError, ValueError("printed"), None)
    finally:
        sys.excepthook = sys.__excepthook__
    assert capsys.readouterr().err == "ValueError: printed\n"


def test_record_exception_wrapped_by_another_library_before_us_still_gets_the_event_id(make_app):
    app, seen = make_app(), []
    stock = SdkSpan.record_exception

    def wrapper(self, exception, attributes, timestamp, escaped):
        seen.append(attributes)
        stock(self, exception, attributes, timestamp, escaped)

    SdkSpan.record_exception = wrapper
    try:
        app.install()
        fail(app)
        otel_errors.uninstall()
        assert SdkSpan.record_exception is wrapper
    finally:
        SdkSpan.record_exception = stock
    event_id = app.errors()[0].attributes["otel_errors.event_id"]
    assert seen[0]["otel_errors.event_id"] == event_id
    assert seen[0]["exception.message"] == "x"  # redacted, before the SDK's own
    assert app.span_events()[0].attributes["otel_errors.event_id"] == event_id


def test_record_exception_wrapped_by_another_library_after_us_survives_uninstall(make_app):
    app = make_app()
    stock = SdkSpan.record_exception
    try:
        app.install()
        ours = SdkSpan.record_exception

        def wrapper(self, *arguments, **keywords):
            ours(self, *arguments, **keywords)

        SdkSpan.record_exception = wrapper
        otel_errors.uninstall()
        assert SdkSpan.record_exception is wrapper
        fail(app)
    finally:
        SdkSpan.record_exception = stock
    assert app.errors() == []
    assert len(app.span_events()) == 1


def test_limits_of_the_sdk_cut_outer_frames_and_not_the_raise_point(make_app, monkeypatch):
    monkeypatch.setenv("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "600")
    app = make_app()
    app.install()

    def deeper(left):
        if left == 0:
            raise ValueError("deep down")
        shallower(left - 1)

    def shallower(left):
        deeper(left)

    with pytest.raises(ValueError), app.tracer.start_as_current_span("s"):
        deeper(20)
    for told in (app.errors()[0], app.span_events()[0]):
        text = told.attributes["exception.stacktrace"]
        assert len(text) <= 600
        assert 'raise ValueError("deep down")' in text
        assert text.endswith("ValueError: deep down\n")


def test_settings_are_taken_from_arguments_before_the_environment(make_app, monkeypatch):
    monkeypatch.setenv("OTEL_ERRORS_MESSAGE_LENGTH_MAX", "5000")
    app = make_app()
    app.install(message_length_max=100)
    with pytest.raises(ValueError), app.tracer.start_as_current_span("s"):
        raise ValueError("x" * 1_000)
    assert len(app.errors()[0].attributes["exception.message"]) == 100

"""Errors of spans that the sampler dropped arrive all the same, with the ids of their trace."""

from __future__ import annotations

import contextlib
import functools

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import NonRecordingSpan

import otel_errors


@pytest.fixture
def unsampled_app(make_app):
    app = make_app(ALWAYS_OFF)
    app.install()
    return app


def leaves_the_block(tracer):
    with tracer.start_as_current_span("s"):
        raise ValueError("x")


def leaves_nested_blocks(tracer):
    with tracer.start_as_current_span("a"), tracer.start_as_current_span("b"):
        raise ValueError("x")


def leaves_the_span_itself(tracer):
    with tracer.start_span("s"):
        raise ValueError("x")


def recorded(tracer):
    with tracer.start_as_current_span("s") as span:
        span.record_exception(ValueError("x"))


def ignored_by_order(tracer):
    with tracer.start_as_current_span("s", record_exception=False, set_status_on_exception=False):
        raise ValueError("x")


def opened_while_handling(tracer):
    try:
        raise KeyError("cache")
    except KeyError:
        with tracer.start_as_current_span("fetch"):
            pass
        with tracer.start_span("fetch again"):
            pass
        tracer.start_span("by hand").end()


def cancelled(tracer):
    with tracer.start_as_current_span("s"):
        raise SystemExit(0)


def ended_as_a_failure(tracer):
    with tracer.start_as_current_span("s"):
        raise SystemExit(1)


@pytest.mark.parametrize(
    ("behave", "events"),
    [
        (leaves_the_block, 1),
        (leaves_nested_blocks, 1),
        (leaves_the_span_itself, 1),
        (recorded, 1),
        (ignored_by_order, 0),
        (opened_while_handling, 0),
        (cancelled, 0),
    ],
)
def test_how_many_error_events(unsampled_app, behave, events):
    with contextlib.suppress(BaseException):
        behave(unsampled_app.tracer)
    assert len(unsampled_app.errors()) == events
    assert unsampled_app.span_exporter.get_finished_spans() == ()


def test_error_has_the_ids_of_the_innermost_unsampled_span(unsampled_app):
    outer = unsampled_app.tracer.start_as_current_span("a")
    inner = unsampled_app.tracer.start_as_current_span("b")
    with pytest.raises(ValueError), outer, inner as span:
        raise ValueError("x")
    (error,) = unsampled_app.errors()
    context = span.get_span_context()
    assert (error.trace_id, error.span_id) == (context.trace_id, context.span_id)
    assert not error.trace_flags.sampled


def test_exception_recorded_outside_any_span_has_no_trace(unsampled_app):
    trace.get_current_span().record_exception(ValueError("x"))
    (error,) = unsampled_app.errors()
    assert (error.trace_id, error.span_id) == (0, 0)


def test_what_is_no_exception_is_ignored_as_ever(unsampled_app, caplog):
    trace.get_current_span().record_exception("the till is empty")
    assert (unsampled_app.errors(), caplog.records) == ([], [])


def test_setting_switches_it_off(make_app):
    app = make_app(ALWAYS_OFF)
    app.install(unsampled=False)
    with contextlib.suppress(ValueError):
        leaves_the_block(app.tracer)
    assert app.errors() == []


@pytest.mark.parametrize("name", ["end", "record_exception"])
def test_method_wrapped_by_another_library_keeps_its_wrapper_and_passes_through(make_app, name):
    app, stock, calls = make_app(ALWAYS_OFF), getattr(NonRecordingSpan, name), []
    app.install()

    def wrap(ours):
        @functools.wraps(ours)  # copies our attributes, too
        def wrapper(*arguments, **keywords):
            calls.append(name)
            ours(*arguments, **keywords)

        return wrapper

    theirs = wrap(getattr(NonRecordingSpan, name))
    try:
        setattr(NonRecordingSpan, name, theirs)
        otel_errors.uninstall()
        assert getattr(NonRecordingSpan, name) is theirs
        for behave in (leaves_the_block, recorded):
            with contextlib.suppress(ValueError):
                behave(app.tracer)
        assert (app.errors(), set(calls)) == ([], {name})
        app.install()
        with contextlib.suppress(ValueError):
            leaves_the_block(app.tracer)
        assert len(app.errors()) == 1
        otel_errors.uninstall()
        assert getattr(NonRecordingSpan, name) is theirs
    finally:
        setattr(NonRecordingSpan, name, stock)


def test_uninstall_brings_the_api_methods_back(make_app):
    before = (NonRecordingSpan.end, NonRecordingSpan.record_exception)
    make_app(ALWAYS_OFF).install()
    assert (NonRecordingSpan.end, NonRecordingSpan.record_exception) != before
    otel_errors.uninstall()
    assert (NonRecordingSpan.end, NonRecordingSpan.record_exception) == before

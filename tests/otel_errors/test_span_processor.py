"""Exceptions that end spans or are recorded on them are emitted once, in the context of the innermost span."""

from __future__ import annotations

import asyncio
import builtins
import concurrent.futures
import contextlib

import pytest
from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs import LogRecordProcessor
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import StatusCode

import otel_errors

# Python 3.10 has no groups: a plain error takes their place there.
Group = getattr(builtins, "ExceptionGroup", ValueError)
BaseGroup = getattr(builtins, "BaseExceptionGroup", SystemExit)


def test_error_leaving_a_span_is_one_log_record_with_semantic_attributes(app):
    with pytest.raises(ValueError), app.tracer.start_as_current_span("checkout"):
        raise ValueError("declined")
    (error,) = app.errors()
    span = app.span("checkout")
    assert error.event_name == "exception"
    assert (error.severity_number, error.severity_text) == (SeverityNumber.ERROR, "ERROR")
    assert (error.trace_id, error.span_id) == (span.context.trace_id, span.context.span_id)
    assert error.trace_flags == span.context.trace_flags
    assert error.body == "ValueError: declined"
    assert error.attributes["exception.type"] == "ValueError"
    assert error.attributes["exception.message"] == "declined"
    assert error.attributes["exception.stacktrace"].endswith("ValueError: declined\n")
    assert len(error.attributes["otel_errors.event_id"]) == 32
    assert error.timestamp == app.span_events()[0].timestamp
    assert error.observed_timestamp >= error.timestamp
    assert error.exception is None  # it would keep the frames alive until the export


def test_span_event_is_the_stock_one_plus_the_event_id(app):
    stock = TracerProvider().get_tracer("stock")
    error = ValueError("declined")
    with app.tracer.start_as_current_span("watched") as span:
        span.record_exception(error, {"order.id": 7}, escaped=True)
    with stock.start_as_current_span("stock") as span:
        span.record_exception(error, {"order.id": 7}, escaped=True)
    watched = dict(app.span_events()[0].attributes)
    assert watched.pop("otel_errors.event_id") == app.errors()[0].attributes["otel_errors.event_id"]
    assert watched == dict(span.events[0].attributes)


def test_nested_spans_share_one_event_told_from_the_innermost(app):
    span = app.tracer.start_as_current_span
    with pytest.raises(KeyError), span("a"), span("b"), span("c"):
        raise KeyError("stock")
    (error,) = app.errors()
    assert error.span_id == app.span("c").context.span_id
    assert {e.attributes["otel_errors.event_id"] for e in app.span_events()} == {
        error.attributes["otel_errors.event_id"]
    }
    assert len(app.span_events()) == 3


def record_then_raise(tracer):
    with tracer.start_as_current_span("s") as span:
        try:
            raise ValueError("x")
        except ValueError as error:
            span.record_exception(error)
            raise


def ten_objects_in_one_span(tracer):
    with tracer.start_as_current_span("s") as span:
        for row in range(10):
            span.record_exception(ValueError(f"bad row {row}"))


def three_retries(tracer):
    for _ in range(3):
        with contextlib.suppress(ValueError), tracer.start_as_current_span("try"):
            raise ValueError("busy")


def same_object_in_another_trace(tracer):
    kept = ValueError("kept")
    for _ in range(2):
        with contextlib.suppress(ValueError), tracer.start_as_current_span("use"):
            raise kept


def same_object_twice_in_one_trace(tracer):
    kept = ValueError("kept")
    with tracer.start_as_current_span("root"):
        for _ in range(2):
            with contextlib.suppress(ValueError), tracer.start_as_current_span("use"):
                raise kept


def not_recorded_but_status_error(tracer):
    with tracer.start_as_current_span("s", record_exception=False):
        raise ValueError("x")


def neither_recorded_nor_status(tracer):
    with tracer.start_as_current_span("s", record_exception=False, set_status_on_exception=False):
        raise ValueError("x")


def span_as_context_manager(tracer):
    with tracer.start_span("s"):
        raise ValueError("x")


def ended_in_finally(tracer):
    span = tracer.start_span("s")
    try:
        raise ValueError("x")
    finally:
        span.end()


def ended_ok_in_finally(tracer):
    span = tracer.start_span("s")
    try:
        raise ValueError("x")
    finally:
        span.set_status(StatusCode.OK)
        span.end()


def handled_inside(tracer):
    with tracer.start_as_current_span("s"):
        try:
            raise KeyError("cache")
        except KeyError:
            pass


def span_opened_while_handling(tracer):
    try:
        raise KeyError("cache")
    except KeyError:
        with tracer.start_as_current_span("fetch"):
            pass
        span = tracer.start_span("by hand")
        span.end()


def error_in_span_opened_while_handling(tracer):
    try:
        raise KeyError("cache")
    except KeyError:
        with tracer.start_as_current_span("fetch"):
            raise ValueError("x") from None


def iterator_done(tracer):
    span = tracer.start_span("stream")
    try:
        next(iter(()))
    except StopIteration:
        span.end()


def recorded_after_the_end(tracer):
    span = tracer.start_span("s")
    span.end()
    span.record_exception(ValueError("late"))


def decorated(tracer):
    @tracer.start_as_current_span("s")
    def work():
        raise ValueError("x")

    work()


def decorated_coroutine(tracer):
    @tracer.start_as_current_span("s")
    async def work():
        await asyncio.sleep(0)
        raise ValueError("x")

    asyncio.run(work())


def group_of_errors(tracer):
    with tracer.start_as_current_span("s"):
        raise Group("two", [ValueError("a"), KeyError("b")])


def seen_through_a_future(tracer):
    def work():
        with tracer.start_as_current_span("job"):
            raise ValueError("x")

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@pytest.mark.parametrize(
    ("behave", "events"),
    [
        (record_then_raise, 1),
        (ten_objects_in_one_span, 10),
        (three_retries, 3),
        (same_object_in_another_trace, 2),
        (same_object_twice_in_one_trace, 1),
        (not_recorded_but_status_error, 1),
        (neither_recorded_nor_status, 0),
        (span_as_context_manager, 1),
        (ended_in_finally, 1),
        (ended_ok_in_finally, 0),
        (handled_inside, 0),
        (span_opened_while_handling, 0),
        (error_in_span_opened_while_handling, 1),
        (iterator_done, 0),
        (recorded_after_the_end, 1),
        (decorated, 1),
        (decorated_coroutine, 1),
        (group_of_errors, 1),
        (seen_through_a_future, 1),
    ],
)
def test_how_many_error_events(app, behave, events):
    with contextlib.suppress(Exception):
        behave(app.tracer)
    errors = app.errors()
    assert len(errors) == events
    assert len({error.attributes["otel_errors.event_id"] for error in errors}) == events


@pytest.mark.parametrize(
    "ending",
    [
        SystemExit(),
        SystemExit(0),
        KeyboardInterrupt(),
        GeneratorExit(),
        asyncio.CancelledError(),
        concurrent.futures.CancelledError(),
        BaseGroup("all", [KeyboardInterrupt(), SystemExit()]),
    ],
    ids=repr,
)
def test_what_ends_things_on_purpose_is_no_error(app, ending):
    span = app.tracer.start_as_current_span("a")
    with pytest.raises(BaseException), span, app.tracer.start_span("b"):
        raise ending
    assert app.errors() == []
    assert all("otel_errors.event_id" not in e.attributes for e in app.span_events())


@pytest.mark.parametrize(
    "ending", [SystemExit(3), SystemExit("no configuration"), type("Halt", (BaseException,), {})()]
)
def test_program_that_ends_as_a_failure_within_spans_is_one_error_of_the_innermost(app, ending):
    span = app.tracer.start_as_current_span("outer")
    with pytest.raises(BaseException), span, app.tracer.start_as_current_span("inner"):
        raise ending
    (error,) = app.errors()
    assert error.span_id == app.span("inner").context.span_id
    assert error.attributes["exception.type"].endswith(type(ending).__name__)


def test_error_that_a_span_was_told_to_ignore_keeps_that_span_when_it_becomes_an_error(app):
    with pytest.raises(ValueError), app.tracer.start_as_current_span("outer"):
        neither_recorded_nor_status(app.tracer)
    (error,) = app.errors()
    assert error.span_id == app.span("s").context.span_id


def test_attributes_given_to_record_exception_win_and_are_kept(app):
    with app.tracer.start_as_current_span("s") as span:
        span.record_exception(ValueError("card 4111"), {"exception.message": "masked", "order.id": 7})
    for told in (app.errors()[0], app.span_events()[0]):
        assert told.attributes["exception.message"] == "masked"
        assert told.attributes["order.id"] == 7
        assert told.attributes["exception.type"] == "ValueError"


def test_the_log_record_says_who_was_there_as_the_span_does(app):
    with app.tracer.start_as_current_span("s", attributes={"user.id": "u1", "order.id": 7}) as span:
        span.record_exception(ValueError("x"))
    (error,) = app.errors()
    assert error.attributes["user.id"] == "u1"
    assert "order.id" not in error.attributes
    assert "user.id" not in app.span_events()[0].attributes


def test_the_fingerprint_that_the_application_says_on_a_span_is_in_the_log_record_too(app):
    """Else the two sightings of one error would be of different groups, and the first one would decide."""
    with app.tracer.start_as_current_span("s", attributes={"exception.fingerprint": ["a", "b"]}) as span:
        span.record_exception(ValueError("no"))
    with (
        pytest.raises(ValueError, match="ended"),
        app.tracer.start_as_current_span("s", attributes={"error.fingerprint": "c"}, record_exception=False),
    ):
        raise ValueError("ended")

    recorded, ended = app.errors()
    assert recorded.attributes["exception.fingerprint"] == ("a", "b")
    assert ended.attributes["error.fingerprint"] == "c"


def test_timestamp_given_to_record_exception_is_the_log_records_too(app):
    with app.tracer.start_as_current_span("s") as span:
        span.record_exception(ValueError("x"), timestamp=1_700_000_000_000_000_000)
    assert app.errors()[0].timestamp == app.span_events()[0].timestamp == 1_700_000_000_000_000_000


class BrokenLogProcessor(LogRecordProcessor):
    def on_emit(self, log_record):  # noqa: ARG002 - the interface
        raise RuntimeError("broken")

    def shutdown(self): ...

    def force_flush(self, timeout_millis=30000):  # noqa: ARG002 - the interface
        raise RuntimeError("broken")


def test_broken_log_processor_costs_the_app_nothing_but_the_record(app, caplog):
    app.logger_provider.add_log_record_processor(BrokenLogProcessor())
    for _ in range(3):
        span = app.tracer.start_as_current_span("s")
        with pytest.raises(ValueError, match="declined"), span:
            raise ValueError("declined")
    assert len(app.span_events()) == 3
    (line,) = [record.message for record in caplog.records if record.name == "otel_errors"]
    assert line.startswith(
        "otel_errors failed with RuntimeError while it tried to capture an exception recorded on a span"
    )


class TracingLogProcessor(LogRecordProcessor):
    """An exporter that traces itself and fails."""

    def __init__(self, tracer):
        self._tracer = tracer

    def on_emit(self, log_record):  # noqa: ARG002 - the interface
        with contextlib.suppress(OSError), self._tracer.start_as_current_span("export"):
            raise OSError("no route")

    def shutdown(self): ...

    def force_flush(self, timeout_millis=30000):  # noqa: ARG002 - the interface
        return True


def test_error_of_the_log_pipeline_makes_no_new_event(app):
    app.logger_provider.add_log_record_processor(TracingLogProcessor(app.tracer))
    with pytest.raises(ValueError), app.tracer.start_as_current_span("s"):
        raise ValueError("x")
    assert [error.attributes["exception.type"] for error in app.errors()] == ["ValueError"]
    assert len(app.span("export").events) == 1  # the stock event stays


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


def test_exception_whose_str_raises_is_recorded(app):
    with app.tracer.start_as_current_span("s") as span:
        span.record_exception(Unprintable())
    (error,) = app.errors()
    assert error.attributes["exception.message"] == "<exception str() failed>"
    assert error.attributes["exception.type"].endswith("Unprintable")


def test_processor_added_by_hand_works_alone_and_lets_go_at_shutdown(make_app):
    app = make_app()
    stock = SdkSpan.record_exception
    app.tracer_provider.add_span_processor(otel_errors.ErrorSpanProcessor(app.logger_provider))
    with pytest.raises(ValueError), app.tracer.start_as_current_span("s"):
        raise ValueError("x")
    assert len(app.errors()) == 1
    app.tracer_provider.shutdown()
    assert SdkSpan.record_exception is stock


def test_spans_of_a_provider_without_the_processor_are_left_alone(app, make_app):
    other = make_app()
    with pytest.raises(ValueError), other.tracer.start_as_current_span("s"):
        raise ValueError("x")
    assert app.errors() == []
    assert "otel_errors.event_id" not in other.span_events()[0].attributes


def test_error_is_told_in_the_trace_of_its_span_whatever_span_is_current(app):
    span = app.tracer.start_span("not current")
    with app.tracer.start_as_current_span("current"):
        span.record_exception(ValueError("x"))
    span.end()
    assert app.errors()[0].trace_id == app.span("not current").context.trace_id
    assert trace.get_current_span() is trace.INVALID_SPAN

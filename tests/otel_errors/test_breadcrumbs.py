"""What happened in the trace before an error, where it is asked for; and the feature flags that were evaluated."""

from __future__ import annotations

import contextlib
import json
import logging
import threading

import pytest
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import StatusCode

import otel_errors
from otel_errors._content.by_trace import TRACES_MAX
from otel_errors._install import capture_in_use

logger = logging.getLogger("shop.pay")


@pytest.fixture(autouse=True)
def _all_levels():
    logger.setLevel(logging.DEBUG)
    yield
    logger.setLevel(logging.NOTSET)


def crumbs_of(app, work=lambda: None, **settings):
    app.install(**settings)
    with contextlib.suppress(ValueError), app.tracer.start_as_current_span("request"):
        work()
        raise ValueError("x")
    told = app.errors()[-1].attributes.get("otel_errors.breadcrumbs")
    return told and json.loads(told)


def test_none_unless_asked_for(make_app):
    factory = logging.getLogRecordFactory()
    assert crumbs_of(make_app(), lambda: logger.info("hello")) is None
    assert logging.getLogRecordFactory() is factory


def test_log_records_and_spans_before_the_error(make_app):
    app = make_app()

    def work():
        logger.info("charging %s with token=%s", "joe@example.com", "hunter2")
        with app.tracer.start_as_current_span("query") as span:
            span.set_status(StatusCode.ERROR, "slow")
        logger.debug("done")

    logger.info("outside any trace")
    log, span, last = crumbs_of(app, work, breadcrumbs=20)
    assert (log["logger"], log["level"], log["message"]) == ("shop.pay", "INFO", "charging [email] with token=***")
    assert (span["span"], span["status"]) == ("query", "ERROR")
    assert span["duration_ms"] >= 0
    assert last["message"] == "done"
    assert int(log["time_unix_nano"]) <= int(last["time_unix_nano"])


def test_the_last_of_this_trace_alone(make_app):
    app = make_app()

    def elsewhere():
        with app.tracer.start_as_current_span("another trace"):
            logger.info("not mine")

    def work():
        for number in range(10):
            logger.info("mine %s", number)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()

    assert [crumb["message"] for crumb in crumbs_of(app, work, breadcrumbs=3)] == ["mine 7", "mine 8", "mine 9"]


def test_message_that_does_not_fit_its_arguments_and_our_own(make_app):
    raised, logging.raiseExceptions = logging.raiseExceptions, False

    def work():
        logger.info("%d of %d", "one", "two")
        logging.getLogger("otel_errors").warning("ours")

    try:
        assert [crumb["message"] for crumb in crumbs_of(make_app(), work, breadcrumbs=3)] == ["%d of %d"]
    finally:
        logging.raiseExceptions = raised


def test_factory_comes_back_unless_another_has_extended_it(make_app):
    factory = logging.getLogRecordFactory()
    app = make_app()
    app.install(breadcrumbs=3)
    assert logging.getLogRecordFactory() is not factory
    otel_errors.uninstall()
    assert logging.getLogRecordFactory() is factory
    app.install(breadcrumbs=3)
    ours = logging.getLogRecordFactory()

    def extended(*args, **kwargs):
        return ours(*args, **kwargs)

    logging.setLogRecordFactory(extended)
    try:
        otel_errors.uninstall()
        logger.info("passes through")
    finally:
        logging.setLogRecordFactory(factory)


def test_memory_is_bounded(make_app):
    app = make_app()
    app.install(breadcrumbs=1_000)
    tracer = TracerProvider().get_tracer("t")
    rings = capture_in_use().describer.breadcrumbs._rings
    for _ in range(TRACES_MAX + 50):
        with tracer.start_as_current_span("s"):
            logger.info("x")
    with app.tracer.start_as_current_span("s") as span:
        for _ in range(200):
            logger.info("x" * 10_000)
        ring = rings.get(span.get_span_context().trace_id)
    assert len(rings._values) == TRACES_MAX
    assert len(ring) == 100
    assert {len(crumb[3]) for crumb in list(ring)[:-1]} == {1_024}  # the last is the span


def evaluate(span, key, variant, name="feature_flag.evaluation", attribute="feature_flag.result.variant"):
    span.add_event(name, {"feature_flag.key": key, attribute: variant})


def test_feature_flags_of_the_trace(app):
    with contextlib.suppress(ValueError), app.tracer.start_as_current_span("request") as span:
        evaluate(span, "new-checkout", "off")
        evaluate(span, "theme", "dark", name="feature_flag", attribute="feature_flag.variant")
        evaluate(span, "new-checkout", "on")
        span.add_event("feature_flag.evaluation", {"other": 1})
        span.add_event("feature_flag.evaluation")
        span.add_event("else", {"feature_flag.key": "no"})
        with app.tracer.start_as_current_span("inner"):
            raise ValueError("x")
    assert app.errors()[0].attributes["otel_errors.feature_flags"] == ("theme=dark", "new-checkout=on")
    assert len(app.span("request").events) == 7  # all are there, and the exception


def test_feature_flags_in_log_records(app):
    log = app.logger_provider.get_logger("openfeature")
    with contextlib.suppress(ValueError), app.tracer.start_as_current_span("request"):
        log.emit(
            event_name="feature_flag.evaluation",
            attributes={"feature_flag.key": "limit", "feature_flag.result.value": 7},
        )
        raise ValueError("x")
    assert app.errors()[-1].attributes["otel_errors.feature_flags"] == ("limit=7",)


def test_flags_are_bounded_and_can_be_switched_off(make_app):
    stock = SdkSpan.add_event
    app = make_app()
    app.install(feature_flags=False)
    assert SdkSpan.add_event is stock
    otel_errors.uninstall()
    app.install()
    with contextlib.suppress(ValueError), app.tracer.start_as_current_span("request") as span:
        for number in range(500):
            evaluate(span, f"flag-{number}", "on")
        raise ValueError("x")
    flags = app.errors()[0].attributes["otel_errors.feature_flags"]
    assert (len(flags), flags[-1]) == (100, "flag-499=on")
    otel_errors.uninstall()
    assert SdkSpan.add_event is stock

"""The application sees its own exception, also where the API's handling of it raises another."""

from __future__ import annotations

import asyncio

import opentelemetry.trace as api
import pytest
from opentelemetry.trace import StatusCode

import otel_errors


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def in_use_span(app):
    with app.tracer.start_as_current_span("work"):
        raise Unprintable


def in_the_span_itself(app):
    with app.tracer.start_span("work"):
        raise Unprintable


def in_a_decorator(app):
    @app.tracer.start_as_current_span("work")
    def work():
        raise Unprintable

    work()


def in_a_coroutine(app):
    @app.tracer.start_as_current_span("work")
    async def work():
        raise Unprintable

    asyncio.run(work())


@pytest.mark.parametrize("fail", [in_use_span, in_the_span_itself, in_a_decorator, in_a_coroutine])
def test_exception_without_a_text_arrives_and_is_told(app, fail):
    with pytest.raises(Unprintable) as raised:
        fail(app)
    assert raised.value.__context__ is None
    (error,) = app.errors()
    assert error.attributes["exception.type"].endswith("Unprintable")
    span = app.span("work")
    assert span.status.status_code is StatusCode.ERROR
    assert span.end_time
    assert not api.get_current_span().get_span_context().is_valid


def statuses_and_events(app):
    for options in (
        {},
        {"record_exception": False},
        {"set_status_on_exception": False},
        {"record_exception": False, "set_status_on_exception": False},
    ):
        with pytest.raises(ValueError), app.tracer.start_as_current_span("work", **options):
            raise ValueError("boom")
    with pytest.raises(SystemExit), app.tracer.start_as_current_span("work"):
        raise SystemExit(0)
    with app.tracer.start_as_current_span("work"):
        pass
    return [
        (span.status.status_code, span.status.description, [event.name for event in span.events])
        for span in app.span_exporter.get_finished_spans()
    ]


def test_spans_are_as_the_api_leaves_them(make_app):
    ours, theirs = make_app(), make_app()
    ours.install()
    assert api.use_span.__module__ == "otel_errors._paths.spans"
    with_us = statuses_and_events(ours)
    otel_errors.uninstall()
    assert api.use_span.__module__ == "opentelemetry.trace"
    assert with_us == statuses_and_events(theirs)


def test_function_that_is_not_the_one_we_know_stays(make_app, monkeypatch):
    def use_span(span, **_options):
        return span

    monkeypatch.setattr(api, "use_span", use_span)
    make_app().install()
    assert api.use_span is use_span

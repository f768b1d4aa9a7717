"""What a record says of its place: thread, task, process; and the release where the resource has none."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk.resources import Resource

import otel_errors

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def captured(app, **settings):
    app.install(**settings)
    otel_errors.capture(ValueError("x"))
    return app.errors()[0].attributes


def with_resource(app, **attributes):
    processors = app.logger_provider._multi_log_record_processor._log_record_processors
    app.logger_provider = LoggerProvider(resource=Resource({k.replace("_", "."): v for k, v in attributes.items()}))
    for processor in processors:
        app.logger_provider.add_log_record_processor(processor)
    return app


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_thread(app):
    def fail():
        raise ValueError("x")

    with contextlib.suppress(ValueError), app.tracer.start_as_current_span("s"):
        fail()
    thread = threading.Thread(target=fail, name="worker-7")
    thread.start()
    ident = thread.ident
    thread.join()
    main, other = app.errors()
    assert main.attributes["thread.name"] == threading.current_thread().name
    assert main.attributes["thread.id"] == threading.get_ident()
    assert (other.attributes["thread.name"], other.attributes["thread.id"]) == ("worker-7", ident)
    assert "otel_errors.asyncio.task" not in main.attributes


def test_task(app):
    async def fail():
        with app.tracer.start_as_current_span("s"):
            raise ValueError("x")

    async def main():
        task = asyncio.create_task(fail(), name="charge-4")
        with contextlib.suppress(ValueError):
            await task

    asyncio.run(main())
    assert app.errors()[0].attributes["otel_errors.asyncio.task"] == "charge-4"


def test_process_unless_the_resource_says_the_same(make_app):
    assert captured(make_app())["process.pid"] == os.getpid()
    otel_errors.uninstall()
    assert "process.pid" not in captured(with_resource(make_app(), process_pid=os.getpid()))
    otel_errors.uninstall()
    assert captured(with_resource(make_app(), process_pid=1))["process.pid"] == os.getpid()  # before a fork


def test_release_where_the_resource_has_none(make_app, monkeypatch):
    for name in ("GIT_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OTEL_ERRORS_ENVIRONMENT", "staging")
    monkeypatch.setenv("SOURCE_VERSION", COMMIT)
    app = with_resource(make_app(), service_version="2.0")
    told = captured(app, release="1.4", repository="https://example.com/shop")
    assert "service.version" not in told
    assert told["deployment.environment.name"] == "staging"
    assert told["vcs.ref.head.revision"] == COMMIT
    assert told["vcs.repository.url.full"] == "https://example.com/shop"


@pytest.mark.parametrize("value", ["main", "", "123", "x" * 40])
def test_variable_that_holds_no_commit_is_passed_over(make_app, monkeypatch, value):
    for name in ("GITHUB_SHA", "CI_COMMIT_SHA", "SOURCE_VERSION", "HEROKU_SLUG_COMMIT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_COMMIT", value)
    monkeypatch.setenv("RENDER_GIT_COMMIT", COMMIT)
    assert captured(make_app())["vcs.ref.head.revision"] == COMMIT


def test_span_event_says_the_release_too(make_app):
    app = make_app()
    app.install(release="1.4")
    with contextlib.suppress(ValueError), app.tracer.start_as_current_span("s"):
        raise ValueError("x")
    assert app.span_events()[0].attributes["service.version"] == "1.4"
    assert app.errors()[0].attributes["service.version"] == "1.4"


def test_what_the_application_gives_comes_first(app):
    otel_errors.capture(ValueError("x"), **{"thread.name": "mine"})
    assert app.errors()[0].attributes["thread.name"] == "mine"


def test_provider_of_our_own_knows_the_process(run_python, receiver, attributes_of):
    run_python(
        """
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        import otel_errors
        trace.set_tracer_provider(TracerProvider())
        otel_errors.install()
        otel_errors.capture(ValueError("x"))
        """,
        **receiver.environment(),
    )
    (request,) = receiver.log_requests
    resource = attributes_of(request.resource_logs[0].resource)
    assert resource["service.name"] == "shop"
    assert resource["process.runtime.name"] == sys.implementation.name
    assert resource["process.pid"] > 0
    assert resource["host.name"]
    assert "process.pid" not in attributes_of(receiver.log_records()[0])

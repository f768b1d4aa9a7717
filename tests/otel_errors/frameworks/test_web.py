"""Exceptions that a web framework answers with a 5xx: told once each, with route and span; answers below are none.

Each test runs against every framework, served for real, with its OpenTelemetry instrumentation and without.
"""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import otel_errors
from tests.otel_errors.conftest import App
from tests.otel_errors.frameworks.stacks import STACKS, Stack

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Shop:
    """A served shop, and what was told of it."""

    stack: Stack
    app: App
    port: int
    requests: int = 0

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        answer = response.status, response.read().decode()
        connection.close()
        self.requests += 1
        return answer

    def server_spans(self) -> list[Any]:
        """The spans of the requests; they end after the client has its answer."""
        wanted = self.requests if self.stack.instrumented else 0
        return wait_for(
            lambda: [s for s in self.app.span_exporter.get_finished_spans() if s.kind.name == "SERVER"], wanted
        )

    def errors(self, count: int) -> list[Any]:
        """All errors, once there are `count` and all spans have ended."""
        wait_for(self.app.errors, count)
        self.server_spans()
        errors = self.app.errors()
        assert len(errors) == count
        return errors

    def error(self) -> Any:
        """The one error; in the trace of the request's span, if there is one."""
        (error,) = self.errors(1)
        if self.stack.instrumented:
            (span,) = self.server_spans()
            assert error.trace_id == span.context.trace_id
        elif not self.app.span_exporter.get_finished_spans():
            assert error.trace_id == 0
        return error


def wait_for(look: Callable[[], list[Any]], count: int) -> list[Any]:
    until = time.monotonic() + 10
    while len(found := look()) < count:
        assert time.monotonic() < until, f"waited for {count}, found {found}"
        time.sleep(0.005)
    return found


@pytest.fixture(scope="module", params=STACKS)
def served(request):
    stack = STACKS[request.param]
    app = App.with_sampler()
    assert app.install()
    try:
        with stack.serve(app.tracer_provider) as port:
            yield Shop(stack=stack, app=app, port=port)
    finally:
        otel_errors.uninstall()


@pytest.fixture
def shop(served):
    yield served
    served.server_spans()
    served.requests = 0
    served.app.span_exporter.clear()
    served.app.log_exporter.clear()


def test_exception_that_nobody_handles(shop):
    status, body = shop.get("/items/7?token=hunter2&page=3", Cookie="id=hunter2", Authorization="hunter2")
    assert status == 500
    assert "boom" not in body
    error = shop.error()
    attributes = dict(error.attributes)
    stacktrace = attributes.pop("exception.stacktrace")
    assert "in look_up" in stacktrace
    assert attributes.pop("otel_errors.event_id")
    for name in ("process.pid", "thread.id", "thread.name", "otel_errors.asyncio.task"):
        attributes.pop(name, None)
    seen = {
        "otel_errors.mechanism": shop.stack.mechanism,
        "otel_errors.handled": False,
        "http.response.status_code": 500,
    }
    if shop.stack.span_sees_it_first:
        seen = {"otel_errors.mechanism": "span"}
    assert attributes == {
        **seen,
        "exception.type": "ValueError",
        "exception.message": "boom",
        "http.request.method": "GET",
        "http.route": shop.stack.route,
        "url.path": "/items/7",
        "url.query": "token=***&page=REDACTED",
        "url.scheme": "http",
        "server.address": "127.0.0.1",
        "server.port": shop.port,
    }
    if shop.stack.instrumented:
        assert error.span_id == shop.server_spans()[0].context.span_id


@pytest.mark.parametrize("path", ["/missing", "/unroutable"])
def test_404_is_none(shop, path):
    status, _ = shop.get(path)
    assert status == 404
    assert shop.errors(0) == []


def test_5xx_that_the_application_raises_tells_its_cause(shop):
    status, _ = shop.get("/abort")
    assert status == 503
    error = shop.error()
    if error.attributes["otel_errors.mechanism"] != "span":  # an instrumentation may be nearer
        assert error.attributes["http.response.status_code"] == 503
        assert error.attributes["otel_errors.mechanism"] == shop.stack.mechanism
    assert "KeyError: 'stock'" in error.attributes["exception.stacktrace"]
    assert "direct cause" in error.attributes["exception.stacktrace"]


def test_exception_that_a_handler_answers_with_a_5xx(shop):
    assert shop.get("/unavailable") == (503, "unavailable")
    error = shop.error()
    assert error.attributes["exception.type"].endswith("Unavailable")
    assert error.attributes["http.response.status_code"] == 503
    assert error.attributes["http.route"].endswith("/unavailable")
    assert error.attributes["otel_errors.mechanism"] == shop.stack.mechanism


def test_exception_that_a_handler_recovers_from_is_none(shop):
    assert shop.get("/recovered") == (200, "recovered")
    assert shop.errors(0) == []


def test_exception_that_is_logged_has_the_request_too(shop):
    status, _ = shop.get("/logged")
    assert status == 200
    error = shop.error()
    assert error.attributes["otel_errors.mechanism"] == "logging"
    assert error.attributes["otel_errors.handled"] is True
    assert error.attributes["http.route"].endswith("/logged")


def test_exception_that_left_a_span_of_the_application(shop):
    assert shop.get("/span")[0] == 500
    error = shop.error()
    own = shop.app.span("own")
    assert (error.trace_id, error.span_id) == (own.context.trace_id, own.context.span_id)
    assert error.attributes["otel_errors.mechanism"] == "span"
    assert error.attributes["http.route"].endswith("/span")


def test_next_request_is_told_again(shop):
    for _ in range(2):
        shop.get("/items/7")
    assert len({error.attributes["otel_errors.event_id"] for error in shop.errors(2)}) == 2

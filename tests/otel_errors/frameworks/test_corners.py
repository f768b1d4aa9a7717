"""What the frameworks do differently from each other: middleware, sub-applications, web sockets, handlers of everything."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import logging
import time
import weakref

import pytest

import otel_errors
from otel_errors import _work
from otel_errors._frameworks._http import redacted_query, request_attributes
from tests.otel_errors.frameworks.stacks import look_up, serve_asgi, serve_wsgi


def get(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    response = connection.getresponse()
    answer = response.status, response.read().decode()
    connection.close()
    return answer


def the_error(app):
    """The one error. Some leave the application after the client has its answer."""
    until = time.monotonic() + 10
    while not app.errors():
        assert time.monotonic() < until, "nothing was told"
        time.sleep(0.005)
    (error,) = app.errors()
    return error


class TestStarlette:
    @pytest.fixture
    def port(self, app):
        pytest.importorskip("starlette")
        from starlette.applications import Starlette
        from starlette.background import BackgroundTask
        from starlette.middleware import Middleware
        from starlette.middleware.base import BaseHTTPMiddleware
        from starlette.responses import PlainTextResponse, StreamingResponse
        from starlette.routing import Mount, Route

        class Busy(Exception):
            pass

        class Gone(Exception):
            pass

        async def fail(request):
            raise ValueError("boom")

        async def busy(request):
            raise Busy

        async def gone(request):
            raise Gone

        async def later(request):
            return PlainTextResponse("ok", background=BackgroundTask(look_up, "1"))

        async def half(request):
            async def body():
                yield b"half"
                raise ValueError("boom")

            return StreamingResponse(body())

        async def proxied(request):
            try:
                raise ValueError("boom")
            except ValueError:
                pass
            return PlainTextResponse("bad gateway", 502)

        class Answers(BaseHTTPMiddleware):
            async def dispatch(self, request, call_next):
                try:
                    return await call_next(request)
                except Busy:
                    return PlainTextResponse("busy", 503)
                except Gone:
                    return PlainTextResponse("gone", 410)

        async def everything(request, exception):
            return PlainTextResponse("sorry", 500)

        pages = [Route(f"/{page.__name__}", page) for page in (fail, busy, gone, later, half, proxied)]
        application = Starlette(
            routes=[*pages, Mount("/api", app=Starlette(routes=[Route("/items/{id}", fail)]))],
            middleware=[Middleware(Answers)],
            exception_handlers={Exception: everything},
        )
        with serve_asgi(application) as port:
            yield port

    def test_handler_of_everything(self, app, port):
        assert get(port, "/fail") == (500, "sorry")
        error = the_error(app)
        assert error.attributes["http.response.status_code"] == 500

    def test_middleware_that_answers_with_a_5xx(self, app, port):
        assert get(port, "/busy") == (503, "busy")
        error = the_error(app)
        assert error.attributes["http.response.status_code"] == 503
        assert error.attributes["exception.type"].endswith("Busy")

    def test_middleware_that_answers_below_is_none(self, app, port):
        assert get(port, "/gone") == (410, "gone")
        assert app.errors() == []

    def test_route_within_a_mounted_application(self, app, port):
        assert get(port, "/api/items/7")[0] == 500
        error = the_error(app)
        assert error.attributes["http.route"] == "/api/items/{id}"
        assert error.attributes["url.path"] == "/api/items/7"

    def test_background_task_of_a_response(self, app, port):
        assert get(port, "/later") == (200, "ok")
        error = the_error(app)
        assert error.attributes["http.route"] == "/later"

    def test_response_that_breaks_off(self, app, port):
        with contextlib.suppress(http.client.HTTPException):
            get(port, "/half")
        error = the_error(app)
        assert error.attributes["exception.message"] == "boom"

    def test_5xx_after_an_exception_that_was_handled_is_none(self, app, port):
        assert get(port, "/proxied") == (502, "bad gateway")
        assert app.errors() == []

    def test_5xx_while_the_server_handles_an_exception_of_its_own_is_none(self, app):
        pytest.importorskip("starlette")
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route

        async def closed(request):
            return PlainTextResponse("closed", 503)

        sent = []

        async def send(message):
            sent.append(message)

        async def main():
            scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
            try:
                raise KeyError("the server's")
            except KeyError:
                await Starlette(routes=[Route("/", closed)])(scope, None, send)

        asyncio.run(main())
        assert sent[0]["status"] == 503
        assert app.errors() == []

    @pytest.mark.filterwarnings("ignore")  # the test client's own
    def test_web_socket(self, app):
        pytest.importorskip("starlette")
        from starlette.applications import Starlette
        from starlette.routing import WebSocketRoute
        from starlette.testclient import TestClient

        async def talk(websocket):
            await websocket.accept()
            raise ValueError("boom")

        client = TestClient(Starlette(routes=[WebSocketRoute("/talk/{room}", talk)]))
        with pytest.raises(ValueError), client.websocket_connect("/talk/7"):
            pass
        error = the_error(app)
        assert error.attributes["http.route"] == "/talk/{room}"
        assert error.attributes["url.scheme"] == "ws"
        assert "http.response.status_code" not in error.attributes


class TestFlask:
    def serve(self, *, handle):
        flask = pytest.importorskip("flask")
        application = flask.Flask("shop")

        @application.route("/items/<id>")
        def item(id):  # noqa: A002 - the route's name
            look_up(id)

        application.register_error_handler(Exception, handle)
        return serve_wsgi(application)

    def test_handler_of_everything_that_logs(self, app):
        def handle(exception):
            logging.getLogger("shop").error("failed", exc_info=exception)
            return "sorry", 500

        with self.serve(handle=handle) as port:
            assert get(port, "/items/7") == (500, "sorry")
        (error,) = app.errors()
        assert error.attributes["otel_errors.mechanism"] == "logging"
        assert error.attributes["http.route"] == "/items/<id>"

    def test_handler_that_fails_itself(self, app):
        def handle(exception):
            raise KeyError("handler") from exception

        with self.serve(handle=handle) as port:
            assert get(port, "/items/7")[0] == 500
        (error,) = app.errors()
        assert error.attributes["exception.type"] == "KeyError"
        assert "ValueError: boom" in error.attributes["exception.stacktrace"]

    def test_trace_that_is_not_sampled(self, make_app):
        instrumentation = pytest.importorskip("opentelemetry.instrumentation.flask")
        from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

        from tests.otel_errors.frameworks.stacks import flask_app

        app = make_app(ALWAYS_OFF)
        assert app.install()
        application = flask_app(app.tracer_provider)
        instrumentation.FlaskInstrumentor().instrument_app(application, tracer_provider=app.tracer_provider)
        with serve_wsgi(application) as port:
            assert get(port, "/items/7")[0] == 500
        error = the_error(app)
        assert error.trace_id
        assert not error.trace_flags.sampled
        assert error.attributes["http.route"] == "/items/<int:id>"

    def test_exception_that_propagates_to_the_server(self, app):
        flask = pytest.importorskip("flask")
        application = flask.Flask("shop")
        application.testing = True

        @application.route("/")
        def index():
            look_up("1")

        with pytest.raises(ValueError):
            application.test_client().get("/")
        assert len(app.errors()) == 1


class TestRestFramework:
    @pytest.fixture
    def port(self, app):
        pytest.importorskip("rest_framework")
        from tests.otel_errors.frameworks.stacks import serve_django

        with serve_django(app.tracer_provider) as port:
            yield port

    def test_exception_that_its_handler_answers_with_a_5xx(self, app, port):
        assert get(port, "/api/items/7") == (500, '{"error":"sorry"}')
        error = the_error(app)
        assert error.attributes["otel_errors.mechanism"] == "rest_framework"
        assert error.attributes["http.route"] == "/api/items/<int:id>"
        assert error.attributes["http.response.status_code"] == 500

    def test_404_is_none(self, app, port):
        assert get(port, "/api/items/0")[0] == 404
        assert app.errors() == []


class TestAiohttpHandledTwice:
    def test_uninstall_leaves_a_running_application_alone(self, app):
        pytest.importorskip("aiohttp")
        from tests.otel_errors.frameworks.stacks import serve_aiohttp

        with serve_aiohttp(app.tracer_provider) as port:
            otel_errors.uninstall()
            assert get(port, "/items/7")[0] == 500
            assert get(port, "/unavailable") == (503, "unavailable")
        assert app.errors() == []


class TestWork:
    def test_objects_of_the_framework_are_let_go_when_it_ends(self):
        class Request:
            pass

        def begin() -> tuple[_work.Work, weakref.ref[Request]]:
            request = Request()
            return _work.Work(lambda: {"request": str(request)}).begin(), weakref.ref(request)

        work, seen = begin()
        assert work.attributes()
        assert seen() is not None
        work.end()
        gc.collect()
        assert seen() is None
        assert work.attributes() == {}
        assert _work.current() is None

    def test_request_that_will_not_say_does_not_hide_its_error(self, app):
        work = _work.Work(lambda: 1 / 0).begin()
        otel_errors.capture(ValueError("boom"))
        work.end()
        (error,) = app.errors()
        assert error.attributes["exception.message"] == "boom"

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_error_that_comes_from_elsewhere_has_not_the_request_that_is_current(self, app):
        class Broken:
            def __del__(self):
                raise ValueError("boom")

        cycle = Broken()
        cycle.itself = cycle
        del cycle
        work = _work.Work(lambda: {"http.route": "/items"}).begin()
        gc.collect()
        work.end()
        otel_errors.uninstall()
        (error,) = app.errors()
        assert "http.route" not in error.attributes

    def test_answer_outside_a_request_is_an_error(self, app):
        exceptions = pytest.importorskip("starlette.exceptions")
        otel_errors.capture(exceptions.HTTPException(404))
        assert len(app.errors()) == 1


@pytest.mark.parametrize(
    ("query", "redacted"),
    [
        ("", ""),
        ("a=1&b=2", "a=REDACTED&b=REDACTED"),
        ("flag", "flag=REDACTED"),
        ("user%5Bname%5D=hunter2", "user[name]=REDACTED"),
        ("=hunter2&&a=b=c", "=REDACTED&a=REDACTED"),
        ("&".join(f"p{n}=hunter2" for n in range(100)), "&".join(f"p{n}=REDACTED" for n in range(32))),
    ],
)
def test_query_has_names_alone(query, redacted):
    assert redacted_query(query) == redacted


@pytest.mark.parametrize(
    ("host", "address", "port"),
    [
        ("shop.example", "shop.example", None),
        ("shop.example:8080", "shop.example", 8080),
        ("[::1]:8080", "::1", 8080),
        ("[::1]", "::1", None),
        ("", None, None),
    ],
)
def test_host(host, address, port):
    found = request_attributes(method="BREW", scheme=None, host=host, path=None, query=None, route=None)
    assert (found.get("server.address"), found.get("server.port")) == (address, port)
    assert found["http.request.method"] == "_OTHER"

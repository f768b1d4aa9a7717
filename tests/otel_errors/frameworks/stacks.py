"""The same small shop in every web framework, served on a free port, with OpenTelemetry's instrumentation and without.

/items/{id}    raises ValueError                    -> 500
/missing       the framework's own 404
/unroutable    no such route                        -> 404
/abort         the framework's own 500 or 503, from a KeyError
/unavailable   raises Unavailable, which an error handler of the shop answers with 503
/recovered     raises Recovered, which an error handler of the shop answers with 200
/logged        logs an exception that it handles    -> 200
/span          raises ValueError in a span of its own
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
import threading
import time
import types
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.sdk.trace import TracerProvider

logger = logging.getLogger("shop")


class Unavailable(Exception):
    """Answered with 503."""


class Recovered(Exception):
    """Answered with 200."""


@dataclass(frozen=True)
class Stack:
    """A way to serve the shop. `serve(provider)` gives its port; spans are made when `instrumented`."""

    serve: Callable[[TracerProvider], Any]
    mechanism: str
    route: str = "/items/{id}"
    instrumented: bool = False
    span_sees_it_first: bool = False  # the instrumentation is nearer to the code than the framework's last resort


def look_up(_item: str) -> None:
    raise ValueError("boom")


def cause() -> KeyError:
    return KeyError("stock")


def log_one() -> None:
    try:
        look_up("1")
    except ValueError:
        logger.exception("handled")


@contextmanager
def serve_wsgi(application: Any) -> Iterator[int]:
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: Any) -> None:
            return

    server = make_server("127.0.0.1", 0, application, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serve_asgi(application: Any) -> Iterator[int]:
    import uvicorn

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(application, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def flask_app(provider: TracerProvider) -> Any:
    flask = pytest.importorskip("flask")
    app = flask.Flask("shop")

    @app.route("/items/<int:id>")
    def item(id):  # noqa: A002 - the route's name
        look_up(id)

    @app.route("/missing")
    def missing():
        flask.abort(404)

    @app.route("/abort")
    def abort():
        from werkzeug.exceptions import ServiceUnavailable

        raise ServiceUnavailable("closed") from cause()

    @app.route("/unavailable")
    def unavailable():
        raise Unavailable

    @app.route("/recovered")
    def recovered():
        raise Recovered

    @app.route("/logged")
    def logged():
        log_one()
        return "ok"

    @app.route("/span")
    def span():
        with provider.get_tracer("shop").start_as_current_span("own"):
            look_up("1")

    app.register_error_handler(Unavailable, lambda _: ("unavailable", 503))
    app.register_error_handler(Recovered, lambda _: "recovered")
    return app


def serve_flask(provider: TracerProvider) -> Any:
    return serve_wsgi(flask_app(provider))


def serve_flask_instrumented(provider: TracerProvider) -> Any:
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.flask")
    app = flask_app(provider)
    instrumentation.FlaskInstrumentor().instrument_app(app, tracer_provider=provider)
    return serve_wsgi(app)


def starlette_app(provider: TracerProvider) -> Any:
    pytest.importorskip("starlette")
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def item(request):
        look_up(request.path_params["id"])

    async def missing(_request):
        raise HTTPException(404)

    async def abort(_request):
        raise HTTPException(503) from cause()

    def unavailable(_request):
        raise Unavailable

    async def recovered(_request):
        raise Recovered

    async def logged(_request):
        log_one()
        return PlainTextResponse("ok")

    async def span(_request):
        with provider.get_tracer("shop").start_as_current_span("own"):
            look_up("1")

    pages = (missing, abort, unavailable, recovered, logged, span)
    return Starlette(
        routes=[Route("/items/{id}", item), *(Route(f"/{page.__name__}", page) for page in pages)],
        exception_handlers={
            Unavailable: lambda _request, _exception: PlainTextResponse("unavailable", 503),
            Recovered: lambda _request, _exception: PlainTextResponse("recovered"),
        },
    )


def serve_starlette(provider: TracerProvider) -> Any:
    return serve_asgi(starlette_app(provider))


def serve_starlette_instrumented(provider: TracerProvider) -> Any:
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.starlette")
    app = starlette_app(provider)
    instrumentation.StarletteInstrumentor().instrument_app(app, tracer_provider=provider)
    return serve_asgi(app)


def fastapi_app(provider: TracerProvider) -> Any:
    fastapi = pytest.importorskip("fastapi")
    from fastapi.responses import PlainTextResponse

    app = fastapi.FastAPI()

    @app.get("/items/{id}")
    def item(id: str):  # noqa: A002 - the route's name
        look_up(id)

    @app.get("/missing")
    async def missing():
        raise fastapi.HTTPException(404)

    @app.get("/abort")
    async def abort():
        raise fastapi.HTTPException(503) from cause()

    @app.get("/unavailable")
    async def unavailable():
        raise Unavailable

    @app.get("/recovered")
    def recovered():
        raise Recovered

    @app.get("/logged")
    async def logged():
        log_one()
        return "ok"

    @app.get("/span")
    async def span():
        with provider.get_tracer("shop").start_as_current_span("own"):
            look_up("1")

    @app.exception_handler(Unavailable)
    async def say_unavailable(_request, _exception):
        return PlainTextResponse("unavailable", 503)

    @app.exception_handler(Recovered)
    def say_recovered(_request, _exception):
        return PlainTextResponse("recovered")

    return app


def serve_fastapi(provider: TracerProvider) -> Any:
    return serve_asgi(fastapi_app(provider))


def serve_fastapi_instrumented(provider: TracerProvider) -> Any:
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.fastapi")
    app = fastapi_app(provider)
    instrumentation.FastAPIInstrumentor.instrument_app(app, tracer_provider=provider)
    return serve_asgi(app)


class DjangoHandlers:
    """A middleware of the shop that answers exceptions, as error handlers do elsewhere."""

    def __init__(self, get_response: Callable[..., Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        return self.get_response(request)

    def process_exception(self, _request: Any, exception: BaseException) -> Any:
        from django.http import HttpResponse

        if isinstance(exception, Unavailable):
            return HttpResponse("unavailable", status=503)
        if isinstance(exception, Recovered):
            return HttpResponse("recovered")
        return None


_django_provider: list[TracerProvider] = []  # Django has one configuration a process


def configure_django() -> None:
    pytest.importorskip("django")
    import django
    from django.conf import settings
    from django.http import Http404, HttpResponse
    from django.urls import path

    if settings.configured:
        return

    def item(_request, id):  # noqa: A002 - the route's name
        look_up(id)

    def missing(_request):
        raise Http404

    def abort(_request):
        raise Unavailable("closed") from cause()  # Django has no 5xx to raise

    def unavailable(_request):
        raise Unavailable

    async def recovered(_request):
        raise Recovered

    def logged(_request):
        log_one()
        return HttpResponse("ok")

    def span(_request):
        with _django_provider[-1].get_tracer("shop").start_as_current_span("own"):
            look_up("1")

    pages = (missing, abort, unavailable, recovered, logged, span)
    urls = types.ModuleType("shop_urls")
    urls.urlpatterns = [path("items/<int:id>", item), *(path(page.__name__, page) for page in pages)]
    sys.modules["shop_urls"] = urls
    settings.configure(
        ROOT_URLCONF="shop_urls",
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="s",
        MIDDLEWARE=[f"{__name__}.DjangoHandlers"],
        LOGGING_CONFIG=None,
        REST_FRAMEWORK={
            "EXCEPTION_HANDLER": f"{__name__}.answer_in_json",
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
            "UNAUTHENTICATED_USER": None,
        },
    )
    sys.modules.setdefault(__name__, sys.modules[DjangoHandlers.__module__])
    django.setup()
    with contextlib.suppress(ImportError):
        from rest_framework.exceptions import NotFound
        from rest_framework.views import APIView

        class Items(APIView):
            def get(self, _request, id):  # noqa: A002 - the route's name
                if not id:
                    raise NotFound
                look_up(id)

        urls.urlpatterns.append(path("api/items/<int:id>", Items.as_view()))


def answer_in_json(exception: Exception, context: Any) -> Any:
    """The exception handler of the shop's API: JSON for everything."""
    from rest_framework.response import Response
    from rest_framework.views import exception_handler

    return exception_handler(exception, context) or Response({"error": "sorry"}, status=500)


def serve_django(provider: TracerProvider) -> Any:
    configure_django()
    _django_provider.append(provider)
    from django.core.handlers.wsgi import WSGIHandler

    return serve_wsgi(WSGIHandler())


def serve_django_async(provider: TracerProvider) -> Any:
    configure_django()
    _django_provider.append(provider)
    from django.core.handlers.asgi import ASGIHandler

    return serve_asgi(ASGIHandler())


def serve_django_instrumented(provider: TracerProvider) -> Any:
    return instrumented_django(provider, serve_django)


def serve_django_async_instrumented(provider: TracerProvider) -> Any:
    return instrumented_django(provider, serve_django_async)


@contextmanager
def instrumented_django(provider: TracerProvider, serve: Callable[..., Any]) -> Iterator[int]:
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.django")
    configure_django()
    instrumentor = instrumentation.DjangoInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        with serve(provider) as port:
            yield port
    finally:
        instrumentor.uninstrument()


def aiohttp_app(provider: TracerProvider) -> Any:
    web = pytest.importorskip("aiohttp.web")

    async def item(request):
        look_up(request.match_info["id"])

    async def missing(_request):
        raise web.HTTPNotFound

    async def abort(_request):
        raise web.HTTPServiceUnavailable from cause()

    async def unavailable(_request):
        raise Unavailable

    async def recovered(_request):
        raise Recovered

    async def logged(_request):
        log_one()
        return web.Response(text="ok")

    async def span(_request):
        with provider.get_tracer("shop").start_as_current_span("own"):
            look_up("1")

    @web.middleware
    async def handlers(request, handler):
        try:
            return await handler(request)
        except Unavailable:
            return web.Response(text="unavailable", status=503)
        except Recovered:
            return web.Response(text="recovered")

    app = web.Application(middlewares=[handlers])
    app.router.add_get("/items/{id}", item)
    for page in (missing, abort, unavailable, recovered, logged, span):
        app.router.add_get(f"/{page.__name__}", page)
    return app


@contextmanager
def serve_aiohttp(provider: TracerProvider) -> Iterator[int]:
    web = pytest.importorskip("aiohttp.web")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)

    runner = web.AppRunner(aiohttp_app(provider), access_log=None)
    run(runner.setup())
    try:
        run(web.TCPSite(runner, "127.0.0.1", 0).start())
        yield runner.addresses[0][1]
    finally:
        run(runner.cleanup())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def serve_aiohttp_instrumented(provider: TracerProvider) -> Iterator[int]:
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.aiohttp_server")
    instrumentor = instrumentation.AioHttpServerInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        with serve_aiohttp(provider) as port:
            yield port
    finally:
        instrumentor.uninstrument()


STACKS = {
    "flask": Stack(serve_flask, "flask", "/items/<int:id>"),
    "flask instrumented": Stack(serve_flask_instrumented, "flask", "/items/<int:id>", instrumented=True),
    "starlette": Stack(serve_starlette, "starlette"),
    "starlette instrumented": Stack(
        serve_starlette_instrumented, "starlette", instrumented=True, span_sees_it_first=True
    ),
    "fastapi": Stack(serve_fastapi, "fastapi"),
    "fastapi instrumented": Stack(serve_fastapi_instrumented, "fastapi", instrumented=True, span_sees_it_first=True),
    "django": Stack(serve_django, "django", "/items/<int:id>"),
    "django async": Stack(serve_django_async, "django", "/items/<int:id>"),
    "django instrumented": Stack(serve_django_instrumented, "django", "/items/<int:id>", instrumented=True),
    "django async instrumented": Stack(serve_django_async_instrumented, "django", "/items/<int:id>", instrumented=True),
    "aiohttp": Stack(serve_aiohttp, "aiohttp"),
    "aiohttp instrumented": Stack(serve_aiohttp_instrumented, "aiohttp", instrumented=True, span_sees_it_first=True),
}

"""gRPC servers, of threads and of asyncio: an exception that becomes an UNKNOWN status is told once, with its method."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

import otel_errors
from tests.otel_errors.conftest import App


def text(value: Any) -> Any:
    return value


class Shop(grpc.GenericRpcHandler):
    """Methods on bytes, so that no generated code is needed."""

    def service(self, handler_call_details):
        name = handler_call_details.method.removeprefix("/shop.Shop/")
        if name.startswith("Stream"):
            return grpc.unary_stream_rpc_method_handler(getattr(self, name))
        if name.startswith("Collect"):
            return grpc.stream_unary_rpc_method_handler(getattr(self, name))
        method = getattr(self, name, None)
        return method and grpc.unary_unary_rpc_method_handler(method)

    def Get(self, _request, _context):
        raise ValueError("boom")

    def StreamItems(self, _request, _context):
        yield b"one"
        raise ValueError("boom")

    def CollectItems(self, requests, _context):
        list(requests)
        raise ValueError("boom")

    def NotFound(self, _request, context):
        context.abort(grpc.StatusCode.NOT_FOUND, "no such item")

    def Internal(self, _request, context):
        try:
            raise KeyError("stock")
        except KeyError:
            context.abort(grpc.StatusCode.INTERNAL, "sold out")

    def Ok(self, request, _context):
        return request


class AsyncShop(Shop):
    async def Get(self, _request, _context):
        raise ValueError("boom")

    async def StreamItems(self, _request, _context):
        yield b"one"
        raise ValueError("boom")

    async def CollectItems(self, requests, _context):
        async for _ in requests:
            pass
        raise ValueError("boom")

    async def NotFound(self, _request, context):
        await context.abort(grpc.StatusCode.NOT_FOUND, "no such item")

    async def Internal(self, _request, context):
        try:
            raise KeyError("stock")
        except KeyError:
            await context.abort(grpc.StatusCode.INTERNAL, "sold out")

    async def Ok(self, request, _context):
        return request


@contextmanager
def serve(provider, *, instrumented=False):
    interceptors = []
    if instrumented:
        instrumentation = pytest.importorskip("opentelemetry.instrumentation.grpc")
        interceptors = [instrumentation.server_interceptor(tracer_provider=provider)]
    server = grpc.server(futures.ThreadPoolExecutor(2), interceptors=interceptors)
    server.add_generic_rpc_handlers((Shop(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()


@contextmanager
def serve_async(provider, *, instrumented=False):
    interceptors = []
    if instrumented:
        instrumentation = pytest.importorskip("opentelemetry.instrumentation.grpc")
        interceptors = [instrumentation.aio_server_interceptor(tracer_provider=provider)]
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)

    async def start():
        server = grpc.aio.server(None, None, interceptors)  # by position
        server.add_generic_rpc_handlers((AsyncShop(),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, port

    server, port = run(start())
    try:
        yield port
    finally:
        run(server.stop(None))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module", params=["threads", "threads instrumented", "asyncio", "asyncio instrumented"])
def served(request):
    app = App.with_sampler()
    assert app.install()
    instrumented = request.param.endswith("instrumented")
    make = serve if request.param.startswith("threads") else serve_async
    try:
        with (
            make(app.tracer_provider, instrumented=instrumented) as port,
            grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
        ):
            yield app, channel, instrumented
    finally:
        otel_errors.uninstall()


@pytest.fixture
def app(served):
    served[0].span_exporter.clear()
    served[0].log_exporter.clear()
    return served[0]


@pytest.fixture
def channel(served):
    return served[1]


def call(channel, method: str) -> grpc.RpcError:
    name = f"/shop.Shop/{method}"
    calls = {
        "Stream": lambda: list(channel.unary_stream(name)(b"")),
        "Collect": lambda: channel.stream_unary(name)(iter([b"", b""])),
        "": lambda: channel.unary_unary(name)(b""),
    }
    run = next(calls[prefix] for prefix in calls if method.startswith(prefix))
    with pytest.raises(grpc.RpcError) as caught:
        run()
    return caught.value


def wait_for_one(look):
    """The client has its answer before the server is done."""
    until = time.monotonic() + 10
    while not (found := list(look())):
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.005)
    (one,) = found
    return one


def span_of(app, name):
    return wait_for_one(lambda: [span for span in app.span_exporter.get_finished_spans() if span.name == name])


@pytest.mark.parametrize("method", ["Get", "StreamItems", "CollectItems"])
def test_exception_that_leaves_a_method(app, channel, served, method):
    failure = call(channel, method)
    assert failure.code() is grpc.StatusCode.UNKNOWN
    assert "boom" in failure.details()
    span = span_of(app, f"/shop.Shop/{method}") if served[2] else None
    error = wait_for_one(app.errors)
    attributes = dict(error.attributes)
    assert "boom" in attributes.pop("exception.stacktrace")
    assert attributes.pop("otel_errors.event_id")
    for name in ("process.pid", "thread.id", "thread.name", "otel_errors.asyncio.task"):
        attributes.pop(name, None)
    assert attributes == {
        "exception.type": "ValueError",
        "exception.message": "boom",
        "otel_errors.mechanism": "grpc",
        "otel_errors.handled": False,
        "rpc.system.name": "grpc",
        "rpc.method": f"shop.Shop/{method}",
        "rpc.response.status_code": "UNKNOWN",
    }
    if span is not None:
        assert (error.trace_id, error.span_id) == (span.context.trace_id, span.context.span_id)
    else:
        assert error.trace_id == 0


@pytest.mark.parametrize("method", ["NotFound", "NoSuchMethod"])
def test_status_that_blames_the_client_is_none(app, channel, method):
    code = call(channel, method).code()
    assert code in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNIMPLEMENTED)
    assert channel.unary_unary("/shop.Shop/Ok")(b"fine") == b"fine"
    assert app.errors() == []


def test_abort_that_blames_the_server_tells_what_it_came_from(app, channel):
    failure = call(channel, "Internal")
    assert (failure.code(), failure.details()) == (grpc.StatusCode.INTERNAL, "sold out")
    error = wait_for_one(app.errors)
    assert error.attributes["rpc.response.status_code"] == "INTERNAL"
    assert "KeyError: 'stock'" in error.attributes["exception.stacktrace"]

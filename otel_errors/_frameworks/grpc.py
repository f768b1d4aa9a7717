"""gRPC servers, of threads and of asyncio: exceptions that leave a method and become an UNKNOWN status.

A server interceptor of ours is the last of each server that is made, which is the nearest to the method.
`context.abort()` raises, too: with a status that blames the client it is an answer, with one that blames the server an
error.
"""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any, Final

from otel_errors import _semconv, _work
from otel_errors._frameworks._hook import Hook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from opentelemetry.util.types import AnyValue

_INTERCEPTORS_AT: Final = 2  # of the arguments of both functions that make a server
_UNKNOWN: Final = "UNKNOWN"

SERVER_ERRORS: Final = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
)
"""Statuses that say that the server failed (semantic conventions, gRPC)."""


class GrpcHook(Hook):
    """Adds its interceptors to every server of the process that is made from now on."""

    mechanism = "grpc"

    def attach(self, module: ModuleType) -> None:
        """`module` is `grpc`."""
        self.hold(module, "server", lambda original: self._making(original, _interceptor(self, module)))
        self.hold(module.aio, "server", lambda original: self._making(original, _aio_interceptor(self, module)))

    def see(self, exception: Exception, describe: Callable[[], dict[str, AnyValue]], context: Any) -> None:
        """Tell of an exception that left a method, unless it is an answer to the client."""
        if not self.active:
            return
        status = _UNKNOWN
        try:
            if _is_abort(exception):
                status = _name_of(context)
                if status not in SERVER_ERRORS:
                    _work.mark_answer(exception)
                    return
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("read the status of a gRPC call")
        self.tell(exception, {_semconv.RPC_STATUS: status}, describe=describe)

    def _making(self, original: Callable[..., Any], interceptor: Any) -> Callable[..., Any]:
        def server(*args: Any, **kwargs: Any) -> Any:
            if not self.active:
                return original(*args, **kwargs)
            given = list(args)
            if len(given) > _INTERCEPTORS_AT:
                given[_INTERCEPTORS_AT] = (*(given[_INTERCEPTORS_AT] or ()), interceptor)
            else:
                kwargs["interceptors"] = (*(kwargs.get("interceptors") or ()), interceptor)
            return original(*given, **kwargs)

        return server


def _interceptor(hook: GrpcHook, grpc: ModuleType) -> Any:
    class Interceptor(grpc.ServerInterceptor):  # type: ignore[misc, name-defined] # its class comes with the module
        def intercept_service(self, continuation: Callable[..., Any], details: Any) -> Any:
            return _wrapped(continuation(details), details.method, hook)

    return Interceptor()


def _aio_interceptor(hook: GrpcHook, grpc: ModuleType) -> Any:
    class Interceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc, name-defined] # as above
        async def intercept_service(self, continuation: Callable[..., Any], details: Any) -> Any:
            return _wrapped(await continuation(details), details.method, hook)

    return Interceptor()


def _wrapped(handler: Any, method: str, hook: GrpcHook) -> Any:
    """The handler of a method, with what runs it watched; None when the server has no such method."""
    if handler is None or not hook.active:
        return handler
    kind = f"{'stream' if handler.request_streaming else 'unary'}_{'stream' if handler.response_streaming else 'unary'}"
    behavior = getattr(handler, kind)

    def describe() -> dict[str, AnyValue]:
        return {_semconv.RPC_SYSTEM: "grpc", _semconv.RPC_METHOD: method.lstrip("/")}

    if inspect.isasyncgenfunction(behavior):
        watched = _async_stream(hook, behavior, describe)
    elif inspect.iscoroutinefunction(behavior):
        watched = _async_call(hook, behavior, describe)
    elif handler.response_streaming:
        watched = _stream(hook, behavior, describe)
    else:
        watched = _call(hook, behavior, describe)
    return handler._replace(**{kind: watched})


def _call(hook: GrpcHook, behavior: Any, describe: Callable[[], dict[str, AnyValue]]) -> Callable[..., Any]:
    def call(request: Any, context: Any) -> Any:
        with hook.working(describe):
            try:
                return behavior(request, context)
            except Exception as exception:
                hook.see(exception, describe, context)
                raise

    return call


def _stream(hook: GrpcHook, behavior: Any, describe: Callable[[], dict[str, AnyValue]]) -> Callable[..., Any]:
    def stream(request: Any, context: Any) -> Iterator[Any]:
        # The work is this thread's between two answers alone: others may run in between.
        responses: Any = None
        while True:
            with hook.working(describe):
                try:
                    if responses is None:
                        responses = iter(behavior(request, context) or ())
                    response = next(responses)
                except StopIteration:
                    return
                except Exception as exception:
                    hook.see(exception, describe, context)
                    raise
            yield response

    return stream


def _async_call(hook: GrpcHook, behavior: Any, describe: Callable[[], dict[str, AnyValue]]) -> Callable[..., Any]:
    async def call(request: Any, context: Any) -> Any:
        with hook.working(describe):
            try:
                return await behavior(request, context)
            except Exception as exception:
                hook.see(exception, describe, context)
                raise

    return call


def _async_stream(hook: GrpcHook, behavior: Any, describe: Callable[[], dict[str, AnyValue]]) -> Callable[..., Any]:
    async def stream(request: Any, context: Any) -> Any:
        with hook.working(describe):  # a task of its own runs the whole call
            try:
                async for response in behavior(request, context):
                    yield response
            except Exception as exception:
                hook.see(exception, describe, context)
                raise

    return stream


def _is_abort(exception: Exception) -> bool:
    """Whether `context.abort()` raised it: a bare `Exception` of grpc's own code, in asyncio a class of its own."""
    aio: Any = sys.modules.get("grpc.aio")
    if aio is not None and isinstance(exception, aio.AbortError):
        return True
    if type(exception) is not Exception or exception.args:
        return False
    entry = exception.__traceback__
    while entry is not None and entry.tb_next is not None:
        entry = entry.tb_next
    return entry is not None and str(entry.tb_frame.f_globals.get("__name__")).startswith("grpc.")


def _name_of(context: Any) -> str:
    """Name of the status that the method has set."""
    code: Any = context.code()
    if isinstance(code, int):  # asyncio's context has the number
        grpc: Any = sys.modules["grpc"]
        return next((status.name for status in grpc.StatusCode if status.value[0] == code), _UNKNOWN)
    return getattr(code, "name", None) or _UNKNOWN


HOOK = GrpcHook

"""Starlette, and FastAPI, which is built on it: exceptions that leave an application, or become a 5xx on the way.

`ServerErrorMiddleware` is the outermost: what leaves it was handled by nobody. `ExceptionMiddleware` is the innermost:
its exception handlers answer while the exception is in flight, so it is there when a response with a 5xx starts. What
leaves it may become a 5xx in a middleware of the application, so it is noted.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from otel_errors import _semconv, _work
from otel_errors._frameworks._hook import Hook
from otel_errors._frameworks._http import request_attributes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from types import ModuleType

    from opentelemetry.util.types import AnyValue

    Scope = MutableMapping[str, Any]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Asgi = Callable[..., Awaitable[None]]

_SCHEMES = ("http", "websocket")


class StarletteHook(Hook):
    """Watches every Starlette application of the process."""

    mechanism = "starlette"

    def mechanism_of(self, scope: Scope) -> str:
        """The framework by the name that the application knows it by."""
        fastapi: Any = sys.modules.get("fastapi")
        return "fastapi" if fastapi is not None and isinstance(scope.get("app"), fastapi.FastAPI) else self.mechanism

    def attach(self, module: ModuleType) -> None:
        """`module` is `starlette.applications`."""
        self.hold(module.ServerErrorMiddleware, "__call__", self._outermost)
        self.hold(module.ExceptionMiddleware, "__call__", self._innermost)

    def _outermost(self, original: Asgi) -> Asgi:
        async def __call__(middleware: Any, scope: Scope, receive: Any, send: Send) -> None:  # noqa: N807
            if not self.active or scope["type"] not in _SCHEMES:
                await original(middleware, scope, receive, send)
                return

            async def sending(message: MutableMapping[str, Any]) -> None:
                status = _status_that_starts(message)
                if status is not None:
                    self.tell_noted(work, {_semconv.HTTP_RESPONSE_STATUS_CODE: status}, self.mechanism_of(scope))
                await send(message)

            with self.working(lambda: _describe(scope)) as work:
                try:
                    await original(middleware, scope, receive, sending)
                except Exception as exception:
                    status = {_semconv.HTTP_RESPONSE_STATUS_CODE: 500} if scope["type"] == "http" else {}
                    self.tell(exception, status, mechanism=self.mechanism_of(scope))
                    raise

        return __call__

    def _innermost(self, original: Asgi) -> Asgi:
        async def __call__(middleware: Any, scope: Scope, receive: Any, send: Send) -> None:  # noqa: N807
            work = _work.current()
            if not self.active or work is None:
                await original(middleware, scope, receive, send)
                return
            before = sys.exc_info()[1]

            async def sending(message: MutableMapping[str, Any]) -> None:
                status = _status_that_starts(message)
                in_flight = sys.exc_info()[1]
                if status is not None and in_flight is not before:
                    told = {_semconv.HTTP_RESPONSE_STATUS_CODE: status}
                    self.tell(in_flight, told, mechanism=self.mechanism_of(scope))
                await send(message)

            try:
                await original(middleware, scope, receive, sending)
            except Exception as exception:
                work.note(exception)
                raise

        return __call__


def _status_that_starts(message: MutableMapping[str, Any]) -> int | None:
    """The status of a response that begins, if it is a 5xx."""
    if message["type"] != "http.response.start":
        return None
    status = message.get("status")
    return status if _work.is_server_error(status) else None


def _describe(scope: Scope) -> dict[str, AnyValue]:
    headers = dict(scope.get("headers") or ())
    host = headers.get(b"host", b"").decode("latin-1")
    if not host and scope.get("server"):
        host = str(scope["server"][0])
    return request_attributes(
        method=scope.get("method"),
        scheme=scope.get("scheme"),
        host=host,
        path=scope.get("path"),
        query=(scope.get("query_string") or b"").decode("latin-1"),
        route=_route(scope),
    )


def _route(scope: Scope) -> str | None:
    """The route's template, with where its application is mounted."""
    path = getattr(scope.get("route"), "path", None)
    if path is None:
        return None
    mounted_at = scope.get("root_path", "")[len(scope.get("app_root_path", scope.get("root_path", ""))) :]
    return str(mounted_at) + str(path)


HOOK = StarletteHook

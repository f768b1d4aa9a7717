"""aiohttp's server: exceptions that leave a handler and become a 500, by themselves or by a middleware.

A middleware of ours, the innermost of each application, notes what leaves a handler; the outermost place is
`Application._handle`, which returns the response or raises. A raised `HTTPException` is a response.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_errors import _semconv, _work
from otel_errors._frameworks._hook import Hook
from otel_errors._frameworks._http import request_attributes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from opentelemetry.util.types import AnyValue


class AiohttpHook(Hook):
    """Watches every aiohttp application of the process."""

    mechanism = "aiohttp"

    def attach(self, module: ModuleType) -> None:
        """`module` is `aiohttp.web_app`."""
        self.hold(module.Application, "_handle", self._handling)
        self.hold(module.Application, "pre_freeze", self._freezing)

    def _handling(self, original: Callable[..., Any]) -> Callable[..., Any]:
        async def _handle(app: Any, request: Any) -> Any:
            if not self.active:
                return await original(app, request)
            with self.working(lambda: _describe(request)) as work:
                try:
                    response = await original(app, request)
                except Exception as exception:
                    # An HTTPException below 500 is no error; an error is always a 500.
                    self.tell(exception, {_semconv.HTTP_RESPONSE_STATUS_CODE: getattr(exception, "status", 500)})
                    raise
                status = getattr(response, "status", None)
                if _work.is_server_error(status):
                    self.tell_noted(work, {_semconv.HTTP_RESPONSE_STATUS_CODE: status})
                return response

        return _handle

    def _freezing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def pre_freeze(app: Any) -> None:
            if self.active and not app.pre_frozen:
                try:
                    app.middlewares.append(_note)  # the last is the innermost
                except Exception:  # noqa: BLE001 - never harm the app
                    self._guard.failed("add a middleware to aiohttp")
            original(app)

        return pre_freeze


async def _note(request: Any, handler: Callable[..., Any]) -> Any:
    try:
        return await handler(request)
    except Exception as exception:
        work = _work.current()
        if work is not None:
            work.note(exception)
        raise


_note.__middleware_version__ = 1  # type: ignore[attr-defined] # what `aiohttp.web.middleware` does


def _describe(request: Any) -> dict[str, AnyValue]:
    resource = getattr(request.match_info.route, "resource", None)
    return request_attributes(
        method=request.method,
        scheme=request.scheme,
        host=request.host,
        path=request.path,
        query=request.query_string,
        route=getattr(resource, "canonical", None),
    )


HOOK = AiohttpHook

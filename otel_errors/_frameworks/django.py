"""Django: exceptions that become a 500, by themselves or by a middleware.

The signal `got_request_exception` is sent for what leaves a view or a middleware and is no answer of its own
(`Http404`, `PermissionDenied`). What a middleware's `process_exception` turns into a 5xx has no signal.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from otel_errors import _semconv, _work
from otel_errors._frameworks._hook import Hook
from otel_errors._frameworks._http import request_attributes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from opentelemetry.util.types import AnyValue

_UID = "otel_errors"


class DjangoHook(Hook):
    """Watches the request handlers of the process, of WSGI and ASGI."""

    mechanism = "django"

    def attach(self, module: ModuleType) -> None:
        """`module` is `django.core.handlers.base`."""
        self.hold(module.BaseHandler, "get_response", self._responding)
        self.hold(module.BaseHandler, "get_response_async", self._responding_async)
        self.hold(module.BaseHandler, "process_exception_by_middleware", self._processing)
        signals = sys.modules["django.core.signals"]
        signals.got_request_exception.connect(self._unhandled, weak=False, dispatch_uid=_UID)

    def detach(self) -> None:
        super().detach()
        signals = sys.modules.get("django.core.signals")
        if signals is not None:
            signals.got_request_exception.disconnect(dispatch_uid=_UID)

    def _unhandled(self, request: Any = None, **_: Any) -> None:
        # asgiref raises it again in the thread that this runs in, so it is in flight there, too.
        self.tell(sys.exc_info()[1], {_semconv.HTTP_RESPONSE_STATUS_CODE: 500}, describe=lambda: _describe(request))

    def _responding(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def get_response(handler: Any, request: Any) -> Any:
            if not self.active:
                return original(handler, request)
            with self.working(lambda: _describe(request)):
                return original(handler, request)

        return get_response

    def _responding_async(self, original: Callable[..., Any]) -> Callable[..., Any]:
        async def get_response_async(handler: Any, request: Any) -> Any:
            if not self.active:
                return await original(handler, request)
            with self.working(lambda: _describe(request)):
                return await original(handler, request)

        return get_response_async

    def _processing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def process_exception_by_middleware(handler: Any, exception: BaseException, request: Any) -> Any:
            response = original(handler, exception, request)
            status = getattr(response, "status_code", None)
            if _work.is_server_error(status):
                self.tell(exception, {_semconv.HTTP_RESPONSE_STATUS_CODE: status}, describe=lambda: _describe(request))
            return response

        return process_exception_by_middleware


def _describe(request: Any) -> dict[str, AnyValue]:
    meta = request.META
    route = getattr(request.resolver_match, "route", None)
    return request_attributes(
        method=request.method,
        scheme=request.scheme,
        host=meta.get("HTTP_HOST") or meta.get("SERVER_NAME"),
        path=request.path,
        query=meta.get("QUERY_STRING"),
        route=f"/{route}" if route is not None and not route.startswith(("/", "^")) else route,
    )


HOOK = DjangoHook

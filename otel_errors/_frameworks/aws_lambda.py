"""AWS Lambda, and what runs functions its way: exceptions that leave the handler.

The process is frozen as soon as the handler has returned, so what waits is sent before. The handler that the variable
`_HANDLER` names is wrapped when its module has been imported; elsewhere the decorator `otel_errors.handler` does it.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any, Final

from otel_errors import _semconv
from otel_errors._frameworks._hook import Hook
from otel_errors._frameworks._http import request_attributes

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from opentelemetry.util.types import AnyValue

WATCHED: Final = "_otel_errors_handler"
"""On a function that the decorator has wrapped."""


class LambdaHook(Hook):
    """Watches the handler of this process."""

    mechanism = "aws_lambda"

    def attach(self, module: ModuleType) -> None:
        """`module` is the handler's."""
        name = os.environ["_HANDLER"].rpartition(".")[2]
        if not hasattr(vars(module)[name], WATCHED):  # else the decorator is there
            self.hold(module, name, self._watching)

    def _watching(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(handler)
        def handle(*args: Any, **kwargs: Any) -> Any:
            return self.run(handler, *args, **kwargs)

        return handle

    def run(self, handler: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call `handler(event, context)`, and send what waits before it returns."""
        if not self.active:
            return handler(*args, **kwargs)
        event, context = (*args, None, None)[:2]
        with self.working(lambda: _describe(event, context)):
            try:
                return handler(*args, **kwargs)
            except Exception as exception:
                self.tell(exception)
                raise
            finally:
                self.flush()


def _describe(event: Any, context: Any) -> dict[str, AnyValue]:
    found: dict[str, AnyValue] = {
        _semconv.FAAS_NAME: getattr(context, "function_name", None),
        _semconv.FAAS_VERSION: getattr(context, "function_version", None),
        _semconv.FAAS_INVOCATION_ID: getattr(context, "aws_request_id", None),
    }
    return {**{name: value for name, value in found.items() if value}, **_request_of(event)}


def _request_of(event: Any) -> dict[str, AnyValue]:
    """Attributes of the request behind an event of API Gateway (REST and HTTP API) or a function URL; else none."""
    gateway = event.get("requestContext") if isinstance(event, dict) else None
    if not isinstance(gateway, dict):
        return {}
    http = gateway.get("http") or {}
    parameters = event.get("queryStringParameters") or {}
    route = event.get("resource") or str(event.get("routeKey") or "").partition(" ")[2]
    return request_attributes(
        method=http.get("method") or event.get("httpMethod"),
        scheme="https",
        host=gateway.get("domainName"),
        path=http.get("path") or event.get("path"),
        query="&".join(f"{name}=" for name in parameters),
        route=route or None,
    )


HOOK = LambdaHook

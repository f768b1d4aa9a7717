"""handler(): the decorator for functions that a platform calls and then freezes, as AWS Lambda does."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar, cast

from otel_errors._frameworks.aws_lambda import WATCHED, LambdaHook
from otel_errors._guard import Guard
from otel_errors._install import capture_in_use

if TYPE_CHECKING:
    from collections.abc import Callable

AnyHandler = TypeVar("AnyHandler", bound="Callable[..., Any]")

_guard = Guard()


def handler(function: AnyHandler) -> AnyHandler:
    """Decorate the handler `(event, context)` of a serverless function.

    An exception that leaves it is told, with name, version and invocation of the function and, for an event of an HTTP
    gateway, the request; and what waits is sent before the handler returns, for at most `flush_timeout_ms`: the platform
    may freeze the process right then. On AWS Lambda the handler that `_HANDLER` names is decorated by itself where
    `install()` is called before its module is imported. Without `install()` the function is called as ever.
    """

    @functools.wraps(function)
    def handle(*args: Any, **kwargs: Any) -> Any:
        capture = capture_in_use()
        if capture is None:
            return function(*args, **kwargs)
        hook = LambdaHook(capture, _guard)
        hook.active = True
        return hook.run(function, *args, **kwargs)

    setattr(handle, WATCHED, True)
    return cast("AnyHandler", handle)

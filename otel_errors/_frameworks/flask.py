"""Flask: exceptions that become a 500, by themselves or by an error handler.

The signal `got_request_exception` is sent for what no error handler took. What one took, `abort(500)` among it, shows
only in the response's status: the exception is noted on its way to the error handlers.
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


class FlaskHook(Hook):
    """Watches every Flask application of the process."""

    mechanism = "flask"

    def attach(self, module: ModuleType) -> None:
        """`module` is `flask.app`."""
        self.hold(module.Flask, "full_dispatch_request", self._dispatching)
        self.hold(module.Flask, "handle_user_exception", self._handling)
        module.got_request_exception.connect(self._unhandled, weak=False)

    def detach(self) -> None:
        super().detach()
        signals = sys.modules.get("flask.signals")
        if signals is not None:
            signals.got_request_exception.disconnect(self._unhandled)

    def _unhandled(self, _sender: Any, exception: BaseException | None = None, **_: Any) -> None:
        self.tell(exception, {_semconv.HTTP_RESPONSE_STATUS_CODE: 500}, describe=_describe)

    def _dispatching(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def full_dispatch_request(app: Any, *args: Any, **kwargs: Any) -> Any:
            if not self.active:
                return original(app, *args, **kwargs)
            with self.working(_describe) as work:
                response = original(app, *args, **kwargs)
                status = getattr(response, "status_code", None)
                if _work.is_server_error(status):
                    self.tell_noted(work, {_semconv.HTTP_RESPONSE_STATUS_CODE: status})
                return response

        return full_dispatch_request

    def _handling(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def handle_user_exception(app: Any, e: Exception, *args: Any, **kwargs: Any) -> Any:
            work = _work.current()
            if work is not None:
                work.note(e)
            return original(app, e, *args, **kwargs)

        return handle_user_exception


def _describe() -> dict[str, AnyValue]:
    """What tells of the request that is current; nothing outside any."""
    flask: Any = sys.modules["flask"]
    if not flask.has_request_context():
        return {}
    environ, rule = flask.request.environ, flask.request.url_rule
    return request_attributes(
        method=environ.get("REQUEST_METHOD"),
        scheme=environ.get("wsgi.url_scheme"),
        host=environ.get("HTTP_HOST") or environ.get("SERVER_NAME"),
        path=flask.request.path,
        query=environ.get("QUERY_STRING"),
        route=None if rule is None else rule.rule,
    )


HOOK = FlaskHook

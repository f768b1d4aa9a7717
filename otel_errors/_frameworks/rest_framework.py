"""Django REST framework: exceptions that its exception handler answers with a 5xx. What it leaves is Django's to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_errors import _semconv, _work
from otel_errors._frameworks._hook import Hook

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


class RestFrameworkHook(Hook):
    """Watches every API view of the process."""

    mechanism = "rest_framework"

    def attach(self, module: ModuleType) -> None:
        """`module` is `rest_framework.views`."""
        self.hold(module.APIView, "handle_exception", self._handling)

    def _handling(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def handle_exception(view: Any, exc: BaseException) -> Any:
            response = original(view, exc)
            status = getattr(response, "status_code", None)
            if _work.is_server_error(status):
                self.tell(exc, {_semconv.HTTP_RESPONSE_STATUS_CODE: status})
            return response

        return handle_exception


HOOK = RestFrameworkHook

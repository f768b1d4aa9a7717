"""Web servers, workers and schedulers that catch exceptions themselves: one module each.

    flask           signal `got_request_exception`; error handlers, `abort(500)`  `Flask.full_dispatch_request`
    starlette       FastAPI too: what handlers and middleware turn into a 5xx     `ServerErrorMiddleware`
    django          signal `got_request_exception`; `process_exception`           `BaseHandler`
    rest_framework  what its exception handler answers with a 5xx                 `APIView.handle_exception`
    aiohttp         a middleware, the innermost one                               `Application._handle`
    grpc            server interceptors, of threads and of asyncio                `grpc.server`, `grpc.aio.server`
    celery          signals `task_prerun`, `task_failure`, `task_postrun`
    rq              before the worker's own exception handlers                    `Worker.handle_exception`
    dramatiq        what its middleware is called by                              `Broker.emit_after`
    apscheduler     event `EVENT_JOB_ERROR`                                       `BaseScheduler._dispatch_event`
    aws_lambda      the handler that `_HANDLER` names                             the handler's module

They catch an exception, answer with a failure, and nobody hears of it but their log. A hook is put in place when its
framework has been imported, be it before `install()` or later; nothing is imported for it. The extension points are the
framework's own where it has them; where it has none for what an application's handler turns into a 5xx, the method on
the right is replaced on the class.

Each also says what is being done (`_work`), so that errors that are seen elsewhere meanwhile have the route too.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any, Final

from otel_errors._frameworks._arrival import Arrivals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from otel_errors._capture import ErrorCapture
    from otel_errors._frameworks._hook import Hook
    from otel_errors._guard import Guard

FRAMEWORKS: Final[Mapping[str, str]] = {
    "flask": "flask.app",
    "starlette": "starlette.applications",
    "django": "django.core.handlers.base",
    "rest_framework": "rest_framework.views",
    "aiohttp": "aiohttp.web_app",
    "grpc": "grpc",
    "celery": "celery.signals",
    "rq": "rq.worker",
    "dramatiq": "dramatiq.broker",
    "apscheduler": "apscheduler.schedulers.base",
}
"""Each hook's module, in this package, and the framework's module that it waits for."""

_LAMBDA_HANDLER: Final = "_HANDLER"  # AWS Lambda: `module.function`


class Frameworks:
    """Puts the hooks in place between `install()` and `uninstall()`, each when its framework is there."""

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        self._capture = capture
        self._guard = guard
        self._hooks: dict[str, Hook] = {}
        awaited: dict[str, Callable[[ModuleType], None]] = {}
        for name, module in FRAMEWORKS.items():
            awaited[module] = self._attaching(name)
        handler_module = lambda_handler_module(os.environ)
        if handler_module is not None:
            awaited[handler_module] = self._attaching("aws_lambda")
        self._arrivals = Arrivals(awaited)

    def install(self) -> None:
        """Attach to what is imported, and wait for the rest."""
        self._arrivals.start()

    def uninstall(self) -> None:
        """Detach from all."""
        self._arrivals.stop()
        for name in list(self._hooks):
            self._detach(name)

    def _detach(self, name: str) -> None:
        hook = self._hooks.pop(name, None)
        try:
            if hook is not None:
                hook.detach()
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed(f"detach from {name}")

    def _attaching(self, name: str) -> Callable[[ModuleType], None]:
        def attach(module: ModuleType) -> None:
            try:
                hook = self._hooks.get(name)
                if hook is None:
                    made: Any = importlib.import_module(f"{__name__}.{name}")
                    hook = self._hooks[name] = made.HOOK(self._capture, self._guard)
                hook.active = True
                hook.attach(module)
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed(f"attach to {name}")
                self._detach(name)

        return attach


def lambda_handler_module(environ: Mapping[str, str]) -> str | None:
    """Name of the module of the AWS Lambda handler, as its runtime imports it; None when we don't run there."""
    module, dot, _ = environ.get(_LAMBDA_HANDLER, "").rpartition(".")
    return module.replace("/", ".") if dot and "AWS_LAMBDA_FUNCTION_NAME" in environ else None

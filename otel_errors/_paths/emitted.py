"""Exceptions that somebody else emits as log records: `Logger.emit(exception=...)`.

The application does, or another instrumentation (`opentelemetry-instrumentation-exceptions` has hooks like ours). The
record goes out as it would have, with the event id of the exception, so that it counts once with all that tells of it.
When it is the first to tell, ours is emitted before it, since ours knows the trace: where that instrumentation's hook
was put over ours, its record has none.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.sdk._logs import Logger as SdkLogger

from otel_errors import _origin, _semconv
from otel_errors._content.flags import EVENT_NAMES
from otel_errors._paths._path import WatchedPath
from otel_errors._paths.tasks import origin_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.trace import SpanContext


_HOOKS: Final = "opentelemetry.instrumentation.exceptions"
_CALLERS_MAX: Final = 6  # frames from `emit` out to the hook of that instrumentation


class EmittedExceptions(WatchedPath):
    """Watches the SDK's loggers between `install()` and `uninstall()`."""

    def watch(self) -> None:
        """Replace the method that emits."""
        self.hold(SdkLogger, "emit", self._emitting)

    def _emitting(self, original: Callable[..., None]) -> Callable[..., None]:
        def emit(logger: SdkLogger, record: Any = None, **fields: Any) -> None:
            exception = fields.get("exception") or getattr(record, "exception", None)
            if (fields.get("event_name") or getattr(record, "event_name", None)) in EVENT_NAMES and self.active:
                self._evaluated(fields.get("attributes") or getattr(record, "attributes", None))
            if exception is not None and self.active:
                ours = self._see(logger, exception, fields.get("severity_number"))
                if record is None:
                    fields |= self._redacted(fields.get("body"), {**ours, **(fields.get("attributes") or {})})
                elif ours:
                    told = self._redacted(record.body, {**ours, **(record.attributes or {})})
                    record.body, record.attributes = told["body"], told["attributes"]
            original(logger, record, **fields)

        return emit

    def _redacted(self, body: Any, attributes: dict[str, Any]) -> dict[str, Any]:
        redactor = self._capture.describer.redactor
        return {
            "body": redactor.text(body) if isinstance(body, str) else body,
            "attributes": redactor.attributes(attributes),
        }

    def _evaluated(self, attributes: Any) -> None:
        try:
            self._capture.describer.flags.evaluated(_origin.current().trace_id, attributes)
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("note an evaluation of a feature flag")

    def _see(self, logger: SdkLogger, exception: BaseException, severity: Any) -> dict[str, Any]:
        """Capture it, and give the attributes that tie the other record to ours."""
        try:
            scope = logger.instrumentation_scope.name
            if scope == _semconv.SCOPE_NAME:
                return {}
            given = {} if severity is None else {"severity": severity}
            told = self._capture.capture(
                exception,
                raised_in=_raised_in(scope, exception),
                mechanism="log_record",
                within_collector=True,
                **given,
            )
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("capture an exception that is emitted as a log record")
            return {}
        if told is None:
            return {}
        return {
            **self._capture.describer.texts(exception),
            _semconv.EVENT_ID: told.event_id,
            **({} if told.counted else {_semconv.COUNT: 0}),
        }


def _raised_in(scope: str, exception: BaseException) -> SpanContext:
    current = _origin.current()
    if current.is_valid or scope != _HOOKS:
        return current
    # A hook: the thread has left its spans. That of a loop runs wherever the task died, and has the loop's own words.
    frame = sys._getframe(2)  # noqa: SLF001
    for _ in range(_CALLERS_MAX):
        for value in frame.f_locals.get("args", ()):
            if isinstance(value, dict) and value.get("exception") is exception:
                return origin_of(value)
        if frame.f_back is None:
            break
        frame = frame.f_back
    return _origin.recall(threading.current_thread())

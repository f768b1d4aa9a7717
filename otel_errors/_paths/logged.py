"""Exceptions that are logged: `logging.exception()`, `exc_info=True`.

`Logger.callHandlers` is replaced on the class: it is called once a record that passes level and filters, whatever
handlers there are. A handler of our own on the root logger would switch off `logging.lastResort`, and would miss loggers
that don't propagate.

A record that an OpenTelemetry handler exports too carries the exception's event id, so that both count once.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from opentelemetry._logs import SeverityNumber

from otel_errors import _semconv, _work
from otel_errors._paths._path import WatchedPath
from otel_errors._traceback import shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.util.types import AnyValue

    from otel_errors._capture import Told

MESSAGE_CHARS_MAX: Final = 2_048
"""Characters of a logged message that go with the exception."""

_OWN_LOGGERS: Final = ("otel_errors", "opentelemetry")  # they tell of sending that failed
_SEVERITIES: Final = (
    (logging.CRITICAL, SeverityNumber.FATAL),
    (logging.ERROR, SeverityNumber.ERROR),
    (logging.WARNING, SeverityNumber.WARN),
    (logging.INFO, SeverityNumber.INFO),
)


class LoggedExceptions(WatchedPath):
    """Watches all loggers between `install()` and `uninstall()`."""

    def watch(self) -> None:
        """Replace the method that hands a record to its handlers."""
        self.hold(logging.Logger, "callHandlers", self._calling)

    def _calling(self, original: Callable[..., None]) -> Callable[..., None]:
        def callHandlers(logger: logging.Logger, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
            told = self._see(record) if record.exc_info and self.active else None
            if told is None or not _is_exported(logger):
                original(logger, record)
                return
            ours: dict[str, object] = {_semconv.EVENT_ID: told.event_id}
            if not told.counted:
                ours[_semconv.COUNT] = 0
            record.__dict__.update(ours)
            try:
                original(logger, record)
            finally:
                for name in ours:
                    record.__dict__.pop(name, None)

        return callHandlers

    def _see(self, record: logging.LogRecord) -> Told | None:
        try:
            exception = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
            if (
                exception is None
                or record.levelno < self._capture.settings.logged_level_min
                or record.name.partition(".")[0] in _OWN_LOGGERS
                or _work.is_left_to_a_hook(record.name)
            ):
                return None
            return self._capture.capture(
                exception,
                severity=_severity(record.levelno),
                handled=True,
                attributes=_attributes(record),
                mechanism="logging",
                timestamp_ns=int(record.created * 1e9),
            )
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("capture a logged exception")
            return None


def _severity(level: int) -> SeverityNumber:
    return next((number for least, number in _SEVERITIES if level >= least), SeverityNumber.DEBUG)


def _attributes(record: logging.LogRecord) -> dict[str, AnyValue]:
    """What was logged, and where in the code."""
    found: dict[str, Any] = {
        _semconv.LOGGER: record.name,
        _semconv.CODE_FILE_PATH: record.pathname,
        _semconv.CODE_LINE_NUMBER: record.lineno,
        _semconv.CODE_FUNCTION_NAME: record.funcName,
    }
    try:
        found[_semconv.LOG_MESSAGE] = shorten(record.getMessage(), MESSAGE_CHARS_MAX)
    except Exception:  # noqa: BLE001 - arguments that don't fit the message: the handlers will tell
        found[_semconv.LOG_MESSAGE] = shorten(str(record.msg), MESSAGE_CHARS_MAX)
    return {name: value for name, value in found.items() if value}


def _is_exported(logger: logging.Logger) -> bool:
    """Whether one of the handlers that get the logger's records is OpenTelemetry's."""
    current: logging.Logger | None = logger
    while current is not None:
        if any(type(handler).__module__.startswith("opentelemetry.") for handler in current.handlers):
            return True
        current = current.parent if current.propagate else None
    return False

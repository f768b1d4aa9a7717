"""capture(): an error that the application tells of itself."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Final, Literal

from opentelemetry._logs import SeverityNumber

from otel_errors import _origin, _semconv
from otel_errors._guard import Guard
from otel_errors._install import capture_in_use
from otel_errors._traceback import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.util.types import AnyValue

_logger = logging.getLogger("otel_errors")

VALUE_CHARS_MAX: Final = 2_048
"""Characters of a value that is no OpenTelemetry attribute and goes as its text."""

_SEVERITIES: Final = {
    "fatal": SeverityNumber.FATAL,
    "error": SeverityNumber.ERROR,
    "warning": SeverityNumber.WARN,
    "info": SeverityNumber.INFO,
}
_guard = Guard()


def capture(
    exception: BaseException | None = None,
    *,
    severity: Literal["fatal", "error", "warning", "info"] = "error",
    fingerprint: str | Sequence[str] | None = None,
    **context: object,
) -> str | None:
    """Tell of `exception`, the one that is being handled unless given, with the span that it was raised in.

    `context` goes with it as attributes, by its names; a value that is no OpenTelemetry attribute as its text, cut to
    `VALUE_CHARS_MAX`. `fingerprint` says what the error is grouped by, `{{default}}` within it what it would be
    (`exception.fingerprint`). An exception that was told in this trace is not told again.

    Returns the id of the error event, 32 hex digits: what a person can be given as a reference. None when nothing is told:
    no exception, one that is no error, or `install()` was not called. Never raises an `Exception`.
    """
    try:
        in_use = capture_in_use()
        if in_use is None:
            _logger.warning("otel_errors.capture() tells of nothing: call otel_errors.install() first")
            return None
        told = sys.exc_info()[1] if exception is None else exception
        if told is None:
            _logger.warning("otel_errors.capture() tells of nothing: no exception is given, and none is being handled")
            return None
        attributes = {name: _as_attribute(value) for name, value in context.items()}
        if fingerprint is not None:
            attributes[_semconv.FINGERPRINT] = (
                fingerprint if isinstance(fingerprint, str) else list(map(str, fingerprint))
            )
        event = in_use.capture(
            told,
            span_context=_origin.current(),
            severity=_SEVERITIES.get(severity, SeverityNumber.ERROR),
            handled=True,
            attributes=attributes,
            mechanism="capture",
        )
        return None if event is None else event.event_id
    except Exception:  # noqa: BLE001 - never harm the app
        _guard.failed("capture an exception by hand")
        return None


def set_user(user: str | None, *, session: str | None = None) -> None:
    """Say who the current trace is for; its errors then have `user.hash`, and `session.id` as a hash, wherever raised.

    `OTEL_ERRORS_RAW_USER_IDS` sends the ids as they are. `set_user(None)` takes it back. Outside any trace, and before
    `install()`, it does nothing. Never raises an `Exception`.
    """
    try:
        in_use, trace_id = capture_in_use(), _origin.current().trace_id
        if in_use is not None and trace_id:
            in_use.describer.people.tell(trace_id, user, session)
    except Exception:  # noqa: BLE001 - never harm the app
        _guard.failed("remember a user")


def _as_attribute(value: Any) -> AnyValue:
    if isinstance(value, (bool, int, float)):
        return value
    try:
        return shorten(value if isinstance(value, str) else str(value), VALUE_CHARS_MAX)
    except Exception:  # noqa: BLE001 - the application's own __str__
        return f"<{type(value).__name__}>"

"""What happened in the trace before an error: its last log records and finished spans.

Opt-in, since an application that exports its logs and spans has them beside the error already, by the trace's id. Each is
noted as a tuple of texts and numbers, for less than a microsecond; no record, span or argument is kept alive.
"""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.trace import StatusCode

from otel_errors._content.by_trace import ByTrace

if TYPE_CHECKING:
    import logging

    from opentelemetry.sdk.trace import ReadableSpan

    from otel_errors._redact import Redactor

CRUMBS_MAX: Final = 100
"""Records and spans of a trace, whatever the setting."""

_MESSAGE_CHARS_MAX: Final = 512  # twice as much is kept, so that redaction sees a secret whole before it is cut
_NAME_CHARS_MAX: Final = 128
_OWN_LOGGERS: Final = ("otel_errors", "opentelemetry")
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False).encode

# (time in Unix nanoseconds, logger, level, message), or (end, name, status, duration in nanoseconds).
_Crumb = tuple[int, str, Any, Any]


class Breadcrumbs:
    """Keeps the last `count_max` of each trace."""

    def __init__(self, count_max: int, redactor: Redactor) -> None:
        self._count_max = min(count_max, CRUMBS_MAX)
        self._redactor = redactor
        self._rings: ByTrace[deque[_Crumb]] = ByTrace()

    def logged(self, record: logging.LogRecord) -> None:
        """Note a log record of the current trace."""
        trace_id = trace.get_current_span().get_span_context().trace_id
        if not trace_id or record.name.startswith(_OWN_LOGGERS):
            return
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - arguments that don't fit the message: the handlers will tell
            message = str(record.msg)
        ring = self._rings.get(trace_id)
        if ring is None:
            ring = self._rings.keep(trace_id, deque(maxlen=self._count_max))
        ring.append((int(record.created * 1e9), record.name, record.levelname, message[: 2 * _MESSAGE_CHARS_MAX]))

    def ended(self, span: ReadableSpan) -> None:
        """Note a span that has ended."""
        context = span.context
        if context is None:
            return
        ring = self._rings.get(context.trace_id)
        if ring is None:
            ring = self._rings.keep(context.trace_id, deque(maxlen=self._count_max))
        end = span.end_time or 0
        ring.append((end, span.name, span.status.status_code, end - (span.start_time or end)))

    def of(self, trace_id: int) -> str:
        """Return the trace's crumbs as JSON, oldest first; empty if there are none."""
        ring = self._rings.get(trace_id)
        return _ENCODE([self._told(crumb) for crumb in list(ring)]) if ring else ""

    def _told(self, crumb: _Crumb) -> dict[str, Any]:
        time_ns, name, kind, detail = crumb
        told: dict[str, Any] = {"time_unix_nano": str(time_ns)}
        if isinstance(kind, StatusCode):
            name = self._redactor.text(name[:_NAME_CHARS_MAX])
            return told | {"span": name, "status": kind.name, "duration_ms": round(detail / 1e6, 3)}
        return told | {
            "logger": name[:_NAME_CHARS_MAX],
            "level": kind,
            "message": self._redactor.text(detail)[:_MESSAGE_CHARS_MAX],
        }

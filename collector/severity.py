"""How bad an error is: `fatal`, `error`, `warning` or `info`, by what carried it (pure).

The first row that holds decides; a server's rule may say otherwise afterwards (`collector.grouping`).

    a log record of severity number 21 to 24 (FATAL)          fatal     our SDK: nobody caught it, the program ended
    a log record of 17 to 20 (ERROR), or without a number     error     our SDK: any other error
    a log record of 13 to 16 (WARN)                           warning   somebody caught it, and said so
    a log record of 1 to 12 (TRACE, DEBUG, INFO)              info
    `otel_errors.handled` is false                            error     nobody caught it
    it left the span, or the span failed                      error
    recorded on a span that did not fail                      warning   it was handled, and the work went on
    a span whose status is not known                          error

The numbers are those of the logs data model
(opentelemetry.io/docs/specs/otel/logs/data-model/#severity-fields). A status of a span that is unset means that nobody
called the work failed: SDKs set `Error` when an exception leaves a span.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collector.model import ExceptionSighting, Severity

HANDLED = "otel_errors.handled"
"""Our SDK's attribute: `false` when nobody caught the exception."""

FATAL_MIN = 21
ERROR_MIN = 17
WARNING_MIN = 13


def severity(sighting: ExceptionSighting, *, left_span: bool = False) -> Severity:
    """Decide on a sighting. `left_span`: its stack shows that the exception left the span."""
    if sighting.seen_in == "log_record":
        number = sighting.severity_number
        if number >= FATAL_MIN:
            return "fatal"
        if number >= ERROR_MIN or number == 0:
            return "error"
        return "warning" if number >= WARNING_MIN else "info"
    if left_span or sighting.escaped or sighting.span_status not in ("unset", "ok"):
        return "error"
    return "error" if sighting.attributes.get(HANDLED) == "false" else "warning"

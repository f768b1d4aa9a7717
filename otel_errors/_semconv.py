"""The names that we write on the wire: one table.

`exception.*` are OpenTelemetry's stable attributes (semantic conventions 1.44, "Exceptions in
logs"). What has no convention yet has our prefix.
"""

from __future__ import annotations

from typing import Final

from opentelemetry.semconv.attributes.code_attributes import (
    CODE_FILE_PATH,
    CODE_FUNCTION_NAME,
    CODE_LINE_NUMBER,
)
from opentelemetry.semconv.attributes.exception_attributes import (
    EXCEPTION_ESCAPED,
    EXCEPTION_MESSAGE,
    EXCEPTION_STACKTRACE,
    EXCEPTION_TYPE,
)
from opentelemetry.semconv.attributes.service_attributes import SERVICE_VERSION

PROCESS_PID: Final = "process.pid"
THREAD_ID: Final = "thread.id"
THREAD_NAME: Final = "thread.name"
DEPLOYMENT_ENVIRONMENT_NAME: Final = "deployment.environment.name"
VCS_REVISION: Final = "vcs.ref.head.revision"
VCS_REPOSITORY: Final = "vcs.repository.url.full"

SESSION_ID: Final = "session.id"
USER_HASH: Final = "user.hash"

TASK: Final = "otel_errors.task"
"""Name of the asyncio task."""

EVENT_NAME: Final = "exception"
"""Name of the span event, and of the log record (semconv: the event name of a global handler)."""

EVENT_ID: Final = "otel_errors.event_id"
"""32 hex digits: one error event.

On the log record and on every span event that tells of the same exception.
"""

COUNT: Final = "otel_errors.count"
"""How many errors an event stands for. 0 on a copy of one that another event counts."""

HANDLED: Final = "otel_errors.handled"
"""False: nobody caught it.

Left out where we can't know, as an exception recorded on a span may be either.
"""

MECHANISM: Final = "otel_errors.mechanism"
"""How the error was seen: `span`, `excepthook`, `thread`, `future`, `task`, `gather`, `unraisable`, `process`, `logging`,
`log_record`,
`warnings`, `capture`."""

FINGERPRINT: Final = "exception.fingerprint"
"""What the application wants an error grouped by."""

LOG_MESSAGE: Final = "otel_errors.log.message"
"""What the application logged with the exception."""

LOGGER: Final = "otel_errors.log.logger"
"""Name of the logger."""

EXCEPTIONS: Final = "otel_errors.exceptions"
"""The chain and its frames as JSON (`_content.details`)."""

BREADCRUMBS: Final = "otel_errors.breadcrumbs"
"""The trace's last log records and finished spans as JSON (`_content.breadcrumbs`)."""

FEATURE_FLAGS: Final = "otel_errors.feature_flags"
"""`key=variant` of each flag that was evaluated in the trace."""

USER: Final = ("user.id", "user.hash", "session.id", "enduser.id")
"""Who was there: what the application put on a span is put on its errors' log records too."""

SCOPE_NAME: Final = "otel_errors"
"""Instrumentation scope of the log records."""

__all__ = [
    "BREADCRUMBS",
    "CODE_FILE_PATH",
    "CODE_FUNCTION_NAME",
    "CODE_LINE_NUMBER",
    "COUNT",
    "DEPLOYMENT_ENVIRONMENT_NAME",
    "EVENT_ID",
    "EVENT_NAME",
    "EXCEPTIONS",
    "EXCEPTION_ESCAPED",
    "EXCEPTION_MESSAGE",
    "EXCEPTION_STACKTRACE",
    "EXCEPTION_TYPE",
    "FEATURE_FLAGS",
    "FINGERPRINT",
    "HANDLED",
    "LOGGER",
    "LOG_MESSAGE",
    "MECHANISM",
    "PROCESS_PID",
    "SCOPE_NAME",
    "SERVICE_VERSION",
    "SESSION_ID",
    "TASK",
    "THREAD_ID",
    "THREAD_NAME",
    "USER",
    "USER_HASH",
    "VCS_REPOSITORY",
    "VCS_REVISION",
]

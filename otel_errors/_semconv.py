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

TASK: Final = "otel_errors.asyncio.task"
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
`log_record`, `warnings`, `capture`, or the name of the framework that turned it into a failed request or job: `flask`,
`celery`, ..."""

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

OVERRIDES: Final = (FINGERPRINT, "error.fingerprint", "exception.group_id")
"""Which error it is, if the application says so on a span: as above, or the two would be of different groups."""

HTTP_RESPONSE_STATUS_CODE: Final = "http.response.status_code"
HTTP_REQUEST_METHOD: Final = "http.request.method"
HTTP_ROUTE: Final = "http.route"
URL_PATH: Final = "url.path"
URL_QUERY: Final = "url.query"
URL_SCHEME: Final = "url.scheme"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
REDACTED: Final = "REDACTED"
"""In place of a value that is not told (semantic conventions, `url.query`)."""

RPC_SYSTEM: Final = "rpc.system.name"
RPC_METHOD: Final = "rpc.method"
RPC_STATUS: Final = "rpc.response.status_code"

MESSAGING_SYSTEM: Final = "messaging.system"
MESSAGING_DESTINATION: Final = "messaging.destination.name"
MESSAGING_MESSAGE_ID: Final = "messaging.message.id"
MESSAGING_OPERATION: Final = "messaging.operation.type"
FAAS_NAME: Final = "faas.name"
FAAS_VERSION: Final = "faas.version"
FAAS_INVOCATION_ID: Final = "faas.invocation_id"

TASK_NAME: Final = "otel_errors.task.name"
"""Name of the task, job or actor that failed; there is no convention for it."""

TASK_RETRIES: Final = "otel_errors.task.retries"
"""How often it had been tried before."""

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
    "FAAS_INVOCATION_ID",
    "FAAS_NAME",
    "FAAS_VERSION",
    "FEATURE_FLAGS",
    "FINGERPRINT",
    "HANDLED",
    "HTTP_REQUEST_METHOD",
    "HTTP_RESPONSE_STATUS_CODE",
    "HTTP_ROUTE",
    "LOGGER",
    "LOG_MESSAGE",
    "MECHANISM",
    "MESSAGING_DESTINATION",
    "MESSAGING_MESSAGE_ID",
    "MESSAGING_OPERATION",
    "MESSAGING_SYSTEM",
    "OVERRIDES",
    "PROCESS_PID",
    "REDACTED",
    "RPC_METHOD",
    "RPC_STATUS",
    "RPC_SYSTEM",
    "SCOPE_NAME",
    "SERVER_ADDRESS",
    "SERVER_PORT",
    "SERVICE_VERSION",
    "SESSION_ID",
    "TASK",
    "TASK_NAME",
    "TASK_RETRIES",
    "THREAD_ID",
    "THREAD_NAME",
    "URL_PATH",
    "URL_QUERY",
    "URL_SCHEME",
    "USER",
    "USER_HASH",
    "VCS_REPOSITORY",
    "VCS_REVISION",
]

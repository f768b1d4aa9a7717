"""Where the log records go: the LoggerProvider given, else the application's, else one of our own.

An application often sets up tracing alone. Then its global LoggerProvider is the API's placeholder
and a log record would vanish. So we bring a LoggerProvider, with the exporter that the standard
variables name (OTEL_LOGS_EXPORTER, OTEL_EXPORTER_OTLP_*, OTEL_BLRP_*) and the tracer provider's
resource. When the application sets its own later, that one takes over and ours is shut down.
`OTEL_LOGS_EXPORTER=none` is respected: then nothing is sent as a log record.
"""

from __future__ import annotations

import logging
import os
import platform
import socket
import sys
import threading
from importlib.metadata import PackageNotFoundError, entry_points, version
from typing import TYPE_CHECKING, Any, Final

from opentelemetry._logs import get_logger_provider
from opentelemetry.sdk._logs import LoggerProvider as SdkLoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from otel_errors._semconv import SCOPE_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry._logs import Logger, LoggerProvider
    from opentelemetry.sdk._logs.export import LogRecordExporter

_logger = logging.getLogger("otel_errors")

_EXPORTERS: Final = "opentelemetry_logs_exporter"
_OTLP_EXPORTER_BY_PROTOCOL: Final = {
    "": "otlp_proto_grpc",  # the SDK's default
    "grpc": "otlp_proto_grpc",
    "http/protobuf": "otlp_proto_http",
}


class LogPipeline:
    """Hands out the logger to emit with; `open()` and `logger()` are safe from any thread.

    `logger_provider` is used when given. `resource` is what our own provider would have; it may
    also be offered later.
    """

    def __init__(self, *, logger_provider: LoggerProvider | None = None, resource: Resource | None = None) -> None:
        self._given = logger_provider
        self._resource = resource
        self._own: SdkLoggerProvider | None = None
        self._source: LoggerProvider | None = None
        self._current: Logger | None = None
        self._closed = False
        self._unusable = False
        self._lock = threading.Lock()

    def offer_resource(self, resource: Resource) -> None:
        """Use `resource` for a provider of our own, if none was given and none is built yet."""
        if self._resource is None:
            self._resource = resource

    def logger(self) -> Logger | None:
        """Return the logger to emit with now, or None when nothing is to be sent."""
        wanted = self._given or _application_provider()
        if self._source is not None and (wanted is None or wanted is self._source):
            return self._current
        with self._lock:
            return self._choose(wanted)

    def resource_attributes(self) -> Mapping[str, Any]:
        """Return what the resource says of the process in the provider that is used now."""
        resource = getattr(self._source, "resource", None)
        attributes: Mapping[str, Any] = getattr(resource, "attributes", None) or {}
        return attributes

    def flush(self, timeout_ms: int) -> bool:
        """Send what waits, for at most `timeout_ms`; True when all went out in time."""
        return self._source is None or flush_apart(self._source, timeout_ms)

    def close(self) -> None:
        """Shut down the provider of our own, if there is one, sending what waits."""
        with self._lock:
            own, self._own, self._source, self._current = self._own, None, None, None
            self._closed = True
        if own is not None:
            own.shutdown()

    def _choose(self, wanted: LoggerProvider | None) -> Logger | None:
        if self._closed:
            return None
        if wanted is None and self._own is None and not self._unusable:
            self._build_own()
        provider = wanted or self._own
        if provider is not self._source and provider is not None:
            self._source = provider
            self._current = provider.get_logger(SCOPE_NAME, _own_version())
        if wanted is not None and self._own is not None:
            own, self._own = self._own, None
            _run_apart(own.shutdown, "handover")
        return self._current

    def _build_own(self) -> None:
        """Build our own provider; one that can't be had costs one log line."""
        try:
            self._own = _own_provider(self._resource)
        except Exception as failure:  # noqa: BLE001 - any exporter's constructor
            self._unusable = True
            _logger.warning("otel_errors sends no log records: %s", failure)


def flush_apart(provider: Any, timeout_ms: int) -> bool:
    """Have a provider send what waits, for at most `timeout_ms`; True when all went out in time.

    In a thread of its own: the batch processor's `force_flush` ignores its timeout (SDK 1.45), and a receiver that is down
    must not hold up the caller.
    """
    if not hasattr(provider, "force_flush"):
        return True
    flushed: list[bool] = []
    thread = _run_apart(lambda: flushed.append(provider.force_flush(timeout_ms) is not False), "flush")
    if thread is not None:
        thread.join(timeout_ms / 1000)
    return flushed == [True]


def _run_apart(work: Callable[[], object], name: str) -> threading.Thread | None:
    """Do `work` in a thread of its own, or here and now (None) while the interpreter shuts down."""
    thread = threading.Thread(target=work, name=f"otel-errors-{name}", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # Python 3.12 starts none at exit
        work()
        return None
    return thread


def _application_provider() -> LoggerProvider | None:
    """Return the global LoggerProvider, or None while it is the API's placeholder."""
    provider = get_logger_provider()
    return provider if hasattr(provider, "force_flush") else None


def _own_provider(resource: Resource | None) -> SdkLoggerProvider:
    """Build a provider as the environment wants it.

    It shuts itself down at exit, before the tracer provider does.

    Raises ValueError for a protocol or exporter that is not there; the message names the variable.
    """
    provider = SdkLoggerProvider(resource=_completed(resource or Resource.create()))
    for name in (os.environ.get("OTEL_LOGS_EXPORTER") or "otlp").split(","):
        if name.strip().lower() == "none":
            _logger.info("otel_errors sends no log records: OTEL_LOGS_EXPORTER is none")
            continue
        provider.add_log_record_processor(BatchLogRecordProcessor(_exporter(name.strip())))
    return provider


def _completed(resource: Resource) -> Resource:
    """Add what the process knows of itself; what the resource says comes first."""
    known: dict[str, str | int] = {
        "process.pid": os.getpid(),
        "process.runtime.name": sys.implementation.name,
        "process.runtime.version": platform.python_version(),
        "host.name": socket.gethostname(),
    }
    return Resource(known).merge(resource)


def _exporter(name: str) -> LogRecordExporter:
    if name == "otlp":
        protocol = (
            os.environ.get("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL") or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL") or ""
        ).strip()
        if protocol not in _OTLP_EXPORTER_BY_PROTOCOL:
            raise ValueError(f"OTEL_EXPORTER_OTLP_LOGS_PROTOCOL={protocol}: use grpc or http/protobuf")
        name = _OTLP_EXPORTER_BY_PROTOCOL[protocol]
    for entry_point in entry_points(group=_EXPORTERS, name=name):
        exporter: LogRecordExporter = entry_point.load()()
        return exporter
    raise ValueError(f"OTEL_LOGS_EXPORTER={name}: no such exporter is installed; use otlp or none")


def _own_version() -> str | None:
    try:
        return version("otel-errors")
    except PackageNotFoundError:  # a checkout that was never installed
        return None

"""Errors of an application, told once each, with the trace in which they were raised.

The way of an error inside an app:

    an exception ends a span, is recorded on one, reaches a hook, is logged, or is given to `capture()`
      -> `_span_processor`, `_paths`, `_frameworks`, `_manual`: see it; never raise
      -> `_capture`: the one door. Is it an error, was it told before? Stamps it, so it counts once
      -> `_traceback`: renders it once, bounded; span event and log record share the text
      -> `_content`: what goes with it; `_redact`: nothing secret leaves the process
      -> `_emit`: an OpenTelemetry log record, `event_name="exception"`, in the span's context
      -> `_log_pipeline`: the app's LoggerProvider, or our own set up by the OTEL_* variables

The span event that `record_exception` writes stays, and carries the same `otel_errors.event_id` as
the log record, so that a receiver counts the pair once. Logs are not sampled: an error in an
unsampled trace arrives.

    import otel_errors

    otel_errors.install()  # after the TracerProvider is set; or run under
    `opentelemetry-instrument`

What is captured, what is not yet, every setting and every attribute: `docs/sdk.md`.
"""

from __future__ import annotations

from otel_errors._handler import handler
from otel_errors._install import install, uninstall
from otel_errors._manual import capture, set_user
from otel_errors._span_processor import ErrorSpanProcessor

__all__ = ["ErrorSpanProcessor", "capture", "handler", "install", "set_user", "uninstall"]

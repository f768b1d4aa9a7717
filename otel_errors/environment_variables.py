"""The SDK's environment variables, for the entry point `opentelemetry_environment_variables`.

`opentelemetry-instrument` makes a command line flag of every name here that begins with `OTEL_`:
`--errors_enabled false` sets `OTEL_ERRORS_ENABLED`. What each means stands in `_config.Settings`
and `docs/sdk.md`.
"""

from __future__ import annotations

from typing import Final

OTEL_ERRORS_ENABLED: Final = "OTEL_ERRORS_ENABLED"
OTEL_ERRORS_EXCEPTHOOK: Final = "OTEL_ERRORS_EXCEPTHOOK"
OTEL_ERRORS_FLUSH_TIMEOUT_MS: Final = "OTEL_ERRORS_FLUSH_TIMEOUT_MS"
OTEL_ERRORS_FRAMES_MAX: Final = "OTEL_ERRORS_FRAMES_MAX"
OTEL_ERRORS_MESSAGE_LENGTH_MAX: Final = "OTEL_ERRORS_MESSAGE_LENGTH_MAX"
OTEL_ERRORS_STACKTRACE_LENGTH_MAX: Final = "OTEL_ERRORS_STACKTRACE_LENGTH_MAX"
OTEL_ERRORS_UNSAMPLED: Final = "OTEL_ERRORS_UNSAMPLED"

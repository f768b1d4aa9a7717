"""Zero-code entry point: `opentelemetry-instrument` loads it after the SDK is configured.

Only that command imports this file, so `opentelemetry-instrumentation` is there and is no
dependency of ours. `OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=otel_errors` switches it off; declarative
configuration passes its options as keywords (`instrumentation/development: python: otel_errors:
{...}`).
"""

from __future__ import annotations

import logging
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from opentelemetry.instrumentation.instrumentor import (  # type: ignore[attr-defined] # it is not typed
    BaseInstrumentor,
)

from otel_errors._config import Settings
from otel_errors._install import install, uninstall

if TYPE_CHECKING:
    from collections.abc import Collection

_logger = logging.getLogger("otel_errors")


class OtelErrorsInstrumentor(BaseInstrumentor):  # type: ignore[misc] # as above
    """Calls `install()` and `uninstall()`; keywords are those of `install()`."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """Nothing: the SDK that we watch is a dependency of this distribution."""
        return ()

    def _instrument(self, **kwargs: Any) -> None:
        known = {"tracer_provider", "logger_provider", *(setting.name for setting in fields(Settings))}
        unknown = sorted(kwargs.keys() - known)
        if unknown:  # raising would keep the instrumentors after this one from being loaded
            _logger.warning("otel_errors has no such options: %s", ", ".join(unknown))
        install(**{name: value for name, value in kwargs.items() if name in known})

    def _uninstrument(self, **_kwargs: Any) -> None:
        uninstall()

"""Feature flags that were evaluated in the trace, as OpenFeature's hooks for OpenTelemetry tell them.

They are span events, or log records, named `feature_flag.evaluation` (`feature_flag` in earlier conventions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from otel_errors._content.by_trace import ByTrace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_errors._redact import Redactor

EVENT_NAMES: Final = frozenset({"feature_flag.evaluation", "feature_flag"})
_VARIANTS: Final = ("feature_flag.result.variant", "feature_flag.variant", "feature_flag.result.value")
_FLAGS_MAX: Final = 100  # of a trace; the latest evaluations
_CHARS_MAX: Final = 128


class FeatureFlags:
    """Keeps the latest variant of each flag of a trace."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._evaluated: ByTrace[dict[str, str]] = ByTrace()

    def evaluated(self, trace_id: int, attributes: Mapping[str, Any] | None) -> None:
        """Note an evaluation."""
        key = (attributes or {}).get("feature_flag.key")
        if not trace_id or not attributes or not isinstance(key, str):
            return
        variant = next((attributes[name] for name in _VARIANTS if attributes.get(name) is not None), "")
        flags = self._evaluated.get(trace_id)
        if flags is None:
            flags = self._evaluated.keep(trace_id, {})
        key = key[:_CHARS_MAX]
        flags.pop(key, None)
        flags[key] = str(variant)[:_CHARS_MAX]
        if len(flags) > _FLAGS_MAX:
            flags.pop(next(iter(flags), ""), None)

    def of(self, trace_id: int) -> list[str]:
        """Return `key=variant` of each flag, in the order of their latest evaluation."""
        flags = self._evaluated.get(trace_id)
        return [self._redactor.text(f"{key}={variant}") for key, variant in flags.copy().items()] if flags else []

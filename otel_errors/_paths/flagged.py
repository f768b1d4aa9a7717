"""Evaluations of feature flags that are told as span events: `Span.add_event`, as those in log records by `emitted`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import Span as SdkSpan

from otel_errors import _method_patch
from otel_errors._content.flags import EVENT_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard


class FlagEvents:
    """Notes evaluations between `install()` and `uninstall()`."""

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        self._flags = capture.describer.flags
        self._guard = guard
        self._active = False

    def install(self) -> None:
        """Replace the method."""
        self._active = True
        _method_patch.hold(SdkSpan, "add_event", self, self._adding)

    def uninstall(self) -> None:
        """Put it back; ours passes through where another library has wrapped it."""
        self._active = False
        _method_patch.release(SdkSpan, "add_event", self)

    def _adding(self, original: Callable[..., None]) -> Callable[..., None]:
        def add_event(
            span: SdkSpan, name: str, attributes: Mapping[str, Any] | None = None, timestamp: int | None = None
        ) -> None:
            if name in EVENT_NAMES and self._active:
                try:
                    self._flags.evaluated(span.get_span_context().trace_id, attributes)
                except Exception:  # noqa: BLE001 - never harm the app
                    self._guard.failed("note an evaluation of a feature flag")
            original(span, name, attributes, timestamp)

        return add_event

"""Evaluations of feature flags that are told as span events: `Span.add_event`, as those in log records by `emitted`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import Span as SdkSpan

from otel_errors._content.flags import EVENT_NAMES
from otel_errors._paths._path import WatchedPath

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard


class FlagEvents(WatchedPath):
    """Notes evaluations between `install()` and `uninstall()`."""

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        super().__init__(capture, guard)
        self._flags = capture.describer.flags

    def watch(self) -> None:
        """Replace the method."""
        self.hold(SdkSpan, "add_event", self._adding)

    def _adding(self, original: Callable[..., None]) -> Callable[..., None]:
        def add_event(
            span: SdkSpan, name: str, attributes: Mapping[str, Any] | None = None, timestamp: int | None = None
        ) -> None:
            if name in EVENT_NAMES and self.active:
                try:
                    self._flags.evaluated(span.get_span_context().trace_id, attributes)
                except Exception:  # noqa: BLE001 - never harm the app
                    self._guard.failed("note an evaluation of a feature flag")
            original(span, name, attributes, timestamp)

        return add_event

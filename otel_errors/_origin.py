"""Where work was started: the span that was current then, remembered on the thread, future or task.

Work that runs elsewhere does not see the span that it was started in: contexts are not copied to threads, and a hook
runs after they are gone. Reading one attribute of an object that is made anyway costs nothing that can be measured.
"""

from __future__ import annotations

from typing import Any, Final

from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanContext

_ATTRIBUTE: Final = "_otel_errors_started_in"


def remember(work: Any) -> None:
    """Note on `work` the span that is current now, if there is one. An object that takes no attributes has none."""
    span_context = trace.get_current_span().get_span_context()
    if span_context.is_valid:
        try:
            setattr(work, _ATTRIBUTE, span_context)
        except AttributeError:  # it has slots
            return


def recall(work: Any) -> SpanContext:
    """Return the span that `work` was started in; invalid when it was none, or is not known."""
    span_context = getattr(work, _ATTRIBUTE, None)
    return span_context if isinstance(span_context, SpanContext) else INVALID_SPAN_CONTEXT


def current() -> SpanContext:
    """Return the span that is current; invalid outside any."""
    return trace.get_current_span().get_span_context()

"""Spans as `with` blocks, whose handling of an exception may raise another one: the application is to see its own.

For the span's status the API formats the exception, and what its `__str__` raises takes the place of the exception that
left the block (tried with OpenTelemetry 1.45). So `use_span` is replaced by one that does the same in the same order, and
formats with care. It has the cost of the original. An original that reads other names than the one that ours was written
after is not replaced: it may do other things. Of `with tracer.start_span()` the end is made up for.

Instrumentations that imported `use_span` by name before `install()` keep the original.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import opentelemetry.trace as api
from opentelemetry import context as otel_context
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.trace import Span, Status, StatusCode

from otel_errors import _method_patch
from otel_errors._traceback import safe_str

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard

_NAMES_READ: Final = frozenset(
    {
        "ERROR",
        "Exception",
        "Span",
        "Status",
        "StatusCode",
        "_SPAN_KEY",
        "__name__",
        "attach",
        "context_api",
        "detach",
        "end",
    }
    | {"is_recording", "isinstance", "record_exception", "set_status", "set_value", "type"}
)


class SafeBlocks:
    """Stands in `opentelemetry.trace.use_span` and `Span.__exit__` between `install()` and `uninstall()`."""

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        del capture, guard  # nothing is captured here: `Span.record_exception` and `on_end` do
        self._original: Callable[..., Any] | None = None

    def install(self) -> None:
        """Take the place of the function, if it is the one that we know."""
        original = api.use_span
        code = getattr(getattr(original, "__wrapped__", None), "__code__", None)
        if code is not None and set(code.co_names) == _NAMES_READ:
            self._original = original
            api.use_span = use_span
        _method_patch.hold(SdkSpan, "__exit__", self, self._leaving)

    def uninstall(self) -> None:
        """Bring it back, unless another stands there."""
        if self._original is not None and api.use_span is use_span:
            api.use_span = self._original
        self._original = None
        _method_patch.release(SdkSpan, "__exit__", self)

    def _leaving(self, original: Callable[..., None]) -> Callable[..., None]:
        def __exit__(span: SdkSpan, kind: Any, exception: BaseException | None, traceback: Any) -> None:  # noqa: N807
            try:
                original(span, kind, exception, traceback)
            except Exception:
                if exception is None:
                    raise
            else:
                return
            # Out here the application's exception is in flight again, and what ends a span is told of.
            span.set_status(Status(status_code=StatusCode.ERROR, description=kind.__name__))
            span.end()

        return __exit__


@api._agnosticcontextmanager  # type: ignore[attr-defined] # noqa: SLF001 - also a decorator of coroutines, as the original
def use_span(
    span: Span,
    end_on_exit: bool = False,  # noqa: FBT001, FBT002 - the API's signature
    record_exception: bool = True,  # noqa: FBT001, FBT002
    set_status_on_exception: bool = True,  # noqa: FBT001, FBT002
) -> Iterator[Span]:
    """Make a span the current one within the block; as `opentelemetry.trace.use_span`, whose documentation holds."""
    try:
        token = otel_context.attach(otel_context.set_value(api._SPAN_KEY, span))  # type: ignore[attr-defined] # noqa: SLF001
        try:
            yield span
        finally:
            otel_context.detach(token)
    except Exception as exception:
        if isinstance(span, Span) and span.is_recording():
            if record_exception:
                span.record_exception(exception)
            if set_status_on_exception:
                description = f"{type(exception).__name__}: {safe_str(exception)}"
                span.set_status(Status(status_code=StatusCode.ERROR, description=description))
        raise
    finally:
        if end_on_exit:
            span.end()

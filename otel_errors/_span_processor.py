"""Exceptions that end spans of the OpenTelemetry SDK, or are recorded on them.

Theory. Two views of the same exception are needed, since each misses what the other sees:

- `Span.record_exception`, replaced on the class (`_method_patch`), has the live exception, before
  the stack is text. It is what the SDK itself calls for an exception that leaves a `with` block.
  The replacement renders the stack once and uses it twice: for the span event, as the SDK would
  have written it, and for the log record.
- `on_end` sees what ended a span without being recorded (`record_exception=False`, `finally:
  span.end()`): it is in flight, `sys.exc_info()` has it.

What is in flight did not always end the span. A span that is opened in an `except` block sees that
block's exception from its start to its end, so those in flight at the start are remembered and do
not count. An explicit status OK means that all is well. A `with` block that was told neither to
record nor to set the status was told that this is no error: its exception is only marked with the
span, for whoever finds it to be an error later.

A span that a handler itself ends (`except KeyError: span.end()`) looks the same as one that the
exception ended, and counts as one. End it after the handler, or set its status to OK.

With the SDK's `ConcurrentMultiSpanProcessor`, `on_end` runs in another thread, which has nothing in
flight: only recorded exceptions are seen then.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Final

from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor
from opentelemetry.trace import StatusCode

from otel_errors import _method_patch, _semconv, _work
from otel_errors._capture import ErrorCapture
from otel_errors._config import read_settings
from otel_errors._emit import Emitter, exception_attributes, least
from otel_errors._guard import Guard
from otel_errors._log_pipeline import LogPipeline
from otel_errors._redact.statuses import redacting
from otel_errors._traceback import type_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from opentelemetry._logs import LoggerProvider
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.util.types import AnyValue, Attributes

_MARK: Final = "_otel_errors"  # on a live span: the processor that captures for it
_CONTROL_FLOW: Final = (StopIteration, StopAsyncIteration)  # in flight whenever an iterator is done

# Spans that are open at once and began in an except block: one that never ends must not leak.
_HANDLED_MAX: Final = 1_000

_WITH_BLOCKS: Final = frozenset(
    {
        ("opentelemetry.trace", "use_span"),
        ("otel_errors._paths.spans", "use_span"),
        ("opentelemetry.trace.span", "__exit__"),
    }
)

# Frames from `on_end` out to the `with` block: 3, and room for processors that wrap others.
_CALLERS_MAX: Final = 8


class ErrorSpanProcessor(SpanProcessor):
    """Emits each exception that ends a span, or is recorded on one, as one log record.

    `provider.add_span_processor(ErrorSpanProcessor())` is enough; `install()` does that and more.
    The log records have the span's context and go to `logger_provider`, else to the global
    LoggerProvider, else to one that is set up by the OTEL_* variables. `capture` and `guard` are
    for `install()`, whose hooks share them. No hook raises into the application.
    """

    def __init__(
        self,
        logger_provider: LoggerProvider | None = None,
        *,
        capture: ErrorCapture | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._owns_pipeline = capture is None
        guard = guard or Guard()
        self._handled: dict[int, int] = {}  # span id -> id() of what was in flight when it started
        self.activate(
            capture=capture or _capture_into(logger_provider, guard),
            guard=guard,
        )

    def activate(self, *, capture: ErrorCapture, guard: Guard) -> None:
        """Capture, from now on and into `capture`; the constructor does this."""
        self._capture = capture
        self._guard = guard
        self._breadcrumbs = capture.describer.breadcrumbs
        # The SDK would cut the end of a longer value; `fit` cuts the uninteresting one.
        self._event_length_max = least(capture.settings.stacktrace_length_max, SpanLimits().max_attribute_length)
        self._active = True
        _method_patch.hold(SdkSpan, "record_exception", self, _recording)
        _method_patch.hold(SdkSpan, "set_status", self, lambda original: redacting(original, _redact_of))

    def deactivate(self) -> None:
        """Capture nothing any more: the SDK has no way to take a processor off a provider."""
        self._active = False
        self._handled.clear()
        _method_patch.release(SdkSpan, "record_exception", self)
        _method_patch.release(SdkSpan, "set_status", self)

    def redact(self, text: str) -> str:
        """Redact a text of a span, while active."""
        return self._capture.describer.redactor.text(text) if self._active else text

    def on_start(
        self,
        span: SdkSpan,
        parent_context: Context | None = None,  # noqa: ARG002 - the SDK's signature
    ) -> None:
        """Note which processor captures for this span, and what was in flight before it began."""
        try:
            if self._active:
                span._otel_errors = self  # type: ignore[attr-defined] # noqa: SLF001 - our mark on it
                in_flight = sys.exc_info()[1]
                if in_flight is not None:
                    self._remember(span, in_flight)
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("note the start of a span")

    def on_end(self, span: ReadableSpan) -> None:
        """Tell of the exception that is ending this span, unless it was told."""
        if self._breadcrumbs is not None:
            self._note(span)
        exception = sys.exc_info()[1]
        if exception is None and not self._handled:
            return
        try:
            if self._active:
                self._ended(span, exception)
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("capture the exception that ended a span")

    def _note(self, span: ReadableSpan) -> None:
        try:
            if self._breadcrumbs is not None and self._active:
                self._breadcrumbs.ended(span)
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("note the end of a span")

    def record(
        self,
        span: SdkSpan,
        exception: BaseException,
        attributes: Attributes,
        timestamp_ns: int,
        *,
        escaped: bool,
    ) -> dict[str, AnyValue] | None:
        """Tell of an exception that is being recorded.

        Returns the attributes of the span event, or None when it is to be written as ever.
        """
        try:
            if not self._active:
                return None
            self._capture.emitter.pipeline.offer_resource(span.resource)
            sighting = self._capture.sight(
                exception,
                span_context=span.get_span_context(),
                attributes={**_said_on(span), **(attributes or {})},
                timestamp_ns=timestamp_ns,
            )
            if sighting is None:  # no error; it is written as ever, redacted
                return self._untold(exception, attributes, escaped=escaped)
            of_both = self._capture.describer.of_both(span.get_span_context().trace_id, span.resource.attributes)
            return exception_attributes(
                sighting.rendered,
                self._event_length_max,
                own={
                    _semconv.EXCEPTION_ESCAPED: str(escaped),
                    _semconv.EVENT_ID: sighting.event_id,
                    **({} if sighting.counted else {_semconv.COUNT: 0}),
                    **of_both,
                },
                given=self._capture.describer.redactor.attributes(attributes or {}),
            )
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("capture an exception recorded on a span")
            return self._untold(exception, attributes, escaped=escaped)

    def _untold(self, exception: BaseException, attributes: Attributes, *, escaped: bool) -> dict[str, AnyValue] | None:
        """Return the span event of an exception that is not told of: nothing is left unredacted."""
        if not isinstance(exception, BaseException):  # applications record strings, too
            return None
        try:
            return exception_attributes(
                self._capture.describer.render(exception),
                self._event_length_max,
                own={_semconv.EXCEPTION_ESCAPED: str(escaped)},
                given=self._capture.describer.redactor.attributes(attributes or {}),
            )
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("write an exception recorded on a span")
            return {_semconv.EXCEPTION_TYPE: type_name(exception)}

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send the log records that wait, for at most `timeout_millis`."""
        try:
            return self._capture.flush_within(timeout_millis)
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("flush")
            return False

    def shutdown(self) -> None:
        """Stop capturing and send the log records that wait."""
        try:
            self.deactivate()
            if self._owns_pipeline:
                self._capture.close()
                self._capture.emitter.pipeline.close()
            else:  # the hooks of `install()` still use it
                self._capture.flush_within(self._capture.settings.flush_timeout_ms)
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("shut down")

    def _remember(self, span: SdkSpan, in_flight: BaseException) -> None:
        if len(self._handled) >= _HANDLED_MAX:
            self._handled.clear()  # atomic, unlike dropping the oldest; only leaking spans get here
        # Its id(), not the exception: that would keep its frames alive as long as the span is open.
        self._handled[span.get_span_context().span_id] = id(in_flight)

    def _ended(self, span: ReadableSpan, exception: BaseException | None) -> None:
        span_context = span.get_span_context()
        if span_context is None:
            return
        handled = self._handled.pop(span_context.span_id, None)
        if (
            exception is None
            or handled == id(exception)
            or isinstance(exception, _CONTROL_FLOW)
            or span.status.status_code is StatusCode.OK
        ):
            return
        self._capture.emitter.pipeline.offer_resource(span.resource)
        is_unset = span.status.status_code is StatusCode.UNSET
        # Of a BaseException the SDK says nothing, whatever it was told.
        if isinstance(exception, Exception) and _is_left_open(sys._getframe(1), is_unset=is_unset):  # noqa: SLF001
            self._capture.mark(exception, span_context=span_context)
        else:
            self._capture.capture(exception, span_context=span_context, attributes=_said_on(span), mechanism="span")


def _redact_of(span: SdkSpan) -> Callable[[str], str] | None:
    """What redacts the texts of `span`: its processor, if it captures for it now."""
    processor: ErrorSpanProcessor | None = getattr(span, _MARK, None)
    return processor.redact if processor is not None else None


def _said_on(span: ReadableSpan) -> dict[str, AnyValue]:
    """Who was there, and which error it is, as the application said on the span."""
    given = span.attributes or {}
    return {name: given[name] for name in (*_semconv.USER, *_semconv.OVERRIDES) if name in given}


def _capture_into(logger_provider: LoggerProvider | None, guard: Guard) -> ErrorCapture:
    """Make what a processor that was added by hand needs, with the settings of the environment."""
    settings = read_settings(os.environ, {})
    return ErrorCapture(
        settings=settings,
        emitter=Emitter(
            LogPipeline(logger_provider=logger_provider),
            stacktrace_length_max=settings.stacktrace_length_max,
        ),
        guard=guard,
    )


def _recording(original: Callable[..., None]) -> Callable[..., None]:
    """Make the replacement for `Span.record_exception`.

    `original` is the SDK's, or another library's wrapper of it, which renders the stack itself.
    """
    is_the_sdks = original.__module__ == SdkSpan.__module__ and not hasattr(original, "__wrapped__")

    def record_exception(
        self: SdkSpan,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,  # noqa: FBT001, FBT002 - the SDK's signature
    ) -> None:
        processor: ErrorSpanProcessor | None = getattr(self, _MARK, None)
        if processor is not None:
            # One time for the span event and the log record: they are the same occurrence.
            time_ns = time.time_ns() if timestamp is None else timestamp
            event = processor.record(self, exception, attributes, time_ns, escaped=escaped)
            if event is not None and is_the_sdks:
                self.add_event(name=_semconv.EVENT_NAME, attributes=event, timestamp=time_ns)
                return
            if event is not None:
                attributes = event  # they come before those that `original` makes itself
                timestamp = time_ns
        original(self, exception, attributes, timestamp, escaped)

    return record_exception


def _is_left_open(frame: FrameType | None, *, is_unset: bool) -> bool:
    """Whether it is for others to say if the exception in flight, that ends a span, is an error.

    A `with` block was told that it is none. Where the span is ended by hand while a framework handles a request, an
    exception handler may be answering just now (the ASGI instrumentation ends its span as it sends the response): the
    framework's hook sees what comes of it.
    """
    return is_unset if _leaves_with_block(frame) else _work.current() is not None


def _leaves_with_block(frame: FrameType | None) -> bool:
    """Whether the span that is ending was used as a `with` block."""
    for _ in range(_CALLERS_MAX):
        if frame is None:
            return False
        if is_with_block(frame):
            return True
        frame = frame.f_back
    return False


def is_with_block(frame: FrameType) -> bool:
    """Whether `frame` is the code that ends a span when its `with` block is left: OpenTelemetry's, or ours for it."""
    return (frame.f_globals.get("__name__"), frame.f_code.co_name) in _WITH_BLOCKS

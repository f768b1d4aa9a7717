"""The one door: every path that sees an exception comes here, and each exception is told once.

Theory. The same exception object passes nested spans, `except` blocks that record it, and at last a
hook. What makes it one error is the object, so the object itself is stamped (weak references do not
work on built-in exceptions). The stamp is a plain tuple of strings, numbers and a flag: it survives
pickling on the way out of a worker process, and copying. It says which error event it is and in
which span it was raised, so that a hook that runs after the span ended still knows the trace.

    (event id, trace id, span id, trace flags, told, counted)

- Seen again in the same trace, or outside any: the same error event.
- Seen in another trace: an exception object that was kept and raised again; a new error event, a new stamp.
- `told` false: a span saw it pass and was told not to record it. Nothing was emitted; should it
  become an error later, it is the span that counts as the place where it was raised.
- `counted` false: it is one of a storm, and another error's event has its count and its event id (`_storm`).

Two threads that see one object at once agree through `dict.setdefault`, which is atomic.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
import uuid
import weakref
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.trace import SpanContext, TraceFlags

from otel_errors import _work
from otel_errors._background import Background
from otel_errors._content.describer import Describer
from otel_errors._emit import ErrorEvent
from otel_errors._log_pipeline import flush_apart
from otel_errors._storm import Storms
from otel_errors._traceback import members

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.util.types import AnyValue

    from otel_errors._config import Settings
    from otel_errors._emit import Emitter
    from otel_errors._guard import Guard
    from otel_errors._traceback import Rendered

STAMP_ATTRIBUTE: Final = "__otel_errors__"
_FRAMES_PASSED_MAX: Final = 10_000  # on the way to the raise; deeper ones are a recursion, whose frames are alike
_GROUP_MEMBERS_MAX: Final = 1_000  # members looked at to decide whether a group is an error at all

NOT_ERRORS: Final = (
    KeyboardInterrupt,
    GeneratorExit,
    asyncio.CancelledError,
    concurrent.futures.CancelledError,
)
"""Exceptions that end things on purpose. `SystemExit` is one when it says that all is well."""

_ELSEWHERE: Final = frozenset({"trio.Cancelled", "greenlet.GreenletExit", "gevent.exceptions.GreenletExit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the tuple on an exception object says; ids as in `SpanContext`."""

    event_id: str
    trace_id: int
    span_id: int
    trace_flags: int
    told: bool
    counted: bool = True

    @property
    def span_context(self) -> SpanContext:
        """The span in which the exception was raised."""
        return SpanContext(
            trace_id=self.trace_id,
            span_id=self.span_id,
            is_remote=False,
            trace_flags=TraceFlags(self.trace_flags),
        )


class _News(NamedTuple):
    """What a path knows of an exception beside the exception."""

    mechanism: str
    severity: SeverityNumber
    handled: bool | None
    attributes: Mapping[str, AnyValue]
    timestamp_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What capturing an exception gives: its error event's id, and its text.

    `counted` is False for one of a storm: the event that has its id has its count too.
    """

    event_id: str
    rendered: Rendered
    counted: bool


class Told(NamedTuple):
    """The error event that tells of an exception, and whether this exception's copies are to be counted."""

    event_id: str
    counted: bool


class ErrorCapture:
    """Decides whether an exception is an error that was not told yet, and tells it.

    Safe from any thread.
    """

    def __init__(self, *, settings: Settings, emitter: Emitter, guard: Guard) -> None:
        self.settings = settings
        self.describer = Describer(settings, guard)
        self.emitter = emitter
        self.tracer_providers: weakref.WeakSet[Any] = weakref.WeakSet()
        self._busy = threading.local()
        self._background = Background(guard)
        self._storms = Storms(
            send=self._emit,
            background=self._background,
            burst_max=settings.storm_burst_max,
            window_ms=settings.storm_window_ms,
        )

    def start(self) -> None:
        """Be ready to emit in the background: at the start, since a thread can't be started where that is needed."""
        self._background.start()

    def close(self) -> None:
        """Emit what is carried or waits in the background."""
        self._storms.flush()
        self._background.drain(self.settings.flush_timeout_ms / 1000)
        self._background.stop()

    def is_error(self, exception: BaseException) -> bool:
        """Whether `exception` counts: no way to end things on purpose, not from our own sending."""
        if getattr(self._busy, "capturing", False):
            return False  # a log processor or exporter fails while we emit
        if otel_context.get_value(otel_context._SUPPRESS_INSTRUMENTATION_KEY):  # noqa: SLF001 - it has no public name
            return False  # an export is under way in this context
        # Applications record strings, too, whatever the signature says.
        return isinstance(exception, BaseException) and not _ends_on_purpose(exception)

    def capture(
        self,
        exception: BaseException,
        *,
        mechanism: str,
        span_context: SpanContext | None = None,
        raised_in: SpanContext | None = None,
        severity: SeverityNumber = SeverityNumber.ERROR,
        handled: bool | None = None,
        attributes: Mapping[str, AnyValue] | None = None,
        timestamp_ns: int | None = None,
        within_collector: bool = False,
    ) -> Told | None:
        """Tell of `exception` unless it was told.

        `span_context` is the span that saw it; a hook has none. Then the stamp tells where it was raised, else
        `raised_in`, the span that the work was started in (invalid: in none), else the span that is current now.
        `within_collector`: the caller may run within the garbage collector, where nothing can be emitted. Returns None
        when `exception` is no error.
        """
        if not self.is_error(exception):
            return None
        stamp, first = _admit(exception, span_context, raised_in)
        if first:
            news = _News(
                mechanism=mechanism,
                severity=severity,
                handled=handled,
                attributes=_work.joined(attributes, is_here=raised_in is None and not within_collector),
                timestamp_ns=time.time_ns() if timestamp_ns is None else timestamp_ns,
            )
            stamp = self._tell(exception, stamp, news, rendered=None, within_collector=within_collector)
        return Told(stamp.event_id, stamp.counted)

    def sight(
        self,
        exception: BaseException,
        *,
        span_context: SpanContext,
        attributes: Mapping[str, AnyValue],
        timestamp_ns: int,
    ) -> Sighting | None:
        """As `capture`, for an exception recorded on a span; also gives the text, rendered once."""
        if not self.is_error(exception):
            return None
        stamp, first = _admit(exception, span_context)
        rendered = self.describer.render(exception)
        if first:
            news = _News(
                mechanism="span",
                severity=SeverityNumber.ERROR,
                handled=None,
                attributes=_work.joined(attributes, is_here=True),
                timestamp_ns=timestamp_ns,
            )
            stamp = self._tell(exception, stamp, news, rendered=rendered, within_collector=False)
        return Sighting(event_id=stamp.event_id, rendered=rendered, counted=stamp.counted)

    def mark(self, exception: BaseException, *, span_context: SpanContext) -> None:
        """Remember that `exception` left this span, without telling of it."""
        if self.is_error(exception):
            stamp = read_stamp(exception)
            if stamp is None or stamp.trace_id != span_context.trace_id:
                _write_stamp(exception, _new_stamp(span_context, told=False))

    def flush_within(self, timeout_ms: float) -> bool:
        """Send what is carried and what waits; True when all went out in time."""
        ends_at = time.monotonic() + timeout_ms / 1000
        self._storms.flush()
        drained = self._background.drain(timeout_ms / 1000)
        return self.emitter.pipeline.flush(max(int((ends_at - time.monotonic()) * 1000), 0)) and drained

    def flush(self, guard: Guard) -> None:
        """Send what waits before the process ends, spans too, for at most `flush_timeout_ms`. Never raises an `Exception`."""
        ends_at = time.monotonic() + self.settings.flush_timeout_ms / 1000
        try:
            self.flush_within(self.settings.flush_timeout_ms)
            for provider in list(self.tracer_providers):
                flush_apart(provider, max(int((ends_at - time.monotonic()) * 1000), 0))
        except Exception:  # noqa: BLE001 - never harm the app
            guard.failed("send what waits before the process ends")

    def _tell(
        self,
        exception: BaseException,
        stamp: Stamp,
        news: _News,
        *,
        rendered: Rendered | None,
        within_collector: bool,
    ) -> Stamp:
        """Emit the error event, or count it on another one; returns the stamp that the exception has now."""
        if getattr(self._busy, "capturing", False):
            return stamp
        self._busy.capturing = True
        try:

            def make() -> ErrorEvent:
                return ErrorEvent(
                    event_id=stamp.event_id,
                    rendered=rendered or self.describer.render(exception),
                    timestamp_ns=news.timestamp_ns,
                    span_context=stamp.span_context,
                    severity=news.severity,
                    handled=news.handled,
                    attributes=self.describer.attributes(
                        exception,
                        mechanism=news.mechanism,
                        trace_id=stamp.trace_id,
                        resource=self.emitter.pipeline.resource_attributes(),
                        given=news.attributes,
                    ),
                    mechanism=news.mechanism,
                )

            carried_by = self._storms.admit(_looks_like(exception), make)
            if carried_by is not None:
                return _write_stamp(exception, replace(stamp, event_id=carried_by, counted=False))
            event = make()
            if within_collector:
                self._background.put(lambda: self._emit(event))
            else:
                self.emitter.emit(event)
        finally:
            self._busy.capturing = False
        return stamp

    def _emit(self, event: ErrorEvent, count: int = 1) -> None:
        """Emit in the background, where our own failures must not come back as errors."""
        self._busy.capturing = True
        try:
            self.emitter.emit(event, count)
        finally:
            self._busy.capturing = False


def _looks_like(exception: BaseException) -> tuple[object, ...]:
    """What errors of one storm share: the type, and the line that raised."""
    entry = exception.__traceback__
    if entry is None:
        return (type(exception),)
    for _ in range(_FRAMES_PASSED_MAX):
        if entry.tb_next is None:
            break
        entry = entry.tb_next
    return (type(exception), entry.tb_frame.f_code, entry.tb_lineno)


def read_stamp(exception: BaseException) -> Stamp | None:
    """Return the stamp on `exception`, or None.

    What another version or a stranger left there does not count.
    """
    match _attributes_of(exception).get(STAMP_ATTRIBUTE):
        case (str(event_id), int(trace_id), int(span_id), int(trace_flags), bool(told), bool(counted)):
            return Stamp(
                event_id=event_id,
                trace_id=trace_id,
                span_id=span_id,
                trace_flags=trace_flags,
                told=told,
                counted=counted,
            )
    return None


def _admit(
    exception: BaseException, span_context: SpanContext | None, raised_in: SpanContext | None = None
) -> tuple[Stamp, bool]:
    """Return the stamp, and whether to tell now (the exception is stamped as told then)."""
    seen_in = span_context if span_context is not None and span_context.is_valid else None
    prior = read_stamp(exception)
    if prior is not None and (seen_in is None or seen_in.trace_id == prior.trace_id):
        if prior.told:
            return prior, False
        return _write_stamp(exception, replace(prior, told=True)), True
    if seen_in is None:
        seen_in = trace.get_current_span().get_span_context() if raised_in is None else raised_in
    stamp = _new_stamp(seen_in, told=True)
    if prior is not None:
        return _write_stamp(exception, stamp), True
    ours = _as_tuple(stamp)
    if _attributes_of(exception).setdefault(STAMP_ATTRIBUTE, ours) is ours:
        return stamp, True
    other = read_stamp(exception)
    if other is not None:  # another thread was faster
        return other, False
    return _write_stamp(exception, stamp), True  # a stranger's value


def _new_stamp(span_context: SpanContext, *, told: bool) -> Stamp:
    return Stamp(
        event_id=uuid.uuid4().hex,
        trace_id=span_context.trace_id,
        span_id=span_context.span_id,
        trace_flags=int(span_context.trace_flags),
        told=told,
    )


def _write_stamp(exception: BaseException, stamp: Stamp) -> Stamp:
    _attributes_of(exception)[STAMP_ATTRIBUTE] = _as_tuple(stamp)
    return stamp


def _as_tuple(stamp: Stamp) -> tuple[str, int, int, int, bool, bool]:
    return (stamp.event_id, stamp.trace_id, stamp.span_id, stamp.trace_flags, stamp.told, stamp.counted)


def _attributes_of(exception: BaseException) -> dict[str, Any]:
    """Return the instance's own dictionary, past any `__getattr__` or `__setattr__` of its class.

    A frozen dataclass may be an exception, and refuses attributes.
    """
    attributes: dict[str, Any] = object.__getattribute__(exception, "__dict__")
    return attributes


def _ends_on_purpose(exception: BaseException) -> bool:
    if _is_no_error(exception):
        return True
    waiting = list(members(exception)[:_GROUP_MEMBERS_MAX])
    if not waiting:
        return False
    for _ in range(_GROUP_MEMBERS_MAX):
        if not waiting:
            return True  # a group of nothing but cancellations and the like
        member = waiting.pop()
        inner = members(member)[:_GROUP_MEMBERS_MAX]
        waiting.extend(inner)
        if not inner and not _is_no_error(member):
            return False
    return False


def _is_no_error(exception: BaseException) -> bool:
    if isinstance(exception, Exception):  # most are
        return isinstance(exception, NOT_ERRORS) or _work.is_answer(exception)
    if isinstance(exception, SystemExit):
        return exception.code in (None, 0, "")
    kind = type(exception)
    return isinstance(exception, NOT_ERRORS) or f"{kind.__module__}.{kind.__qualname__}" in _ELSEWHERE

"""The one door: every path that sees an exception comes here, and each exception is told once.

Theory. The same exception object passes nested spans, `except` blocks that record it, and at last a
hook. What makes it one error is the object, so the object itself is stamped (weak references do not
work on built-in exceptions). The stamp is a plain tuple of strings, numbers and a flag: it survives
pickling on the way out of a worker process, and copying. It says which error event it is and in
which span it was raised, so that a hook that runs after the span ended still knows the trace.

    (event id, trace id, span id, trace flags, told)

- Seen again in the same trace, or outside any: the same error event.
- Seen in another trace: an exception object that was kept and raised again; a new error event, a
  new stamp.
- `told` false: a span saw it pass and was told not to record it. Nothing was emitted; should it
  become an error later, it is the span that counts as the place where it was raised.

Two threads that see one object at once agree through `dict.setdefault`, which is atomic.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry._logs import SeverityNumber
from opentelemetry.trace import SpanContext, TraceFlags

from otel_errors import _work
from otel_errors._emit import ErrorEvent
from otel_errors._traceback import members, render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.util.types import AnyValue

    from otel_errors._config import Settings
    from otel_errors._emit import Emitter
    from otel_errors._guard import Guard
    from otel_errors._traceback import Rendered

STAMP_ATTRIBUTE: Final = "__otel_errors__"
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

    @property
    def span_context(self) -> SpanContext:
        """The span in which the exception was raised."""
        return SpanContext(
            trace_id=self.trace_id,
            span_id=self.span_id,
            is_remote=False,
            trace_flags=TraceFlags(self.trace_flags),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What capturing an exception gives: its error event's id, and its text."""

    event_id: str
    rendered: Rendered


class ErrorCapture:
    """Decides whether an exception is an error that was not told yet, and tells it.

    Safe from any thread.
    """

    def __init__(self, *, settings: Settings, emitter: Emitter) -> None:
        self.settings = settings
        self.emitter = emitter
        self._busy = threading.local()

    def is_error(self, exception: BaseException) -> bool:
        """Whether `exception` counts: no way to end things on purpose, not from our own sending."""
        if getattr(self._busy, "capturing", False):
            return False  # a log processor or exporter fails while we emit
        if otel_context.get_value(otel_context._SUPPRESS_INSTRUMENTATION_KEY):  # noqa: SLF001 - it has no public name
            return False  # an export is under way in this context
        # Applications record strings, too, whatever the signature says.
        return (
            isinstance(exception, BaseException) and not _ends_on_purpose(exception) and not _work.is_answer(exception)
        )

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
    ) -> str | None:
        """Tell of `exception` unless it was told.

        `span_context` is the span that saw it; a hook has none. Then the stamp tells where it was raised, else
        `raised_in`, the span that the work was started in (invalid: in none), else the span that is current now. Returns
        the event id, or None when `exception` is no error.
        """
        if not self.is_error(exception):
            return None
        stamp, first = _admit(exception, span_context, raised_in)
        if first:
            self._tell(
                stamp,
                self._render(exception),
                severity=severity,
                handled=handled,
                attributes=attributes or {},
                timestamp_ns=timestamp_ns,
                mechanism=mechanism,
            )
        return stamp.event_id

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
        rendered = self._render(exception)
        if first:
            self._tell(
                stamp,
                rendered,
                severity=SeverityNumber.ERROR,
                handled=None,
                attributes=attributes,
                timestamp_ns=timestamp_ns,
                mechanism="span",
            )
        return Sighting(event_id=stamp.event_id, rendered=rendered)

    def mark(self, exception: BaseException, *, span_context: SpanContext) -> None:
        """Remember that `exception` left this span, without telling of it."""
        if self.is_error(exception):
            stamp = read_stamp(exception)
            if stamp is None or stamp.trace_id != span_context.trace_id:
                _write_stamp(exception, _new_stamp(span_context, told=False))

    def flush(self, guard: Guard) -> None:
        """Send what waits before the process ends, for at most `flush_timeout_ms`. Never raises an `Exception`."""
        try:
            self.emitter.pipeline.flush(self.settings.flush_timeout_ms)
        except Exception:  # noqa: BLE001 - never harm the app
            guard.failed("send what waits before the process ends")

    def _render(self, exception: BaseException) -> Rendered:
        return render(
            exception,
            frames_max=self.settings.frames_max,
            message_length_max=self.settings.message_length_max,
        )

    def _tell(
        self,
        stamp: Stamp,
        rendered: Rendered,
        *,
        severity: SeverityNumber,
        handled: bool | None,
        attributes: Mapping[str, AnyValue],
        timestamp_ns: int | None,
        mechanism: str,
    ) -> None:
        self._busy.capturing = True
        try:
            self.emitter.emit(
                ErrorEvent(
                    event_id=stamp.event_id,
                    rendered=rendered,
                    timestamp_ns=time.time_ns() if timestamp_ns is None else timestamp_ns,
                    span_context=stamp.span_context,
                    severity=severity,
                    handled=handled,
                    attributes={**_work.attributes(), **attributes},
                    mechanism=mechanism,
                )
            )
        finally:
            self._busy.capturing = False


def read_stamp(exception: BaseException) -> Stamp | None:
    """Return the stamp on `exception`, or None.

    What another version or a stranger left there does not count.
    """
    match _attributes_of(exception).get(STAMP_ATTRIBUTE):
        case (str(event_id), int(trace_id), int(span_id), int(trace_flags), bool(told)):
            return Stamp(
                event_id=event_id,
                trace_id=trace_id,
                span_id=span_id,
                trace_flags=trace_flags,
                told=told,
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
        return _write_stamp(
            exception,
            Stamp(
                event_id=prior.event_id,
                trace_id=prior.trace_id,
                span_id=prior.span_id,
                trace_flags=prior.trace_flags,
                told=True,
            ),
        ), True
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


def _as_tuple(stamp: Stamp) -> tuple[str, int, int, int, bool]:
    return (stamp.event_id, stamp.trace_id, stamp.span_id, stamp.trace_flags, stamp.told)


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
        return isinstance(exception, NOT_ERRORS)
    if isinstance(exception, SystemExit):
        return exception.code in (None, 0, "")
    kind = type(exception)
    return isinstance(exception, NOT_ERRORS) or f"{kind.__module__}.{kind.__qualname__}" in _ELSEWHERE

"""Exceptions of spans that are not sampled.

A span that the sampler dropped is a `NonRecordingSpan`: it has the ids of its trace, no processor
ever hears of it, and its methods do nothing. Logs are not sampled, so its errors can be told all
the same. Two of its methods are replaced on the class: `record_exception`, and `end`, which
`use_span` calls while the exception that leaves the block is in flight.

An exception in flight did not always end the span (it may have been opened in an `except` block),
and there is no `on_start` to compare with. So only an exception that passes through the frame of
the `with` block counts; where a span is ended by hand the exception is marked with it, for whoever
finds it to be an error later.

The other way, a sampler that turns DROP into RECORD_ONLY, costs 30 us a span; this costs nothing
that can be measured. Out of reach: the no-op tracer of an application without an SDK, whose spans
have no ids.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from opentelemetry.trace import NonRecordingSpan

from otel_errors._paths._path import WatchedPath
from otel_errors._span_processor import is_with_block

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from opentelemetry.util.types import Attributes


class UnsampledSpans(WatchedPath):
    """Captures the exceptions of unsampled spans, between `install()` and `uninstall()`."""

    def watch(self) -> None:
        """Replace the two methods."""
        self.hold(NonRecordingSpan, "record_exception", self._recording)
        self.hold(NonRecordingSpan, "end", self._ending)

    def _recording(self, original: Callable[..., None]) -> Callable[..., None]:
        def record_exception(
            span: NonRecordingSpan,
            exception: BaseException,
            attributes: Attributes = None,
            timestamp: int | None = None,
            escaped: bool = False,  # noqa: FBT001, FBT002 - the API's signature
        ) -> None:
            try:
                if self.active:
                    self._capture.capture(
                        exception,
                        span_context=span.get_span_context(),
                        attributes=attributes,
                        timestamp_ns=timestamp,
                        mechanism="span",
                    )
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed("capture an exception recorded on an unsampled span")
            original(span, exception, attributes, timestamp, escaped)

        return record_exception

    def _ending(self, original: Callable[..., None]) -> Callable[..., None]:
        def end(span: NonRecordingSpan, end_time: int | None = None) -> None:
            exception = sys.exc_info()[1]
            if exception is not None and self.active:
                try:
                    self._ended(span, exception, sys._getframe(1))  # noqa: SLF001 - who ends it decides
                except Exception:  # noqa: BLE001 - never harm the app
                    self._guard.failed("capture the exception that ended an unsampled span")
            original(span, end_time)

        return end

    def _ended(self, span: NonRecordingSpan, exception: BaseException, caller: FrameType) -> None:
        span_context = span.get_span_context()
        if not span_context.is_valid or isinstance(exception, (StopIteration, StopAsyncIteration)):
            return
        if not is_with_block(caller):
            self._capture.mark(exception, span_context=span_context)
            return
        block: dict[str, Any] = caller.f_locals
        if not (block.get("exc_val") is exception or _passes_through(caller, exception)):
            return
        if block.get("record_exception", True) or block.get("set_status_on_exception", True):
            self._capture.capture(exception, span_context=span_context, mechanism="span")
        else:
            self._capture.mark(exception, span_context=span_context)


def _passes_through(frame: FrameType, exception: BaseException) -> bool:
    """Whether `exception` was raised below `frame` and left it: the frame is in its traceback."""
    entry = exception.__traceback__
    while entry is not None:
        if entry.tb_frame is frame:
            return True
        entry = entry.tb_next
    return False

"""The error lane: the records of a segment -> rows of errors.

    records    OTLP requests, in the order in which they were received
    items      spans and log records that hold the bytes `exception.`  collector.decode.framing
    sightings  each exception that an item tells of                    collector.decode.spans, .logs
    groupings  scrub, parse the stack, fingerprint                     collector.grouping
    decisions  new occurrence, later sighting, or re-delivery          collector.drain.occurrences
    rows       `ErrorEvent` and `ErrorSighting`, times in range

A damaged item costs itself alone. Times out of range are moved into it: a clock that is wrong by
years would open partitions by the hundred, and hide the error from everybody who looks at the last
hour.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError

from collector.decode.attributes import ATTRIBUTE_CHARS_MAX, AttributeReader, cut_text
from collector.decode.exception_attributes import MARKER, Ordinals, Surroundings
from collector.decode.framing import iter_items
from collector.decode.logs import read_log_record
from collector.decode.messages import InstrumentationScope, Resource
from collector.decode.spans import read_span
from collector.drain.occurrences import undecided
from collector.drain.stated import StatedResources
from collector.model import ErrorEvent, ErrorSighting
from collector.scrub import scrub_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from collector.drain.occurrences import Decision, Occurrences
    from collector.model import ExceptionSighting, Grouping, Signal
    from collector.self_metrics import SelfMetrics

TIMESTAMP_PAST_NS_MAX: Final = 7 * 86_400 * 1_000_000_000
"""How old an error may be when it is received: exporters that were cut off send what they kept, for
days."""

TIMESTAMP_FUTURE_NS_MAX: Final = 600 * 1_000_000_000
"""How far ahead of ours a sender's clock may be."""

RESOURCES_CACHED_MAX: Final = 1024
"""Decoded resources that are remembered: one per process that sends, about 2 KB each."""

_NS_PER_MS: Final = 1_000_000
_READERS: Final = {"traces": read_span, "logs": read_log_record}


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBatch:
    """The rows of one segment, in the order of its sightings.

    `retractions` are rows of `error_events` too, with negative weights: each takes back an
    occurrence, stored with an earlier segment, that turned out to be part of another one (see
    `collector.drain.occurrences`). `damaged` are items that could not be read, with the reason.
    """

    events: tuple[ErrorEvent, ...]
    sightings: tuple[ErrorSighting, ...]
    retractions: tuple[ErrorEvent, ...]
    damaged: tuple[tuple[bytes, str], ...]


class ErrorLane:
    """Reads one segment after the other, in the order of their names.

    `group` tells the group of a sighting (`collector.grouping.Grouper.group`). A segment may be
    read again, as long as none was read after it. Belongs to one thread.
    """

    def __init__(
        self,
        *,
        group: Callable[[ExceptionSighting], Grouping],
        occurrences: Occurrences,
        metrics: SelfMetrics,
    ) -> None:
        self._group = group
        self._occurrences = occurrences
        self._metrics = metrics
        self._attributes = AttributeReader(_scrub_attribute)
        self._stated = StatedResources()
        self._resource = lru_cache(RESOURCES_CACHED_MAX)(self._read_resource)

    def read(self, segment_name: str, signal: Signal, sealed_ms: int, records: Iterable[bytes]) -> ErrorBatch:
        """Decide on all that a segment tells of.

        The answer depends on the segments before it, and on nothing else.
        """
        damaged: list[tuple[bytes, str]] = []
        received_ns = sealed_ms * _NS_PER_MS
        sightings = self._sightings(signal, records, damaged, received_ns)
        grouped = [(sighting, self._group(sighting)) for sighting in sightings]
        seen = [pair for pair in grouped if not pair[1].verdict.dropped_by]
        if len(seen) < len(grouped):
            self._count_dropped(grouping for _, grouping in grouped)
        decisions = self._occurrences.decide(
            segment_name,
            [undecided(sighting, grouping, segment=segment_name) for sighting, grouping in seen],
        )
        rows = _Rows(segment_name, sealed_ms)
        for (sighting, grouping), decision in zip(seen, decisions, strict=True):
            if decision.outcome != "redelivery":
                rows.add(sighting, grouping, decision)
        for parser, count in Counter(grouping.stack.parser for _, grouping in seen).items():
            self._metrics.stacks_parsed.labels(parser).inc(count)
        self._metrics.error_events.inc(len(rows.events))
        self._metrics.error_sightings.inc(len(rows.sightings))
        self._metrics.error_redeliveries.inc(len(seen) - len(rows.events) - len(rows.sightings))
        self._metrics.clamped_timestamps.inc(rows.clamped)
        return ErrorBatch(
            events=tuple(rows.events),
            sightings=tuple(rows.sightings),
            retractions=tuple(rows.retractions),
            damaged=tuple(damaged),
        )

    def _sightings(
        self, signal: Signal, records: Iterable[bytes], damaged: list[tuple[bytes, str]], received_ns: int
    ) -> Iterator[ExceptionSighting]:
        reader = _READERS.get(signal)
        if reader is None:
            return
        for number, record in enumerate(records):
            if MARKER not in record:
                continue
            ordinals = Ordinals()
            for resource, _, scope, items in iter_items(record):
                telling = [item for item in items if MARKER in item]
                if not telling:
                    continue
                around = Surroundings(
                    resource=self._resource(resource),
                    scope_name=_read_scope_name(scope),
                    ordinals=ordinals,
                    attributes=self._attributes,
                )
                for item in telling:
                    try:
                        for sighting in reader(item, around):
                            yield self._stated.complete(_timed(sighting, received_ns + number))
                    except DecodeError as fault:
                        damaged.append((item, f"the item's protobuf encoding is damaged: {fault}"))

    def _count_dropped(self, groupings: Iterable[Grouping]) -> None:
        """What a rule dropped is no event; its telemetry is stored by the other lane."""
        for rule, count in Counter(grouping.verdict.dropped_by for grouping in groupings).items():
            if rule:
                self._metrics.dropped_errors.labels(rule).inc(count)

    def _read_resource(self, encoding: bytes) -> Mapping[str, str]:
        """Read a resource's attributes; there are none if its encoding is damaged."""
        try:
            return self._attributes.read(Resource.FromString(encoding).attributes)
        except DecodeError:
            return {}


def _timed(sighting: ExceptionSighting, received_ns: int) -> ExceptionSighting:
    """Give a sighting without a time and without a span, which would look like any other such one, a time of its own."""
    if sighting.timestamp_ns or sighting.span_id:
        return sighting
    return replace(sighting, timestamp_ns=received_ns, observed_ns=received_ns)


class _Rows:
    """Collects a segment's rows."""

    def __init__(self, segment: str, sealed_ms: int) -> None:
        self.events: list[ErrorEvent] = []
        self.sightings: list[ErrorSighting] = []
        self.retractions: list[ErrorEvent] = []
        self.clamped = 0
        self._segment = segment
        self._received_ns = sealed_ms * _NS_PER_MS

    def add(self, sighting: ExceptionSighting, grouping: Grouping, decision: Decision) -> None:
        """Make the row that was decided on."""
        timestamp_ns = self._clamp(sighting.timestamp_ns)
        if decision.outcome == "event":
            self.clamped += timestamp_ns != sighting.timestamp_ns
            self.events.append(
                ErrorEvent(
                    event_id=decision.event_id,
                    segment=self._segment,
                    sighting=sighting,
                    grouping=grouping,
                    sighting_key=decision.sighting_key,
                    timestamp_ns=timestamp_ns,
                )
            )
        else:
            self.sightings.append(
                ErrorSighting(
                    event_id=decision.event_id,
                    segment=self._segment,
                    sighting=sighting,
                    grouping=grouping,
                    sighting_key=decision.sighting_key,
                    timestamp_ns=timestamp_ns,
                )
            )
        if decision.retracted is not None:
            event_id, weight = decision.retracted
            self.retractions.append(
                ErrorEvent(
                    event_id=event_id,
                    segment=self._segment,
                    sighting=replace(sighting, event_id="", weight=-weight),
                    grouping=grouping,
                    sighting_key=decision.sighting_key,
                    timestamp_ns=timestamp_ns,
                )
            )

    def _clamp(self, timestamp_ns: int) -> int:
        if timestamp_ns == 0:
            return self._received_ns
        return min(
            max(timestamp_ns, self._received_ns - TIMESTAMP_PAST_NS_MAX),
            self._received_ns + TIMESTAMP_FUTURE_NS_MAX,
        )


def _read_scope_name(encoding: bytes) -> str:
    try:
        return cut_text(InstrumentationScope.FromString(encoding).name, ATTRIBUTE_CHARS_MAX)
    except DecodeError:
        return ""


def _scrub_attribute(key: str, text: str) -> str:
    return scrub_attributes({key: text})[key]

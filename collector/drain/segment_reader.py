"""The pure part of the error lane: the records of a segment -> what they tell, undecided.

    records    OTLP requests, in the order in which they were received
    items      spans and log records that hold the bytes `exception.`  collector.decode.framing
    sightings  each exception that an item tells of                    collector.decode.spans, .logs
    groupings  scrub, parse the stack, fingerprint                     collector.grouping
    kept       what is kept of both until it is decided                rows in pieces: collector.store.rows

A damaged item costs itself alone. Times out of range are moved into it: a clock that is wrong by
years would open partitions by the hundred, and hide the error from everybody who looks at the last
hour.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from google.protobuf.message import DecodeError

from collector.decode.attributes import AttributeReader
from collector.decode.exception_attributes import MARKER, Ordinals, Surroundings
from collector.decode.framing import iter_items
from collector.decode.logs import read_log_record
from collector.decode.messages import Resource
from collector.decode.spans import read_span
from collector.drain.occurrences import undecided
from collector.drain.stated import StatedResources
from collector.drain.version_transition import continuations
from collector.scrub import scrub_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from collector.drain.occurrences import RememberedSighting
    from collector.model import ExceptionSighting, Grouping, Signal
    from collector.store.alias_plan import Continuation

TIMESTAMP_PAST_NS_MAX: Final = 7 * 86_400 * 1_000_000_000
"""How old an error may be when it is received: exporters that were cut off send what they kept, for
days."""

TIMESTAMP_FUTURE_NS_MAX: Final = 600 * 1_000_000_000
"""How far ahead of ours a sender's clock may be."""

RESOURCES_CACHED_MAX: Final = 1024
"""Decoded resources that are remembered: one per process that sends, about 2 KB each."""

STEP_COUNT: Final = 64
"""Sightings that go through one step together: taken one by one through all steps, they cost half as much again, since
each step's code is fetched anew."""

_NS_PER_MS: Final = 1_000_000
_READERS: Final = {"traces": read_span, "logs": read_log_record}

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a segment tells, for whoever decides about it.

    `clamped` are the places of sightings whose time was moved. `damaged` are items that could not be
    read, with the reason. `dropped` counts sightings by the rule that dropped them, `parsers` stacks
    by their parser. `continuations` are the groups that continue those of an earlier version.
    """

    undecided: Sequence[RememberedSighting]
    clamped: frozenset[int]
    damaged: tuple[tuple[bytes, str], ...]
    dropped: Mapping[str, int]
    parsers: Mapping[str, int]
    continuations: tuple[Continuation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[T]):
    """A segment that was read: what it tells, and what was kept of each sighting, in the same order."""

    told: Told
    kept: Sequence[T]


class SegmentReader(Generic[T]):
    """Reads one segment after the other. The answer depends on the segment and the rules alone. Belongs to one thread.

    `group` tells the group of a sighting (`collector.grouping.Grouper.group`). `keep` makes what is
    kept of a sighting, its grouping, its sighting key and its time.
    """

    def __init__(
        self,
        *,
        group: Callable[[ExceptionSighting], Grouping],
        keep: Callable[[ExceptionSighting, Grouping, str, int], T],
    ) -> None:
        self._group = group
        self._keep = keep
        self._attributes = AttributeReader(_scrub_attribute)
        self._stated = StatedResources()
        self._resource = lru_cache(RESOURCES_CACHED_MAX)(self._read_resource)

    def read(self, segment_name: str, signal: Signal, sealed_ms: int, records: Iterable[bytes]) -> Reading[T]:
        """Read all that a segment tells of."""
        group, keep = self._group, self._keep
        received_ns = sealed_ms * _NS_PER_MS
        earliest, latest = received_ns - TIMESTAMP_PAST_NS_MAX, received_ns + TIMESTAMP_FUTURE_NS_MAX
        rows: list[RememberedSighting] = []
        kept: list[T] = []
        clamped: list[int] = []
        dropped: list[str] = []
        parsers: list[str] = []
        damaged: list[tuple[bytes, str]] = []
        continued: dict[Continuation, None] = {}
        sightings = self._sightings(signal, records, damaged, received_ns)
        while batch := list(islice(sightings, STEP_COUNT)):
            seen = list(zip(batch, map(group, batch), strict=True))
            dropped += [grouping.verdict.dropped_by for _, grouping in seen if grouping.verdict.dropped_by]
            seen = [pair for pair in seen if not pair[1].verdict.dropped_by]
            continued.update(dict.fromkeys(continuations(grouping for _, grouping in seen)))
            told = [undecided(sighting, grouping, segment=segment_name) for sighting, grouping in seen]
            times = [sighting.timestamp_ns for sighting, _ in seen]
            for place, sent_ns in enumerate(times):
                if not earliest <= sent_ns <= latest:
                    times[place] = min(max(sent_ns, earliest), latest) if sent_ns else received_ns
                    clamped.append(len(rows) + place)
            kept += [
                keep(sighting, grouping, row.sighting_key, timestamp_ns)
                for (sighting, grouping), row, timestamp_ns in zip(seen, told, times, strict=True)
            ]
            rows += told
            parsers += [grouping.stack.parser for _, grouping in seen]
        return Reading(
            told=Told(
                undecided=rows,
                clamped=frozenset(clamped),
                damaged=tuple(damaged),
                dropped=Counter(dropped),
                parsers=Counter(parsers),
                continuations=tuple(continued),
            ),
            kept=kept,
        )

    def _sightings(
        self, signal: Signal, records: Iterable[bytes], damaged: list[tuple[bytes, str]], received_ns: int
    ) -> Iterator[ExceptionSighting]:
        reader = _READERS.get(signal)
        if reader is None:
            return
        complete = self._stated.complete
        for number, record in enumerate(records):
            if MARKER not in record:
                continue
            ordinals = Ordinals()
            for resource, _, _, items in iter_items(record):
                telling = [item for item in items if MARKER in item]
                if not telling:
                    continue
                around = Surroundings(resource=self._resource(resource), ordinals=ordinals, attributes=self._attributes)
                for item in telling:
                    try:
                        for sighting in reader(item, around):
                            # Without a time and without a span it would look like any other such one.
                            if not (sighting.timestamp_ns or sighting.span_id):
                                own_ns = received_ns + number
                                sighting = sighting._replace(timestamp_ns=own_ns, observed_ns=own_ns)  # noqa: PLW2901
                            yield complete(sighting) if sighting.event_id else sighting
                    except DecodeError as fault:
                        damaged.append((item, f"the item's protobuf encoding is damaged: {fault}"))

    def _read_resource(self, encoding: bytes) -> Mapping[str, str]:
        """Read a resource's attributes; there are none if its encoding is damaged."""
        try:
            return self._attributes.read(Resource.FromString(encoding).attributes)
        except DecodeError:
            return {}


def _scrub_attribute(key: str, text: str) -> str:
    return scrub_attributes({key: text})[key]

"""Which sightings are one occurrence: the memory of the last ten minutes, and what it decides.

An exception that passes five spans is recorded five times, and logged once or twice; a client that
heard no answer sends all of it again. A person counts one error. For each sighting, in this order:

1. The same sighting again (same signal, span, event time, key, ordinal, SDK event id) is a
   *re-delivery*: not stored. Without a span, the process that sent it stands for the span.
2. A sighting with an `otel_errors.event_id` that is known in its service belongs to the occurrence
   with that id.
3. Else it belongs to the occurrence that awaits it in its trace: `collector/drain/propagation.py`
   says which, and why the order of arrival does not matter. The *key* that sightings of one
   occurrence share is a digest of service, type, message and raise site, as grouping reads them:
   the raw attributes differ between signals.
4. Else it is a new occurrence. Its event id is a digest of what identifies this sighting, so the
   same data gives the same ids. Log records outside any trace always end here.

A sighting can link two occurrences: spans 1 and 3 of a chain came, and now span 2 comes between
them. If one of the two has no stored row yet, which is so for everything in one segment, it becomes
part of the other. If both are stored, the sighting joins the inner one, and the outer one is
*retracted*: one more row under its event id, with its weight negated, so that every sum of weights
is right. That takes three exports of one process in the wrong order: a stock SDK exports inner
spans first, and two batches that swap places are resolved without. The sighting then belongs to
both.

What is exact: counts (sums of weights), for any order of arrival within the memory's window, as
long as each span on the way of an exception recorded it. Which of several alike belong together
(three retries that come after the parent) is the best guess by time. What is not seen as one: spans
that did not record the exception, or were not sent, between two that did; events with and without a
stack; alike sightings, in one tick of a coarse clock, that a proxy regroups into other requests
(ordinals are numbered by request: such are taken for re-deliveries).

Time is the time of the segments. The memory follows from the rows of the segments before, and from
nothing else: not from the clock, not from the order within a segment. So a collector that is
killed, restores the memory from the rows whose segment is not in the journal any more, and reads
its journal again, decides as before, to the byte. To keep that: everything remembered is in
`RememberedSighting`, which is what the tables hold; forgetting happens between segments; and a
segment that is read twice (an insert failed) is forgotten first.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeVar, cast

from collector.drain.propagation import Family, Mark, Occurrence
from collector.drain.sighting_key import sighting_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from collector.model import ExceptionSighting, Grouping, SeenIn
    from collector.self_metrics import SelfMetrics

WINDOW_MS: Final = 600_000
"""How long a sighting is remembered, by segment time: exporters retry for minutes, spans of one
exception end together."""

SIGHTINGS_MAX: Final = 200_000
"""Sightings remembered between two segments, about 0.7 KB each; the oldest go first. 10 s at 20,000
a second."""

SEALED_MS_DIGITS: Final = 13
"""A segment's name begins with the time at which it was sealed, in Unix milliseconds of this many
digits."""

STORED_TIME_NS_MAX: Final = 9_223_372_036_000_000_000
"""The last time that a DateTime64(9) column holds; later ones come back as this one."""


class RememberedSighting(NamedTuple):
    """What the memory keeps of a stored sighting: columns of `error_events` and `error_sightings`.

    `original_timestamp_ns` is the time as sent. `weight` is the row's `Weight` (negative in a
    retraction), and 0 for a row of `error_sightings`.
    """

    event_id: str
    segment: str
    original_timestamp_ns: int
    service_namespace: str
    service_name: str
    trace_id: str
    span_id: str
    parent_span_id: str
    seen_in: SeenIn
    ordinal: int
    sighting_key: str
    sdk_event_id: str
    weight: int

    @property
    def sealed_ms(self) -> int:
        """When the segment was sealed, Unix milliseconds."""
        return int(self.segment[:SEALED_MS_DIGITS])


class Decision(NamedTuple):
    """What one sighting is: a new occurrence's row, a later sighting, or a re-delivery.

    `retracted` is the event id and the weight of a stored occurrence that turned out to be part of
    this one.
    """

    outcome: Literal["event", "sighting", "redelivery"]
    event_id: str
    sighting_key: str
    retracted: tuple[str, int] | None = None


def undecided(sighting: ExceptionSighting, grouping: Grouping, *, segment: str) -> RememberedSighting:
    """Return a sighting as `Occurrences.decide` takes it: its own weight, no event id yet."""
    resource = sighting.resource
    # By position: with names it would take twice as long.
    return RememberedSighting(
        "",
        segment,
        min(sighting.timestamp_ns, STORED_TIME_NS_MAX),
        resource.get("service.namespace", ""),
        resource.get("service.name", ""),
        sighting.trace_id,
        sighting.span_id,
        sighting.parent_span_id,
        sighting.seen_in,
        sighting.ordinal,
        sighting_key(sighting, grouping),
        sighting.event_id,
        sighting.weight,
    )


class _Sighting:
    """One sighting in the memory.

    `family` and `sdk_key` are "" when it has no trace or no SDK event id.
    """

    __slots__ = (
        "family",
        "identity",
        "mark",
        "occurrence",
        "parent",
        "sdk_id",
        "sdk_key",
        "span",
        "time",
        "weight",
    )

    occurrence: Occurrence

    def __init__(self, row: RememberedSighting) -> None:
        shared, mark, *_ = row.sighting_key.split(".", 2)
        self.identity = _identity(row)
        self.mark = cast("Mark", mark)
        self.span = row.span_id
        self.parent = row.parent_span_id
        self.time = row.original_timestamp_ns
        self.weight = row.weight
        self.family = shared + row.trace_id if row.trace_id and row.span_id else ""
        self.sdk_id = row.sdk_event_id
        self.sdk_key = f"{row.service_namespace}\0{row.service_name}\0{row.sdk_event_id}" if row.sdk_event_id else ""


_Key = TypeVar("_Key")

# The occurrences that a segment makes, with their sightings so far; the first makes the row.
_Fresh = dict[Occurrence, list[_Sighting]]


class Occurrences:
    """The memory. Belongs to one thread; segments are read in the order of their names."""

    def __init__(self, *, metrics: SelfMetrics, sightings_max: int = SIGHTINGS_MAX) -> None:
        self._metrics = metrics
        self._sightings_max = sightings_max
        self._segments: dict[str, list[_Sighting]] = {}
        self._known: dict[str, int] = {}
        self._occurrences: dict[str, tuple[Occurrence, int]] = {}
        # Of one occurrence each, except while rows are restored that are beyond the limits.
        self._by_sdk_key: dict[str, dict[Occurrence, int]] = {}
        # Most families have one sighting, which stands for it until a second one asks.
        self._families: dict[str, Family | _Sighting] = {}

    def restore(self, rows: Iterable[RememberedSighting]) -> None:
        """Remember stored rows, in any order.

        Those of the last `WINDOW_MS` before the next segment to be read are needed; older ones do
        no harm.
        """
        for row in rows:
            occurrence, _ = self._occurrences.get(row.event_id, (None, 0))
            self._remember(_Sighting(row), occurrence or Occurrence(row.event_id, stored=True), row.segment)

    def decide(self, segment: str, rows: Sequence[RememberedSighting]) -> list[Decision]:
        """Decide on all sightings of a segment, made by `undecided`.

        The answers stand in the order of `rows`.
        """
        self._forget_before(segment)
        made: list[_Sighting | None] = [None] * len(rows)
        retracted: dict[int, tuple[str, int]] = {}
        fresh: _Fresh = {}
        # Inner spans' events come first, so most sightings meet an occurrence that awaits them.
        for index in sorted(range(len(rows)), key=lambda i: rows[i].original_timestamp_ns):
            sighting = _Sighting(rows[index])
            if sighting.identity in self._known or sighting.identity in self._occurrences:
                continue
            made[index] = sighting
            occurrence, outer = self._find(sighting)
            if occurrence is None:
                occurrence = Occurrence(sighting.identity, stored=False)
                fresh[occurrence] = []
            else:
                sighting.weight = 0
                if outer is not None and occurrence.stored and outer.stored and not outer.weight:
                    # It was taken back before and has no weight any more, so the other goes.
                    occurrence, outer = outer, occurrence
            self._remember(sighting, occurrence, segment)
            if not occurrence.stored:
                fresh[occurrence].append(sighting)
            absorbed = outer is None or self._absorb(occurrence, outer, fresh)
            if outer is not None and not absorbed and outer.weight:
                retracted[index] = outer.event_id, outer.weight
                again = rows[index]._replace(sdk_event_id="", weight=-outer.weight)
                self._remember(_Sighting(again), outer, segment)
        for occurrence in fresh:
            occurrence.stored = True
        founders = {sightings[0] for sightings in fresh.values()}
        return [
            Decision("redelivery", "", row.sighting_key)
            if sighting is None
            else Decision(
                "event" if sighting in founders else "sighting",
                sighting.occurrence.event_id,
                row.sighting_key,
                retracted.get(index),
            )
            for index, (row, sighting) in enumerate(zip(rows, made, strict=True))
        ]

    def _find(self, sighting: _Sighting) -> tuple[Occurrence | None, Occurrence | None]:
        """Return the occurrence that a sighting belongs to.

        And then another one that the sighting shows to be the same, if there is one.
        """
        if sighting.sdk_key:
            known = self._by_sdk_key.get(sighting.sdk_key)
            if known is not None:
                return next(iter(known)), None
        if not sighting.family or sighting.family not in self._families:
            return None, None
        family = self._family(sighting.family)
        time, sdk_id = sighting.time, sighting.sdk_id
        inner = family.find(sighting.span, sighting.mark, time, sdk_id)
        outer = family.find_outer(sighting.parent, time, sdk_id, inner) if sighting.parent else None
        return (outer, None) if inner is None else (inner, outer)

    def _absorb(self, inner: Occurrence, outer: Occurrence, fresh: _Fresh) -> bool:
        """Make one of two occurrences part of the other; False when both have a stored row."""
        for gone, kept in ((outer, inner), (inner, outer)):
            if gone.stored:
                continue
            moved = fresh.pop(gone)
            for sighting in moved:
                self._forget(sighting)
            for sighting in moved:
                sighting.occurrence = kept
                sighting.weight = 0
                self._index(sighting)
            if not kept.stored:
                fresh[kept].extend(moved)
            return True
        return False

    def _remember(self, sighting: _Sighting, occurrence: Occurrence, segment: str) -> None:
        self._segments.setdefault(segment, []).append(sighting)
        sighting.occurrence = occurrence
        self._index(sighting)

    def _index(self, sighting: _Sighting) -> None:
        occurrence = sighting.occurrence
        _count(self._known, sighting.identity, 1)
        _, count = self._occurrences.get(occurrence.event_id, (occurrence, 0))
        self._occurrences[occurrence.event_id] = occurrence, count + 1
        occurrence.weight += sighting.weight
        if sighting.sdk_key:
            _count(occurrence.sdk_ids, sighting.sdk_id, 1)
            _count(self._by_sdk_key.setdefault(sighting.sdk_key, {}), occurrence, 1)
        if sighting.family:
            if sighting.family not in self._families:
                self._families[sighting.family] = sighting
            else:
                _add(self._family(sighting.family), sighting)

    def _forget(self, sighting: _Sighting) -> None:
        """Undo `_index`."""
        occurrence = sighting.occurrence
        _count(self._known, sighting.identity, -1)
        _, count = self._occurrences[occurrence.event_id]
        if count == 1:
            del self._occurrences[occurrence.event_id]
        else:
            self._occurrences[occurrence.event_id] = occurrence, count - 1
        occurrence.weight -= sighting.weight
        if sighting.sdk_key:
            _count(occurrence.sdk_ids, sighting.sdk_id, -1)
            _count(self._by_sdk_key[sighting.sdk_key], occurrence, -1)
            if not self._by_sdk_key[sighting.sdk_key]:
                del self._by_sdk_key[sighting.sdk_key]
        if sighting.family:
            family = self._families[sighting.family]
            if isinstance(family, Family):
                family.remove(occurrence, sighting.span, sighting.parent, sighting.mark, sighting.time)
            if not isinstance(family, Family) or family.is_empty():
                del self._families[sighting.family]

    def _forget_before(self, segment: str) -> None:
        """Forget what is too old for a segment, and what is too much.

        And the segment itself, if it was read before.
        """
        window_start_ms = int(segment[:SEALED_MS_DIGITS]) - WINDOW_MS
        for name in list(self._segments):
            if name == segment or int(name[:SEALED_MS_DIGITS]) < window_start_ms:
                for sighting in self._segments.pop(name):
                    self._forget(sighting)
        excess = sum(map(len, self._segments.values())) - self._sightings_max
        if excess > 0:
            self._metrics.occurrence_overflows.inc(excess)
        while excess > 0:
            oldest = min(self._segments)
            sightings = self._segments.pop(oldest)
            # In an order that does not depend on how they came into the memory.
            sightings.sort(key=lambda s: (s.time, s.identity, s.occurrence.event_id))
            for sighting in sightings[:excess]:
                self._forget(sighting)
            if len(sightings) > excess:
                self._segments[oldest] = sightings[excess:]
            excess -= len(sightings)

    def _family(self, key: str) -> Family:
        family = self._families[key]
        if isinstance(family, Family):
            return family
        made = Family()
        _add(made, family)
        self._families[key] = made
        return made


def _add(family: Family, sighting: _Sighting) -> None:
    family.add(sighting.occurrence, sighting.span, sighting.parent, sighting.mark, sighting.time)


def _count(counts: dict[_Key, int], key: _Key, change: int) -> None:
    """Change a count; a count of 0 is not kept."""
    count = counts.get(key, 0) + change
    if count:
        counts[key] = count
    else:
        del counts[key]


def _identity(row: RememberedSighting) -> str:
    """Return what makes a sighting this one, 32 hex digits.

    It is also the event id, if the sighting is the first of its occurrence.
    """
    identity = (
        f"{row.sighting_key}|{row.seen_in}|{row.trace_id}|{row.span_id}"
        f"|{row.original_timestamp_ns}|{row.ordinal}|{row.sdk_event_id}"
    )
    return blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

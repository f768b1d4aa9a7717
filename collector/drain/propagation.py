"""Which sightings of one trace tell of the same exception: who awaits what on which span.

A `Family` is what was seen in one trace of one service with one key (type, message, raise site).
Its occurrences differ in nothing but where and when they were seen, so they are told apart by
counting: on each span an occurrence is recorded at most once, leaves at most once and is logged at
most once, and it enters a span from one child at most.

So each occurrence *awaits* certain sightings on certain spans, and a sighting goes to an occurrence
that awaits it:

    awaits    of an occurrence that was seen on a span ...    and is met by
    log       as an event, and not in a log                   a log record of the span
    event     in a log, and not as an event                   any event of the span
    left      as an event, but not as leaving by its stack    an event whose stack shows that
    escaped   as an event, but not as saying so               an event with exception.escaped
    child     in any way, and not on a child of it            an event of a child
    arrival   only on a child of it                           an event or a log record of the span

The first four pair what one span tells twice; `child` and `arrival` are propagation, from either
end, so that it does not matter whether the inner or the outer span comes first.

Time decides among several that await the same. An exception is seen inside before it is seen
outside, so `arrival` goes to the latest occurrence that was seen on a child before, and `child` to
the earliest that was seen on the parent after. All events of a span come together, as one item, and
are taken by time; so the nearest is always right for the count: an earlier child suits every later
event of the parent as well. (The tests compare it with the largest matching.) Clocks of one process
may differ between spans (JavaScript takes a new zero for each): `SKEW_NS_MAX` is allowed for.

Everything here follows from the set of sightings alone, not from their order of arrival, so a
family can be built anew from stored rows.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Mark = Literal["recorded", "left", "escaped", "logged"]
"""How an occurrence was seen on a span: recorded as an event, leaving the span by its stack,
leaving it by the attribute `exception.escaped` alone (the stock SDK records some exceptions both
ways), or in a log record."""

MARKS: Final[tuple[Mark, ...]] = ("recorded", "left", "escaped", "logged")

SKEW_NS_MAX: Final = 10_000_000
"""How much earlier an outer span's event may seem than the inner one's. Clocks of milliseconds and
their rounding need 2 ms."""

CANDIDATES_MAX: Final = 64
"""Occurrences that are looked at for one sighting; those that are passed over carry another SDK
event id."""

Span = str
_Awaited = Literal["log", "event", "left", "escaped", "child", "arrival"]
_Seen = dict[str, list[int]]  # by mark, and under "child" for the span's children: the times, sorted
_Waiting = list[tuple[int, str, "Occurrence"]]  # sorted by time, then event id

# What a sighting meets on its own span, in the order that settles a tie, and which of several.
_MET_BY: Final[dict[Mark, tuple[tuple[_Awaited, Literal["nearest", "before"]], ...]]] = {
    "recorded": (("event", "nearest"), ("arrival", "before")),
    "left": (("event", "nearest"), ("left", "before"), ("arrival", "before")),
    "escaped": (("event", "nearest"), ("escaped", "before"), ("arrival", "before")),
    "logged": (("log", "nearest"), ("arrival", "before")),
}


class Occurrence:
    """One occurrence as the memory knows it.

    `weight` is that of its stored row. `sdk_ids` counts its sightings by the SDK's event id: one id
    at most, but while rows are restored that the limits have yet to be applied to.
    """

    __slots__ = ("event_id", "sdk_ids", "stored", "weight")

    def __init__(self, event_id: str, *, stored: bool) -> None:
        self.event_id = event_id
        self.stored = stored
        self.weight = 0
        self.sdk_ids: dict[str, int] = {}

    def may_have(self, sdk_id: str) -> bool:
        """Whether a sighting with this SDK event id can belong to it: two ids are two."""
        return not sdk_id or not self.sdk_ids or sdk_id in self.sdk_ids


class Family:
    """The occurrences of one key in one trace of one service."""

    __slots__ = ("_seen", "_waiting")

    def __init__(self) -> None:
        self._seen: dict[Occurrence, dict[Span, _Seen]] = {}
        self._waiting: dict[tuple[Span, _Awaited], _Waiting] = {}

    def add(self, occurrence: Occurrence, span: Span, parent: Span, mark: Mark, time: int) -> None:
        """Note that an occurrence was seen on a span."""
        self._note(occurrence, span, mark, time)
        if parent:
            self._note(occurrence, parent, "child", time)

    def remove(self, occurrence: Occurrence, span: Span, parent: Span, mark: Mark, time: int) -> None:
        """Undo one `add` with the same arguments."""
        self._strike(occurrence, span, mark, time)
        if parent:
            self._strike(occurrence, parent, "child", time)

    def is_empty(self) -> bool:
        """Whether nothing is left."""
        return not self._seen

    def find(self, span: Span, mark: Mark, time: int, sdk_id: str) -> Occurrence | None:
        """Return the occurrence that awaits this sighting on its own span.

        Of several, the nearest in time.
        """
        best: tuple[int, Occurrence] | None = None
        for awaited, side in _MET_BY[mark]:
            waiting = self._waiting.get((span, awaited))
            if not waiting:
                continue
            for candidate_time, occurrence in _in_order(waiting, time, side):
                if occurrence.may_have(sdk_id):
                    distance = abs(time - candidate_time)
                    if best is None or distance < best[0]:
                        best = distance, occurrence
                    break
        return best[1] if best else None

    def find_outer(self, parent: Span, time: int, sdk_id: str, inner: Occurrence | None) -> Occurrence | None:
        """Return the occurrence, seen on the parent span, that awaits a sighting on a child of it.

        `inner` is the occurrence to which the sighting belongs already, if any; if that one was
        seen on the parent as well, it awaits nothing there.
        """
        waiting = self._waiting.get((parent, "child"))
        if not waiting:
            return None
        if inner is not None:
            if any(mark in MARKS for mark in self._seen.get(inner, {}).get(parent, ())):
                return None
            sdk_id = sdk_id or next(iter(inner.sdk_ids), "")
        for _, occurrence in _in_order(waiting, time, "after"):
            if occurrence is not inner and occurrence.may_have(sdk_id):
                return occurrence
        return None

    def _note(self, occurrence: Occurrence, span: Span, mark: Mark | Literal["child"], time: int) -> None:
        spans = self._seen.setdefault(occurrence, {})
        seen = spans.get(span)
        if seen is None:
            seen = spans[span] = {}
        else:
            self._unlist(occurrence, span, seen)
        insort(seen.setdefault(mark, []), time)
        self._list(occurrence, span, seen)

    def _strike(self, occurrence: Occurrence, span: Span, mark: Mark | Literal["child"], time: int) -> None:
        spans = self._seen[occurrence]
        seen = spans[span]
        self._unlist(occurrence, span, seen)
        times = seen[mark]
        del times[bisect_left(times, time)]
        if not times:
            del seen[mark]
        if seen:
            self._list(occurrence, span, seen)
            return
        del spans[span]
        if not spans:
            del self._seen[occurrence]

    def _list(self, occurrence: Occurrence, span: Span, seen: _Seen) -> None:
        for awaited, time in _awaits(seen):
            insort(
                self._waiting.setdefault((span, awaited), []),
                (time, occurrence.event_id, occurrence),
            )

    def _unlist(self, occurrence: Occurrence, span: Span, seen: _Seen) -> None:
        for awaited, time in _awaits(seen):
            waiting = self._waiting[span, awaited]
            del waiting[bisect_left(waiting, (time, occurrence.event_id))]
            if not waiting:
                del self._waiting[span, awaited]


def _awaits(seen: _Seen) -> list[tuple[_Awaited, int]]:
    """Return what an occurrence awaits on a span: the table at the top.

    With each, the time at which it was first seen there.
    """
    awaited: list[tuple[_Awaited, int]] = []
    events = [seen[mark][0] for mark in ("recorded", "left", "escaped") if mark in seen]
    logs = seen.get("logged")
    children = seen.get("child")
    if events:
        first = min(events)
        if not logs:
            awaited.append(("log", first))
        if "left" not in seen:
            awaited.append(("left", first))
        if "escaped" not in seen:
            awaited.append(("escaped", first))
        if not children:
            awaited.append(("child", min(first, logs[0]) if logs else first))
    elif logs:
        awaited.append(("event", logs[0]))
        if not children:
            awaited.append(("child", logs[0]))
    elif children:
        awaited.append(("arrival", children[0]))
    return awaited


def _in_order(
    waiting: _Waiting, time: int, side: Literal["nearest", "before", "after"]
) -> Iterator[tuple[int, Occurrence]]:
    """Yield the occurrences that wait, the most fitting first: see the words on time above."""
    low, high = 0, len(waiting)
    if side == "before":
        high = bisect_right(waiting, time + SKEW_NS_MAX, key=_time)
    elif side == "after":
        low = bisect_left(waiting, time - SKEW_NS_MAX, key=_time)
    left = bisect_right(waiting, time, lo=low, hi=high, key=_time) - 1
    if side == "after":
        left = bisect_left(waiting, time, lo=low, hi=high, key=_time) - 1
    right = left + 1
    for _ in range(min(CANDIDATES_MAX, high - low)):
        if right >= high:
            take_left = True
        elif left < low:
            take_left = False
        elif side == "nearest":
            take_left = time - waiting[left][0] <= waiting[right][0] - time
        else:
            take_left = side == "before"
        position = left if take_left else right
        if take_left:
            left -= 1
        else:
            right += 1
        yield waiting[position][0], waiting[position][2]


def _time(entry: tuple[int, str, Occurrence]) -> int:
    return entry[0]

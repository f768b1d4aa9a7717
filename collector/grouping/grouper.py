"""`group` with a memory: what repeats is not computed again."""

from __future__ import annotations

from collections import OrderedDict, deque
from sys import getsizeof
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from collector.fingerprint.versions import VERSIONS
from collector.grouping.compose import (
    SDK_LANGUAGE,
    Opened,
    cut,
    finish,
    place,
    prepare,
    scrub_pieces,
    sent_type,
    types_of,
)
from collector.rules.matcher import RuleMatcher
from collector.rules.parts import OVERRIDES
from collector.severity import severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.fingerprint.versions import FingerprintVersions
    from collector.grouping.choices import Prepared
    from collector.model import ExceptionSighting, Grouping
    from collector.rules.rule import Rules
    from collector.stacks.outline import Outline

PREPARED_STACKS_MAX = 4096
PREPARED_BYTES_MAX = 48 * 1024 * 1024
"""Stacks without messages that a `Grouper` remembers, and their estimated size."""

WHOLE_STACKS_MAX = 1024
WHOLE_BYTES_MAX = 16 * 1024 * 1024
"""Whole texts that a `Grouper` remembers: errors without an id in their messages."""

SEEN_ONCE_MAX = 8192
"""Keys of which it is remembered that they were met once, 0.1 KB each."""

OPENINGS_MAX = 4
"""Openings that a text is compared with before it is searched: a storm is of a few errors."""

_OBJECTS_BYTES = 700  # of one frame: Frame, FrameReason and their strings, by tracemalloc

_OVERRIDES = frozenset(OVERRIDES)

K = TypeVar("K")
V = TypeVar("V")


class RulesInUse:
    """The rules that hold now. They may be replaced, by any thread, while groupers work."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.matcher = RuleMatcher(rules)

    def replace(self, rules: Rules) -> None:
        """Let other rules hold, from the next error on."""
        self.rules = rules
        self.matcher = RuleMatcher(rules)


class Grouper:
    """`group`, remembering what repeats. Bounded by count and bytes; for one thread."""

    def __init__(self, in_use: RulesInUse | None = None, versions: FingerprintVersions = VERSIONS) -> None:
        self._in_use = in_use
        self._versions = versions
        self._start(in_use.matcher if in_use is not None else None)

    def _start(self, rules: RuleMatcher | None) -> None:
        self._rules = rules
        self._whole: Recent[tuple[Any, ...], Grouping] = Recent(WHOLE_STACKS_MAX, WHOLE_BYTES_MAX)
        self._prepared: Recent[tuple[Any, ...], Prepared] = Recent(PREPARED_STACKS_MAX, PREPARED_BYTES_MAX)
        self._openings: deque[str] = deque(maxlen=OPENINGS_MAX)
        self._sender: tuple[Mapping[str, str] | None, tuple[str | None, ...]] = (None, ())

    def group(self, sighting: ExceptionSighting) -> Grouping:
        """Group one sighting; equal to `group(sighting, rules, versions)`. Never raises."""
        if self._in_use is not None and self._in_use.matcher is not self._rules:
            self._start(self._in_use.matcher)
        parser, outline = cut(sighting, self._openings)
        if outline.opening and outline.opening not in self._openings:
            self._openings.append(outline.opening)
        if not _OVERRIDES.isdisjoint(sighting.attributes):  # It may differ each time: the whole is not remembered.
            return self._finish(sighting, scrub_pieces(parser, outline))
        whole: tuple[Any, ...] = (
            parser.name,
            outline,
            sighting.exception_message,
            sighting.exception_type,
            self._sent_by(sighting.resource),
            place(sighting),
            sighting.seen_in,
            severity(sighting),
        )
        looked_at = self._rules.looked_at(sighting) if self._rules is not None else ()
        if looked_at:
            whole += looked_at
        if not self._whole.comes_again(whole):
            # In a storm each message has an id of its own.
            return self._finish(sighting, scrub_pieces(parser, outline))
        grouping = self._whole.get(whole)
        if grouping is None:
            grouping = self._finish(sighting, scrub_pieces(parser, outline))
            self._whole.put(whole, grouping, _size(sighting, outline, grouping, looked_at))
        return grouping

    def _sent_by(self, resource: Mapping[str, str]) -> tuple[str | None, ...]:
        """What counts of a resource; one mapping is many errors'."""
        known, sent_by = self._sender
        if known is not resource:
            sent_by = (resource.get(SDK_LANGUAGE), resource.get("service.namespace"), resource.get("service.name"))
            self._sender = (resource, sent_by)
        return sent_by

    def _finish(self, sighting: ExceptionSighting, opened: Opened) -> Grouping:
        types, sent = types_of(opened), sent_type(sighting)
        key = (opened.parser.name, opened.plain, types, sent)
        prepared = self._prepared.get(key)
        if prepared is None:
            prepared = prepare(opened, types, sent, self._versions)
            if not self._prepared.comes_again(key):
                return finish(sighting, opened, prepared, self._rules)
            size = 2 * sum(map(getsizeof, (*opened.bodies, *opened.plain)))
            objects = 2 + len(prepared.plain.selection.frames)
            size += _OBJECTS_BYTES * objects * (1 + len(self._versions.previous))
            self._prepared.put(key, prepared, size)
        return finish(sighting, opened, prepared, self._rules)


def _size(sighting: ExceptionSighting, outline: Outline, grouping: Grouping, looked_at: tuple[str | None, ...]) -> int:
    """Estimate the bytes of a remembered text and its grouping. What is read of a piece is as long as it, once more."""
    texts = (outline.preamble, outline.tail, *outline.bodies, *outline.heads, sighting.exception_message)
    return (
        2 * sum(map(getsizeof, texts))
        + 2 * getsizeof(grouping.stacktrace)
        + sum(map(getsizeof, filter(None, looked_at)))
        + _OBJECTS_BYTES
    )


class Recent(Generic[K, V]):
    """A mapping that forgets what was not used for longest, when it holds too much.

    What never comes again is not worth keeping, and holding it costs more than making it: it takes the place of what is
    in the processor's caches. So `comes_again` is asked first.
    """

    def __init__(self, count_max: int, bytes_max: int) -> None:
        self._count_max, self._bytes_max = count_max, bytes_max
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._bytes = 0
        self._met_once: set[int] = set()

    def comes_again(self, key: K) -> bool:
        """Whether the key was met before; it is from now on."""
        met, once = hash(key), self._met_once
        if met in once:
            return True
        if len(once) >= SEEN_ONCE_MAX:
            once.clear()
        once.add(met)
        return False

    def get(self, key: K) -> V | None:
        """Find a value, which then counts as used just now."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size_bytes: int) -> None:
        """Keep a value whose key is not known yet."""
        self._kept[key] = (value, size_bytes)
        self._bytes += size_bytes
        while len(self._kept) > self._count_max or self._bytes > self._bytes_max:
            self._bytes -= self._kept.popitem(last=False)[1][1]

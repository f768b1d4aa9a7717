"""Many patterns over one text: which rules hold, as a set of bits (bit n is rule n).

Most texts match nothing, and one search for all patterns at once finds that. Where something matches, RE2 tells which
patterns do in one pass more; it may run out of memory there and say none, and then each pattern is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import re2

from collector.rules.patterns import options

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from collector.rules.rule import Condition

TOGETHER_MAX = 64
"""Patterns that are searched for at once: more make the automaton too large to be fast."""


class Bank:
    """The conditions on one value, for all rules.

    `asked` are the rules that have such a condition.
    """

    def __init__(self, conditions: Iterable[tuple[int, Condition]]) -> None:
        self.asked = 0
        sources: dict[str, int] = {}
        for bit, condition in conditions:
            self.asked |= bit
            for pattern in condition.patterns:
                sources[pattern.source] = sources.get(pattern.source, 0) | bit
        listed = list(sources.items())
        self._groups = [_Together(listed[at : at + TOGETHER_MAX]) for at in range(0, len(listed), TOGETHER_MAX)]

    def find(self, text: str) -> int:
        """Which of the asked rules this text holds for."""
        if not self._groups:
            return 0
        data = text.encode("utf-8", "replace")
        found = 0
        for together in self._groups:
            found |= together.find(data)
        return found


class _Together:
    """Some patterns, each with its bits."""

    def __init__(self, sources: Sequence[tuple[str, int]]) -> None:
        encoded = [source.encode("utf-8", "replace") for source, _ in sources]
        self._each = [re2.compile(source, options()) for source in encoded]
        self._bits = [bits for _, bits in sources]
        self._any = _union(encoded)
        self._set = _set(encoded)

    def find(self, data: bytes) -> int:
        if self._any is not None and self._any.search(data) is None:
            return 0
        found = 0
        if len(self._each) == 1 and self._any is not None:
            return self._bits[0]
        for number in (self._set.Match(data) if self._set is not None else None) or ():
            found |= self._bits[number]
        if found:
            return found
        for number, pattern in enumerate(self._each):
            if pattern.search(data) is not None:
                found |= self._bits[number]
        return found


def _union(sources: Sequence[bytes]) -> Any:
    """One expression for all; None if they don't go into one."""
    try:
        return re2.compile(b"|".join([b"(?:" + source + b")" for source in sources]), options())
    except re2.error:
        return None


def _set(sources: Sequence[bytes]) -> Any:
    try:
        made = re2.Set.SearchSet(options())
        for source in sources:
            made.Add(source)
        made.Compile()
    except re2.error:
        return None
    return made

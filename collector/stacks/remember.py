"""What a name or a line was read as, remembered: the names of a program are some thousands, and they repeat."""

from __future__ import annotations

from functools import lru_cache, wraps
from sys import getsizeof
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT_CHARS_MAX = 1024
"""Longer texts are read anew each time: they are a message or generated, and would push out what repeats."""

BYTES_MAX = 4 * 1024 * 1024
"""Bytes that one memory may hold. Past them it begins anew: with long names a sender could fill what counts entries
alone with 40 MB, in each of some twenty memories. The names of a program need less."""

ENTRY_BYTES = 400
"""What an entry takes beside its texts and what was read of them, by tracemalloc."""

P = ParamSpec("P")
R = TypeVar("R")


def remember(entries_max: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function of one or two texts alone remember its last `entries_max` answers. Pass the texts by position."""

    def decorate(read: Callable[P, R]) -> Callable[P, R]:
        held = 0

        def make_room(size: int) -> None:
            nonlocal held
            known.cache_clear()
            held = size

        # Written out for one text and for two: a call that takes any number costs as much again as the memory.
        def read_one(text: str) -> Any:
            nonlocal held
            held += (size := ENTRY_BYTES + 2 * getsizeof(text))  # what is read is as long as the text at most
            if held > BYTES_MAX:
                make_room(size)
            return untyped(text)

        def read_two(text: str, other: str) -> Any:
            nonlocal held
            held += (size := ENTRY_BYTES + 2 * (getsizeof(text) + getsizeof(other)))
            if held > BYTES_MAX:
                make_room(size)
            return untyped(text, other)

        def read_many(*texts: str) -> Any:
            nonlocal held
            held += (size := ENTRY_BYTES + 2 * sum(map(getsizeof, texts)))
            if held > BYTES_MAX:
                make_room(size)
            return untyped(*texts)

        @wraps(read)
        def of_one(text: str) -> Any:
            return known(text) if len(text) <= TEXT_CHARS_MAX else untyped(text)

        @wraps(read)
        def of_two(text: str, other: str = "") -> Any:
            if len(text) <= TEXT_CHARS_MAX and len(other) <= TEXT_CHARS_MAX:
                return known(text, other)
            return untyped(text, other)

        @wraps(read)
        def of_many(*texts: str) -> Any:
            return known(*texts) if sum(map(len, texts)) <= TEXT_CHARS_MAX else untyped(*texts)

        untyped = cast("Callable[..., Any]", read)
        by_count: dict[int, tuple[Callable[..., Any], Callable[..., Any]]]
        by_count = {1: (read_one, of_one), 2: (read_two, of_two)}
        miss, call = by_count.get(untyped.__code__.co_argcount, (read_many, of_many))
        known = lru_cache(entries_max)(miss)
        return cast("Callable[P, R]", call)

    return decorate

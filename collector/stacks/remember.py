"""What a name or a line was read as, remembered: the names of a program are some thousands, and they repeat."""

from __future__ import annotations

from functools import lru_cache, wraps
from sys import getsizeof
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT_CHARS_MAX = 1024
"""Longer texts are read anew each time: they are a message or generated, and would push out what repeats."""

BYTES_MAX = 6 * 1024 * 1024
"""Bytes that one memory may hold. Past them it begins anew: with long names a sender could fill what counts entries
alone with 40 MB, in each of some twenty memories. The names of a program need less."""

ENTRY_BYTES = 400
"""What an entry takes beside its texts and what was read of them, by tracemalloc."""

P = ParamSpec("P")
R = TypeVar("R")


def remember(entries_max: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function of texts alone remember its last `entries_max` answers. Pass the texts by position."""

    def decorate(read: Callable[P, R]) -> Callable[P, R]:
        untyped = cast("Callable[..., Any]", read)
        # Written out for one text and for two: a call that takes any number costs as much again as the memory.
        count = untyped.__code__.co_argcount
        of_count = _of_one if count == 1 else _of_two if count == 2 else _of_many  # noqa: PLR2004 - two texts
        return cast("Callable[P, R]", of_count(untyped, entries_max))

    return decorate


def _of_one(read: Callable[[str], Any], entries_max: int) -> Callable[..., Any]:
    held = 0

    @lru_cache(entries_max)
    def known(text: str) -> Any:
        nonlocal held
        held += (size := ENTRY_BYTES + 2 * getsizeof(text))  # what is read is as long as the text at most
        if held > BYTES_MAX:
            known.cache_clear()
            held = size
        return read(text)

    @wraps(read)
    def call(text: str) -> Any:
        return known(text) if len(text) <= TEXT_CHARS_MAX else read(text)

    return call


def _of_two(read: Callable[[str, str], Any], entries_max: int) -> Callable[..., Any]:
    held = 0

    @lru_cache(entries_max)
    def known(text: str, other: str) -> Any:
        nonlocal held
        held += (size := ENTRY_BYTES + 2 * (getsizeof(text) + getsizeof(other)))
        if held > BYTES_MAX:
            known.cache_clear()
            held = size
        return read(text, other)

    @wraps(read)
    def call(text: str, other: str = "") -> Any:
        if len(text) <= TEXT_CHARS_MAX and len(other) <= TEXT_CHARS_MAX:
            return known(text, other)
        return read(text, other)

    return call


def _of_many(read: Callable[..., Any], entries_max: int) -> Callable[..., Any]:
    held = 0

    @lru_cache(entries_max)
    def known(*texts: str) -> Any:
        nonlocal held
        held += (size := ENTRY_BYTES + 2 * sum(map(getsizeof, texts)))
        if held > BYTES_MAX:
            known.cache_clear()
            held = size
        return read(*texts)

    @wraps(read)
    def call(*texts: str) -> Any:
        return known(*texts) if sum(map(len, texts)) <= TEXT_CHARS_MAX else read(*texts)

    return call

"""What a name or a line was read as, remembered: the names of a program are some thousands, and they repeat."""

from __future__ import annotations

from functools import lru_cache, wraps
from inspect import signature
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT_CHARS_MAX = 1024
"""Longer texts are read anew each time. With them a sender could fill a memory that counts entries alone: 8,192 names as
long as a whole stack are a gigabyte."""

P = ParamSpec("P")
R = TypeVar("R")


def remember(entries_max: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function of texts alone remember its last `entries_max` answers. Pass the texts by position."""

    def decorate(read: Callable[P, R]) -> Callable[P, R]:
        known = lru_cache(entries_max)(read)
        if len(signature(read).parameters) == 1:
            # Most are so, and the loop below would take longer than the memory.
            @wraps(read)
            def call_with_one(text: str) -> R:
                return known(text) if len(text) <= TEXT_CHARS_MAX else read(text)  # type: ignore[call-arg,arg-type]

            return call_with_one  # type: ignore[return-value]  # P can't say that it is one text

        @wraps(read)
        def call(*texts: P.args, **none: P.kwargs) -> R:
            for text in texts:
                if len(text) > TEXT_CHARS_MAX:  # type: ignore[arg-type]  # all are texts; P can't say so
                    return read(*texts, **none)
            return known(*texts, **none)  # type: ignore[arg-type]  # texts can be hashed

        return call

    return decorate

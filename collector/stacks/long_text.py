"""Texts longer than a parser reads: which parts are kept, where a sign of the language is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.stacks.outline import STACK_CHARS_MAX

if TYPE_CHECKING:
    import re

HEAD_CHARS_KEPT = 16 * 1024
"""Characters of a message of megabytes that are kept before the frames, which come after it."""


def keep_head(text: str) -> str:
    """Keep the first `STACK_CHARS_MAX` characters: where the frame at the raise is the first."""
    return text[:STACK_CHARS_MAX]


def keep_head_and_end(text: str) -> str:
    """Keep `STACK_CHARS_MAX` characters of a longer text: a message's beginning, and the end, where the frames are."""
    return text[:HEAD_CHARS_KEPT] + text[HEAD_CHARS_KEPT - STACK_CHARS_MAX :]


def is_at_an_end(sign: re.Pattern[str], text: str) -> bool:
    """Whether a sign is in what `keep_head` or `keep_head_and_end` keep."""
    if sign.search(text, 0, STACK_CHARS_MAX) is not None:
        return True
    return len(text) > STACK_CHARS_MAX and sign.search(text[HEAD_CHARS_KEPT - STACK_CHARS_MAX :]) is not None


def keep_frames(text: str, sign: re.Pattern[str]) -> str:
    """Keep the head if the sign of a frame is in it, else what `keep_head_and_end` keeps."""
    if len(text) <= STACK_CHARS_MAX or sign.search(text, 0, STACK_CHARS_MAX) is not None:
        return keep_head(text)
    return keep_head_and_end(text)

"""No parser: the lines as they are. The fingerprint makes each a template."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from collector.stacks.outline import Outline, Skeleton, SkeletonException

if TYPE_CHECKING:
    from collections.abc import Iterable

RAW_LINES_MAX = 64
"""Lines kept: nearly every language but Python has the raise at the top."""

_TYPE = re.compile(r"[^\W\d][\w$]{0,200}(?:(?:\.|::|\\)[\w$<>]{1,200}){0,20}")


def looks_like(text: str) -> bool:  # noqa: ARG001 - the parsers' common shape
    """Any text is a text of raw lines."""
    return True


def outline(text: str, known: Iterable[str] = ()) -> Outline:  # noqa: ARG001 - the common shape
    """Take a first line that begins like "Type: message" as the head, all else as one body."""
    start = len(text) - len(text.lstrip())
    end = text.find("\n", start)
    if end < 0 or not text[end:].strip():
        return Outline(bodies=("",), heads=(text,))
    if read_head(text[start:end])[0]:
        return Outline(bodies=("", text[end:]), heads=(text[:end], ""))
    return Outline(bodies=(text,), heads=("",))


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Lines without trailing blanks, empty ones left out. A text of one line has no lines."""
    lines = [line for body in bodies for raw in body.split("\n") if (line := raw.rstrip())]
    if not lines:
        return Skeleton(exceptions=(SkeletonException(head=0),))
    digest = hashlib.blake2b("\n".join(lines).encode("utf-8", "replace"), digest_size=8)
    return Skeleton(
        exceptions=(SkeletonException(head=0),),
        raw_lines=tuple(lines[:RAW_LINES_MAX]),
        raise_site=digest.hexdigest(),
    )


def read_head(head: str) -> tuple[str, str]:
    """Split "Type: message"; a text that does not begin with a name is all message."""
    head = head.strip()
    name, colon, message = head.partition(":")
    if _TYPE.fullmatch(name):
        return name, message.strip() if colon else ""
    return "", head

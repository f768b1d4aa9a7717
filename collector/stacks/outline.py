"""What parsers take and give: a text's outline, the skeleton without messages, the parser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from collector.model import Frame, Relation

STACK_CHARS_MAX = 64 * 1024
"""Characters of a stack that are read and kept: about 700 Python frames; peers keep 2 to 64 KiB."""

FRAMES_MAX = 128
"""Frames kept per exception, nearest the raise: deeper ones are recursion or a framework's loop."""


class Outline(NamedTuple):
    """A stack's text in pieces: `preamble`, each body followed by its head, then `tail`.

    A body is followed by exactly one head, which may be empty when the text was cut off.
    Messages, and nothing else that differs between two raises of one error, are in the heads.
    """

    preamble: str = ""
    bodies: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    tail: str = ""
    opening: str = ""
    """A first body that a later text can be tried with before it is searched; empty if it can't."""


class SkeletonException(NamedTuple):
    """One exception without its head, whose index is `head`. Frames innermost first."""

    head: int
    relation: Relation = ""
    frames: tuple[Frame, ...] = ()


class Skeleton(NamedTuple):
    """A stack without messages, the reported exception first. Other fields as in `Stack`."""

    exceptions: tuple[SkeletonException, ...] = ()
    raw_lines: tuple[str, ...] = ()
    raise_site: str = ""
    escaped_span: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StackParser:
    """One language family.

    `languages` are values of the resource attribute `telemetry.sdk.language`. `cut` bounds the
    text to `STACK_CHARS_MAX` at the end that matters least. `outline` also takes openings of other
    texts, which change its speed and nothing else. `read_head` gives (type, message); the type is
    empty when the head does not begin with one. `vague_types` are types that a text may have though
    the error's own class is another: a class that was sent beside the text is taken instead. `plain_message`
    takes off a message that was sent beside the text what differs between two raises, as `read_head` does. `plain_body`
    takes out of a body what differs between two raises and no frame shows (arguments, addresses): bodies are read so.
    `begins_with_message`: its texts begin with the message, or with a place, and what a log put before it in that line is
    not seen to be none.
    """

    name: str
    languages: frozenset[str]
    looks_like: Callable[[str], bool]
    cut: Callable[[str], str]
    outline: Callable[[str, Iterable[str]], Outline]
    read_bodies: Callable[[tuple[str, ...]], Skeleton]
    read_head: Callable[[str], tuple[str, str]]
    vague_types: frozenset[str] = frozenset()
    plain_message: Callable[[str], str] = str
    plain_body: Callable[[str], str] | None = None
    begins_with_message: bool = False

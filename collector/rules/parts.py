"""The parts of a fingerprint that somebody gives: literals, and placeholders that are filled in for each error.

A rule's parts are checked when they are read; an application's may be anything, and what is no placeholder there stays
as it is. `{{default}}` stands for what the computed fingerprint is made of.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

OVERRIDES = ("exception.fingerprint", "error.fingerprint", "exception.group_id")
"""Attributes by which an application says its fingerprint; the first that is there counts."""

PARTS_MAX = 16
"""Parts of one fingerprint: people give two or three."""

PART_CHARS_MAX = 512
"""Characters of one part, placeholders filled in."""

TEXT_CHARS_MAX = 16 * 1024
"""Characters of an application's attribute that are read; decoding keeps as many."""

DEFAULT = "default"
PLACEHOLDERS = (
    *(DEFAULT, "type", "message", "module", "function", "service", "namespace", "environment", "release"),
    *("language", "severity", "signal"),
)
"""What can stand between {{ and }}, beside `attribute.<key>`. `message` is the message's template."""

_PLACEHOLDER = re.compile(r"\{\{[ \t]{0,8}([A-Za-z_][\w.:/-]{0,255})[ \t]{0,8}\}\}", re.ASCII)
_ATTRIBUTE = "attribute."
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part: `pieces` are literals and, at the odd places, names of placeholders."""

    pieces: tuple[str, ...]

    @property
    def is_default(self) -> bool:
        """Whether it is `{{default}}` and nothing else."""
        return self.pieces == ("", DEFAULT, "")

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that it is filled in with."""
        names = self.pieces[1::2]
        return tuple([name[len(_ATTRIBUTE) :] for name in names if name.startswith(_ATTRIBUTE)])

    @property
    def text(self) -> str:
        """As it is written."""
        return "".join(f"{{{{{piece}}}}}" if number % 2 else piece for number, piece in enumerate(self.pieces))


def read_part(text: str) -> Part:
    """Read a part; what is between braces and no placeholder stays a literal."""
    if "{{" not in text:
        return Part(pieces=(text,))
    pieces: list[str] = [""]
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        if is_placeholder(found[1]):
            pieces[-1] += text[end : found.start()]
            pieces += (found[1], "")
            end = found.end()
    pieces[-1] += text[end:]
    return Part(pieces=tuple(pieces))


def unknown_placeholders(text: str) -> list[str]:
    """What stands between {{ and }} in a text and is no placeholder."""
    named = [found[1] for found in _PLACEHOLDER.finditer(text) if not is_placeholder(found[1])]
    rest = _PLACEHOLDER.sub("", text)
    return named + ([rest[rest.index("{{") :][:40]] if "{{" in rest else [])


def is_placeholder(name: str) -> bool:
    """Whether this name between braces is filled in."""
    return name in PLACEHOLDERS or (name.startswith(_ATTRIBUTE) and len(name) > len(_ATTRIBUTE))


def read_override(attributes: Mapping[str, str]) -> tuple[Part, ...]:
    """Read the fingerprint that the application says; empty if it says none.

    The value is a text, or a JSON array of texts: arrays of attributes arrive so, and a long one cut off, which gives
    the parts that are there. What is no such array is one text. Never raises.
    """
    for name in OVERRIDES:
        text = attributes.get(name)
        if text and (texts := _texts(text[:TEXT_CHARS_MAX].strip())):
            return tuple([read_part(part[:PART_CHARS_MAX]) for part in texts[:PARTS_MAX]])
    return ()


def expand(part: Part, values: Mapping[str, str], attributes: Mapping[str, str]) -> str:
    """Fill in a part; what is not known is empty."""
    pieces = list(part.pieces)
    for number in range(1, len(pieces), 2):
        name = pieces[number]
        if name.startswith(_ATTRIBUTE):
            pieces[number] = attributes.get(name[len(_ATTRIBUTE) :], "")
        else:
            pieces[number] = values.get(name, "")
    return "".join(pieces)[:PART_CHARS_MAX]


def _texts(text: str) -> list[str]:
    if not text.startswith("["):
        return [text] if text else []
    try:
        items = _items(text)
        texts = [item if isinstance(item, str) else json.dumps(item) for item in items]
    except (ValueError, RecursionError):
        return [text]
    return [text for text in texts if text.strip()]


def _items(text: str) -> list[Any]:
    """The first items of a JSON array. Only these are read, so that an array that was cut off after them has them too.

    Raises:
        ValueError: it is no array.
    """
    items: list[Any] = []
    at = _space_end(text, 1)
    while len(items) < PARTS_MAX and (items or text[at:] != "]"):
        item, at = _DECODER.raw_decode(text, at)
        items.append(item)
        at = _space_end(text, at)
        if text[at:] == "]":
            break
        if text[at : at + 1] != ",":
            raise ValueError(text)
        at = _space_end(text, at + 1)
    return items


def _space_end(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\n", "\r"):
        at += 1
    return at

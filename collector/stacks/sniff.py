"""Which parser reads this text? The named language's, else the first that knows it, else raw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.stacks.outline import STACK_CHARS_MAX
from collector.stacks.parsers import PARSERS, RAW

if TYPE_CHECKING:
    from collector.stacks.outline import StackParser

_BY_LANGUAGE = {
    language: [parser for parser in PARSERS if language in parser.languages]
    for parser in PARSERS
    for language in parser.languages
}


def choose(text: str, language: str) -> StackParser:
    """Choose the parser of a text. `language` is `telemetry.sdk.language` as sent, any value.

    The language alone does not decide: a Python program can forward the stack of another runtime,
    and a text that its own language's parser does not know is better kept as raw lines than read
    wrongly.
    """
    if len(text) > 2 * STACK_CHARS_MAX:  # megabytes are not searched for frames in their middle
        text = text[:STACK_CHARS_MAX] + "\n" + text[-STACK_CHARS_MAX:]
    if "\r" in text:  # as a parser reads it
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    for parser in _BY_LANGUAGE.get(language, ()):
        if parser.looks_like(text):
            return parser
    for parser in PARSERS:
        if language not in parser.languages and parser.looks_like(text):
            return parser
    return RAW

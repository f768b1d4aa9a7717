"""A condition's text -> what RE2 searches for.

A text is a glob (`*` any characters, `?` one, a backslash takes the next character as it is) that must match the whole
value, or `/a regular expression/` (`/.../i` in any case of the letters) that is searched for. Three values are paths of
names, and a glob may begin at any of their steps: types (`PaymentError` is `shop.errors.PaymentError` too, since SDKs
disagree about the module), files (`billing/*.py`), and services, where a glob without a slash is the name alone.
"""

from __future__ import annotations

from typing import Any

import re2

from collector.rules.rule import Pattern

PATTERN_CHARS_MAX = 1000
"""Characters of one pattern."""

PROGRAM_STEPS_MAX = 400
"""Instructions of a compiled expression. Where RE2 can't use its fast automaton, each character costs so many steps:
at this size the worst expression found takes 5 ms for the longest text that is looked at. `\\w{1,300}` has 300."""

MEMORY_BYTES_MAX = 8 * 2**20
"""What RE2 may use for one expression, or for all of one kind together."""

_BEGINS = {
    "type": r"(?:.*(?:[.\\/]|::))?",
    "file": r"(?:.*[/\\])?",
}


class PatternInvalid(Exception):
    """A pattern that can't be used; says why, and what to do."""


def read_pattern(field: str, text: str) -> Pattern:
    """Read what is written as one condition.

    Raises:
        PatternInvalid: what is wrong with it.
    """
    if len(text) > PATTERN_CHARS_MAX:
        raise PatternInvalid(f"has {len(text)} characters: give at most {PATTERN_CHARS_MAX}")
    body, flags = _expression(text)
    if body == "":
        raise PatternInvalid("is an empty expression, which every text holds: give * for any text")
    source = f"(?{flags}:{body})" if body is not None else _from_glob(field, text)
    try:
        for one in (body, source):  # the body alone too: `a)|(b` is none
            steps = re2.compile((one or "").encode("utf-8", "replace"), options()).programsize
    except re2.error as refused:
        raise PatternInvalid(f"is no regular expression of RE2: {_told(refused)}") from None
    if steps > PROGRAM_STEPS_MAX:
        raise PatternInvalid(
            f"is too large an expression ({steps} steps, at most {PROGRAM_STEPS_MAX}): repeat less, such as {{1,20}} or *"
        )
    return Pattern(text=text, source=source)


def options() -> Any:
    """How RE2 compiles: no words on standard error, no groups, bounded memory."""
    made = re2.Options()
    made.log_errors = False
    made.never_capture = True
    made.max_mem = MEMORY_BYTES_MAX
    return made


def _expression(text: str) -> tuple[str | None, str]:
    """The expression between the slashes and its flags; None if it is a glob."""
    if len(text) > 1 and text.startswith("/"):
        if text.endswith("/"):
            return text[1:-1], ""
        if text.endswith("/i") and len(text) > len("//"):
            return text[1:-2], "i"
    return None, ""


def _from_glob(field: str, glob: str) -> str:
    begin, any_text = _BEGINS.get(field, ""), ".*"
    if field == "service" and "/" not in glob:
        begin, any_text = "(?:.*/)?", "[^/]*"
    pieces: list[str] = []
    escaped = False
    for character in glob:
        if escaped or character not in "*?\\":
            pieces.append(re2.escape(character.encode("utf-8", "replace")).decode())
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "?":
            pieces.append(".")
        elif not pieces or pieces[-1] != any_text:
            pieces.append(any_text)
    if escaped:
        pieces.append(r"\\")
    return rf"(?s:\A{begin}{''.join(pieces)}\z)"


def _told(refused: Exception) -> str:
    said = refused.args[0] if refused.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)

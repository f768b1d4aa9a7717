"""Perl's messages and stack traces: `die`, Carp, Devel::StackTrace, Moose, Mojo::Exception.

    <head>  no payment for order 17                          one line or many
    <body>   at /srv/pay.pl line 12
    <head>  , <STDIN> line 3.                                what was read last, which differs
    <body>      Shop::Pay::charge(17, "x") called at /srv/pay.pl line 30
                eval {...} called at /srv/pay.pl line 31

A line names the function that was called and the place of the call, so a frame is the place of one line and the function
of the next. `die` alone tells a place and no function. Devel::StackTrace begins with "Trace begun at" and has no tabs;
OpenTelemetry's SDK sends its text, or all lines but the first of the others.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.stacks.long_text import keep_head, keep_head_and_end
from collector.stacks.outline import STACK_CHARS_MAX, Outline

if TYPE_CHECKING:
    from collections.abc import Iterable

_FILE = r"(?:\(eval [0-9]{1,7}\)|[^\n]{1,400}?)"
_READ = r"(?:, <[^>\n]{0,80}> (?:line|chunk) [0-9]{1,12})?"
_SUB = (
    r"(?:(?:[^\W\d]\w{0,200}(?:(?:::|')\w{1,200}){1,30}(?:::\(eval\)| \{\.\.\.\} ?)?"
    r"|eval \{\.\.\.\}|require [^\s(]{1,300}|\(eval\))(?:\([^\n]*\))?|eval '[^\n]{0,4000}')"
)
_CALLED = rf"[ \t]{{0,20}}{_SUB} (?:called )?at [^\n]{{1,400}} line [0-9]{{1,7}}{_READ}\.?(?=\n|\Z)"
_MOJO = r"  File \"[^\"\n]{1,400}\", line [0-9]{1,7}, in \"[^\"\n]{1,300}\"(?=\n|\Z)"
_LINES = rf"(?:(?:(?:\n|\A)(?: at [^\n]{{1,400}} line [0-9]{{1,7}}{_READ}\.))?(?:(?:\n|\A)(?:{_CALLED}|{_MOJO}))+)"
_CALLS = re.compile(_LINES)
_BEGUN = re.compile(rf"(?:^|\n)Trace begun at {_FILE} line [0-9]{{1,7}}(?=\n|\Z)")
_AT_LINE = re.compile(rf" line [0-9]{{1,7}}({_READ}\.?)(?=\n|\Z)")
_SIGN = re.compile(
    rf"(?:^|\n)[ \t]{{0,20}}{_SUB} called at [^\n]{{1,400}} line [0-9]{{1,7}}"
    r"|(?:^|\n)Trace begun at [^\n]{1,400} line [0-9]{1,7}(?:\r?\n|\Z)"
    r"|(?:^|\n)Traceback \(most recent call first\):\r?\n"
)
_SIGN_ONE = re.compile(
    r" at (?:[^\n]{0,400}\.(?:p[lm]|t|psgi|f?cgi|al)|\(eval [0-9]{1,7}\)|-e?|/[^\s:]{1,400})"
    rf" line [0-9]{{1,7}}{_READ}\.?(?:\r?\n|\Z)"
)
_CALLED_LINE = re.compile(rf"[ \t]{{0,20}}{_SUB} called at [^\n]{{1,400}} line [0-9]{{1,7}}")
_SIGN_LINES_MAX = 4096  # characters in which a message without a trace must show its place
_MOJO_HEADER = "\nTraceback (most recent call first):"
_CONTEXT = re.compile(r"\nContext:\n(?:  [^\n]*\n?){1,20}")
_OBJECT = re.compile(
    r"([A-Z_a-z]\w{0,200}(?:::\w{1,200}){0,30})=(?:HASH|ARRAY|SCALAR|CODE|REF|GLOB|OBJECT)\(0x[0-9a-f]{1,16}\)"
)
_UNPRINTED = re.compile(
    r"\s{0,20}[A-Z_a-z]\w{0,200}(?:::\w{1,200}){1,30}=(?:HASH|ARRAY|SCALAR|CODE|REF|GLOB|OBJECT)\(0x[0-9a-f]{1,16}\)\s*\Z"
)
# A place or a file that was read last, which other views of the error lack.
_PLACE_IN_MESSAGE = re.compile(rf" at {_FILE} line [0-9]{{1,7}}{_READ}\.?\s*\Z")


def looks_like(text: str) -> bool:
    """Whether a line of a trace is in the text, or it begins with a message that ends in a place."""
    if " line " not in text:
        return "=" in text[:512] and _UNPRINTED.match(text) is not None
    if "called at " in text or "race begun at " in text or "recent call first" in text:
        line = text.rfind("\n", 0, max(text.find(" called at "), 0)) + 1
        if _CALLED_LINE.match(text, line) is not None or _SIGN.search(text) is not None:
            return True
    return _SIGN_ONE.search(text, 0, _SIGN_LINES_MAX) is not None


def cut(text: str) -> str:
    """Keep the first `STACK_CHARS_MAX` characters: message and the raise.

    With a message of megabytes before the frames, its beginning and the text's end.
    """
    if (
        len(text) <= STACK_CHARS_MAX
        or _CALLS.search(text, 0, STACK_CHARS_MAX)
        or " called at " not in text[-STACK_CHARS_MAX:]
    ):
        return keep_head(text)
    return keep_head_and_end(text)


def outline(text: str, known: Iterable[str] = ()) -> Outline:  # noqa: PLR0911 - one return a form
    """Cut a text into message, place and calls. Lines end with LF.

    `known` are places with calls of other texts with a message of one line.
    """
    for opening in known:
        if text.endswith(opening) and opening.startswith(" at "):
            line = text[: -len(opening)]
            if "\n" not in line and not line.startswith((" ", "\t", "Trace begun")):
                return _whole(line, opening)
    begun = _BEGUN.search(text) if "Trace begun at " in text else None
    calls = _CALLS.search(text, begun.end() if begun else 0)
    if begun is not None:
        end = calls.end() if calls is not None and calls.start() == begun.end() else begun.end()
        return Outline(bodies=("", text[begun.start() : end]), heads=(text[: begun.start()], ""), tail=text[end:])
    start, run = (calls.start(), calls.group()) if calls is not None else (len(text), "")
    place = _find_place(text, start)
    if place is None or (run and place[2] != start and _MOJO_HEADER not in text[place[2] : start]):
        # No place: the first line was cut off, as OpenTelemetry's SDK does it.
        return Outline(bodies=("", run), heads=(text[:start], ""), tail=text[start + len(run) :])
    at, read, end = place
    message, tail = text[:at], text[start + len(run) :] if run else text[end:]
    if not run:
        return Outline(bodies=("", text[at:read]), heads=(message, text[read:end]), tail=tail)
    if end != start or text[read:end] not in ("", "."):
        return Outline(bodies=("", text[at:read], run), heads=(message, text[read:start], ""), tail=tail)
    if "\n" not in message and not tail.strip("\n"):
        return _whole(message, text[at:])
    return Outline(bodies=("", text[at : end + len(run)]), heads=(message, ""), tail=tail)


def _find_place(text: str, stop: int) -> tuple[int, int, int] | None:
    """Find the first line that ends in a place, before `stop`: its ` at `, the end of its number, its end."""
    for found in _AT_LINE.finditer(text, 0, stop):
        at = text.rfind(" at ", max(text.rfind("\n", 0, found.start()) + 1, found.start() - 404), found.start())
        if at >= 0:
            return at, found.start(1), found.end()
    return None


def _whole(message: str, opening: str) -> Outline:
    """The commonest text: a message of one line, a place, calls, and nothing but blanks after them."""
    run = opening.rstrip("\n")
    return Outline(bodies=("", run), heads=(message, ""), tail=opening[len(run) :], opening=opening)


def read_head(head: str) -> tuple[str, str]:
    """A message; its type only where an object without a text of its own was printed (`Shop::Error=HASH(0x...)`)."""
    if not head:
        return "", ""
    head = plain_message(head)
    found = _OBJECT.fullmatch(head)
    if found is not None:
        return found.group(1), ""
    if "\nContext:\n" in head:
        head = _CONTEXT.sub("", head)
    return "", head.removesuffix(_MOJO_HEADER.strip()).strip()


def plain_message(message: str) -> str:
    """Take the place off a message, and what was read last: OpenTelemetry's SDK sends them with it."""
    message = message.strip()
    return _PLACE_IN_MESSAGE.sub("", message) if " line " in message else message

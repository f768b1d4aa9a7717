"""What Java's way to print a stack gives, in pieces and as frames: for the JVM, and for PHP's OpenTelemetry SDK.

    <preamble>  log text, Exception in thread "main"
    <head>      Type: message                    one line or many
    <body>          at package.Class.method(File.java:31)
                    Suppressed:                  one step further in: of the exception above
    <head>      Type: message
    <body>              at ...
                        ... 4 more               the last 4 frames of the exception around it
                Caused by:

A body is a run of frames with the marker after it. Lines that are neither frame nor marker between two runs show that
the first run was a part of a message: no printer puts any into a stack. They are a head of no exception.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from collector.stacks.long_text import HEAD_CHARS_KEPT, keep_head
from collector.stacks.outline import FRAMES_MAX, STACK_CHARS_MAX, Outline, Skeleton, SkeletonException

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from collector.model import Frame, Relation

EXCEPTIONS_MAX = 32
"""Exceptions of one text that are read: longer chains are loops, and each can have `FRAMES_MAX` elided frames."""

OPENINGS_SPLIT_MAX = 8
"""Openings whose bodies are kept, at most `STACK_CHARS_MAX` each: a few threads compare texts with a few of them."""

RawFrame = tuple[str, str, str]
"""A frame's name, file and line as they stand in the text."""

TYPE = r"[^\W\d][\w$]{0,200}(?:[./\\-][\w$]{1,200}){0,30}"
THROWN = (
    r"(?:(?:[^\W\d][\w$-]{0,200}[.\\]){1,30}[\w$]{1,200}"
    r"|[^\W\d][\w$]{0,200}(?:(?<=Exception)|(?<=Error)))(?=: |:?$)"
)
_ELIDED_LINE = r"\.\.\. [0-9]{1,6} [^\n]*+"
_MARKER = r"[ \t]*+(?:Caused by|Wrapped by|Suppressed): (?:\[CIRCULAR REFERENCE: ?)?"
_ELIDED = re.compile(r"\n[ \t]*\.\.\. ([0-9]{1,6}) (?:more|common frames omitted)")

_LEVELS = frozenset("ERROR FATAL SEVERE WARN WARNING INFO DEBUG TRACE CRITICAL Caught Uncaught".split())  # noqa: SIM905 - a line
_THREAD = r'(?:Exception in thread "[^"\n]{0,400}" |Caught: |Uncaught exception: )'
_HEAD_LINE = re.compile(rf"^(?:{_THREAD})?({THROWN})", re.MULTILINE)
_HEAD_IN_LINE = re.compile(
    r"(?<=[\s\])}>|:-])(?:[a-z][\w$]{0,200}\.){1,30}[\w$]{1,200}(?:Exception|Error)(?=: |:?$)",
    re.MULTILINE,
)
_FIRST_WORD = re.compile(rf"({TYPE})(?:: |:?(?:\n|$)|[({{\[])")
_CUT_FRAME = re.compile(r"[^\n:]*\((?:[\w$.-]{0,200}:[0-9]{1,9}|Unknown Source|Native Method)\)[^\n]*\n?\Z")
_HEAD = re.compile(rf"({TYPE})(?:: |:?(?:\n|$))")
_PRINTED_BY_ITSELF = re.compile(rf"({TYPE})(?=[({{\[])")
_ANONYMOUS = re.compile(r"\$[0-9]{1,6}$")


def runs_of(frame_line: str) -> re.Pattern[str]:
    """The pattern of a run of such frames with the marker after it, or of the marker of an exception without frames.

    Python 3.11.2 matches possessive groups wrongly: only single characters are repeated so.
    """
    return re.compile(
        rf"(?:(?:\A|\n)[ \t]*+(?:{frame_line}|{_ELIDED_LINE}))+(?:\n{_MARKER})?|(?:\A|\n){_MARKER}(?={THROWN})",
        re.MULTILINE,
    )


def cut(text: str, sign: re.Pattern[str]) -> str:
    """Keep the first `STACK_CHARS_MAX` characters: type, message and the raise.

    With a message of megabytes before the first `sign` of a stack, its beginning and what follows it.
    """
    if len(text) <= STACK_CHARS_MAX or sign.search(text, 0, STACK_CHARS_MAX) is not None:
        return keep_head(text)
    found = sign.search(text, STACK_CHARS_MAX)
    start = found.start() if found else HEAD_CHARS_KEPT
    return text[:HEAD_CHARS_KEPT] + text[start : start + STACK_CHARS_MAX - HEAD_CHARS_KEPT]


def outline(text: str, known: Iterable[str], run: re.Pattern[str]) -> Outline:
    """Cut a stack trace's text into runs of frames, each with the marker after it, and heads. Lines end with LF.

    `known` are the bodies of other texts. A text with the same ones and heads of one line needs no search. `run` is a
    pattern of `runs_of`.
    """
    for opening in known:
        if opening.startswith(_OPENING):
            same = _with_bodies_of(opening, text)
            if same is not None:
                return same
    bodies, heads = [""], [""]
    preamble, position = "", 0
    for found in run.finditer(text):
        between = text[position : found.start()]
        if len(bodies) == 1:
            preamble, between = cut_preamble(between)
        elif between and not _ends_with_marker(bodies[-1]) and _HEAD_LINE.search(between) is not None:
            break  # a second report in the same text
        heads[-1] = between
        bodies.append(found.group())
        heads.append("")
        position = found.end()
    rest, tail = text[position:], ""
    if len(bodies) == 1:
        preamble, rest = cut_preamble(rest)
    elif not _ends_with_marker(bodies[-1]):
        rest, tail = "", rest
    heads[-1] = rest
    cut_up = Outline(preamble=preamble, bodies=tuple(bodies), heads=tuple(heads), tail=tail)
    opening = _opening(bodies) if not preamble and "\0" not in text else ""
    if opening and _with_bodies_of(opening, text) == (*cut_up[:4], opening):
        return cut_up._replace(opening=opening)
    return cut_up


_OPENING = "\0\n\tat "  # the empty first body, a separator, and frames


def _opening(bodies: list[str]) -> str:
    """Join bodies of frames, each but the last with a marker."""
    if all(map(_ends_with_marker, bodies[1:-1])) and all("at " in body[:12] for body in bodies[1:]):
        return "\0".join(bodies)
    return ""


def _with_bodies_of(opening: str, text: str) -> Outline | None:
    """Cut a text where another one has its bodies, joined by NUL, if all heads are of one line."""
    bodies = bodies_of(opening)
    heads = []
    position = 0
    for body in bodies[1:]:
        start = text.find("\n", position)
        if start < 0 or not text.startswith(body, start) or text.startswith("[", position):
            return None
        heads.append(text[position:start])
        position = start + len(body)
    tail = text[position:]
    word = _FIRST_WORD.match(heads[0])
    if tail not in ("", "\n") or word is None or word.group(1) in _LEVELS or _ends_with_marker(bodies[-1]):
        return None
    return Outline(bodies=bodies, heads=(*heads, ""), tail=tail, opening=opening)


@lru_cache(OPENINGS_SPLIT_MAX)
def bodies_of(opening: str) -> tuple[str, ...]:
    """Split an opening; the same strings each time, since theirs is the hash that is looked for next."""
    return tuple(opening.split("\0"))


def _ends_with_marker(body: str) -> bool:
    return body.endswith((": ", "[CIRCULAR REFERENCE:"))


def cut_preamble(segment: str) -> tuple[str, str]:
    """Cut off log text and the thread's name before the first type."""
    if _CUT_FRAME.match(segment):  # the text's beginning is cut off within a frame
        return segment, ""
    word = _FIRST_WORD.match(segment)
    if word is not None and word.group(1) not in _LEVELS:
        return "", segment
    line = _HEAD_LINE.search(segment) or _HEAD_IN_LINE.search(segment)
    if line is not None:
        start = line.start(line.lastindex or 0)
        return segment[:start], segment[start:]
    if segment.startswith('Exception in thread "'):
        start = segment.find('" ', 21) + 2
        return segment[:start], segment[start:]
    return "", segment


class _Found(NamedTuple):
    """An exception as it stands in the text."""

    head: int
    marker: str
    indent: int
    parent: int
    suppressed: bool


def read_bodies(
    bodies: tuple[str, ...],
    frame: re.Pattern[str],
    frames_of: Callable[[Sequence[RawFrame]], tuple[Frame, ...]],
) -> Skeleton:
    """Read frames; the reported exception first, then its causes, then what was suppressed.

    `frame` has a frame's name, file and line in its groups, and `frames_of` makes frames of them.
    """
    found = [_Found(0, "", -1, -1, suppressed=False)]
    raw: list[list[RawFrame]] = [[]]
    elided = [0]
    ignored = False  # what follows is a head of no exception
    for number, body in enumerate(bodies[1:], 1):
        lines = body if body.startswith("\n") else "\n" + body
        if not ignored:
            raw[-1] = frame.findall(lines)
            more = _ELIDED.search(lines)
            elided[-1] = int(more.group(1)) if more else 0
        if not _ends_with_marker(body):
            continue
        line = lines[lines.rfind("\n") + 1 :]
        ignored = "[" in line
        if ignored:
            continue
        if len(found) == EXCEPTIONS_MAX:
            break
        found.append(_place(found, number, line))
        raw.append([])
        elided.append(0)
    order = _order(found)
    root_first = order[0] != 0
    exceptions: list[SkeletonException] = []
    for position, index in enumerate(order):
        this = found[index]
        around = this.parent
        if root_first and not this.suppressed:
            around = order[position - 1] if position else -1
        if elided[index] and around >= 0:
            raw[index] += raw[around][-elided[index] :]
        relation: Relation = "suppressed" if this.suppressed else ("cause" if position else "")
        frames = frames_of(raw[index][:FRAMES_MAX])
        exceptions.append(SkeletonException(head=this.head, relation=relation, frames=frames))
    innermost = raw[order[0]][0] if raw[order[0]] else None
    raise_site = f"{innermost[1]}:{innermost[2]}:{innermost[0]}" if innermost else ""
    return Skeleton(exceptions=tuple(exceptions), raise_site=raise_site)


def _place(found: list[_Found], head: int, line: str) -> _Found:
    """Find the exception that a marker's line ties the next one to, by the line's indentation."""
    marker = line.lstrip()
    indent = len(line) - len(marker)
    is_suppressed = marker.startswith("Suppressed")
    parent = len(found) - 1
    while parent > 0 and (found[parent].indent >= indent if is_suppressed else found[parent].indent > indent):
        parent -= 1
    return _Found(head, marker, indent, parent, is_suppressed or found[parent].suppressed)


def _order(found: list[_Found]) -> list[int]:
    """Numbers of the exceptions, the reported one first."""
    chain = [number for number, this in enumerate(found) if not this.suppressed]
    if any(this.marker.startswith("Wrapped") for this in found if not this.suppressed):
        chain.reverse()
    return chain + [number for number, this in enumerate(found) if this.suppressed]


def read_head(head: str) -> tuple[str, str]:
    """Split "package.Type: message"; further lines stay with the message.

    Of an exception that prints itself otherwise (`PaymentError(code=3)`), all is message.
    """
    head = head.strip()
    if not head:
        return "", ""
    found = _HEAD.match(head)
    if found is None:
        itself = _PRINTED_BY_ITSELF.match(head)
        return (itself.group(1) if itself else ""), head
    name = found.group(1)
    if name[-1].isdigit():
        name = _ANONYMOUS.sub("$anonymous", name)
    return name, head[found.end() :].strip()

"""The JVM's stack traces, as `Throwable.printStackTrace`, logback and log4j print them (Java, Kotlin, Scala, ...).

    <preamble>  Exception in thread "main"
    <head>      com.shop.PaymentError: no payment for order 17
    <body>          at com.shop.Orders.charge(Orders.java:31)           frames, the innermost first
                    Suppressed:                                         one step further in: of the exception above
    <head>      java.lang.IllegalStateException: gateway was not open
    <body>              at com.shop.Gateway.close(Gateway.java:22)
                        ... 4 more                                      the last 4 frames of the exception around it
                Caused by:
    <head>      com.shop.GatewayDown: db1:5432 does not answer
    <body>          at com.shop.Gateway.connect(Gateway.java:13)
                    ... 5 common frames omitted                         logback's words for it

With the root cause first (`%rEx`), `Wrapped by:` stands for `Caused by:`, and the last exception is the reported one.

A head may have any lines, lines like frames among them when the message quotes another stack. Lines that are neither
frame nor marker between two runs of frames show that the first run was a part of a message: no printer puts any into
a stack. They are a head of no exception.

Elided frames are put back, so that a cause has its frames whichever way round the chain is printed.

Rejected: logback's packaging data (`~[spring-web-5.3.jar:5.3]`) for telling what is in-app, since the same error seen
in a span has none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from collector.model import Frame
from collector.stacks.in_app.jvm import locate
from collector.stacks.long_text import HEAD_CHARS_KEPT, keep_head
from collector.stacks.outline import (
    FRAMES_MAX,
    STACK_CHARS_MAX,
    Outline,
    Skeleton,
    SkeletonException,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.model import Relation

EXCEPTIONS_MAX = 32
"""Exceptions of one text that are read: longer chains are loops, and each can have `FRAMES_MAX` elided frames."""

# A class and a method: no blank but in the names that tests give their methods.
_NAME = r'[^\s("=;:\[{.][^\s("=;:\[.]{0,300}+\.[^\n("=;:\[]{1,900}+(?<!\s)'
_FRAME_LINE = rf"at {_NAME}\([^\n]*+"
_ELIDED_LINE = r"\.\.\. [0-9]{1,6} [^\n]*+"
_TYPE = r"[^\W\d][\w$]{0,200}(?:[./-][\w$]{1,200}){0,30}"
_THROWN = (
    r"(?:(?:[^\W\d][\w$-]{0,200}\.){1,30}[\w$]{1,200}"
    r"|[^\W\d][\w$]{0,200}(?:(?<=Exception)|(?<=Error)))(?=: |:?$)"
)
_MARKER = r"[ \t]*+(?:Caused by|Wrapped by|Suppressed): (?:\[CIRCULAR REFERENCE: ?)?"
_RUN = re.compile(
    rf"(?:(?:\A|\n)[ \t]*+(?:{_FRAME_LINE}|{_ELIDED_LINE}))+(?:\n{_MARKER})?"
    rf"|(?:\A|\n){_MARKER}(?={_THROWN})",  # of an exception without frames
    re.MULTILINE,
)
_FRAME = re.compile(r"\n[ \t]*at ([^\n(]{1,1200})\(([^\n:)]*)(?::([0-9]{1,9}))?")
_ELIDED = re.compile(r"\n[ \t]*\.\.\. ([0-9]{1,6}) (?:more|common frames omitted)")

# Where a frame is, as nobody else prints it: no blank before the bracket, a file without folders, one number.
_PLACE = (
    r"(?:Native Method|Unknown Source(?::[0-9]{1,9})?|<generated>|SourceFile:[0-9]{1,9}|NO_SOURCE_FILE:[0-9]{1,9}"
    r"|[^\s():/\\]{0,200}\.(?:java|kts?|scala|sc|groovy|gvy|gradle|clj|cljc|cljs|xtend|jsp|aj)(?::[0-9]{1,9})?"
    r"|[\w$-]{0,100}:[0-9]{1,9})\)"
)
_SIGN = re.compile(
    rf"(?:\A|\n)[ \t]*+(?:at {_NAME}\({_PLACE}|Caused by: {_THROWN}|\.\.\. [0-9]{{1,6}} (?:more|common frames omitted)$)",
    re.MULTILINE,
)

_LEVELS = frozenset(
    {
        "ERROR",
        "FATAL",
        "SEVERE",
        "WARN",
        "WARNING",
        "INFO",
        "DEBUG",
        "TRACE",
        "CRITICAL",
        "Caught",
        "Exception",
        "Error",
    }
)
_THREAD = r'(?:Exception in thread "[^"\n]{0,400}" |Caught: |Uncaught exception: )'
_HEAD_LINE = re.compile(rf"^(?:{_THREAD})?({_THROWN})", re.MULTILINE)
_HEAD_IN_LINE = re.compile(
    r"(?<=[\s\])}>|:-])(?:[a-z][\w$]{0,200}\.){1,30}[\w$]{1,200}(?:Exception|Error)(?=: |:?$)", re.MULTILINE
)
_FIRST_WORD = re.compile(rf"({_TYPE})(?:: |:?(?:\n|$)|[({{\[])")
_CUT_FRAME = re.compile(r"[^\n]*\([\w$.-]{0,200}(?::[0-9]{1,9})?\)[^\n]*\Z")
_HEAD = re.compile(rf"({_TYPE})(?:: |:?(?:\n|$))")
_PRINTED_BY_ITSELF = re.compile(rf"({_TYPE})(?=[({{\[])")
_ANONYMOUS = re.compile(r"\$[0-9]{1,6}$")


def looks_like(text: str) -> bool:
    """Whether a frame of the JVM's shape, `Caused by:` with a type, or `... 12 more` is in the text."""
    if _SIGN.search(text, 0, STACK_CHARS_MAX) is not None:
        return True
    return len(text) > STACK_CHARS_MAX and _SIGN.search(text, STACK_CHARS_MAX) is not None


def cut(text: str) -> str:
    """Keep the first `STACK_CHARS_MAX` characters: type, message and the raise.

    With a message of megabytes before the frames, its beginning and the frames.
    """
    if len(text) <= STACK_CHARS_MAX or _SIGN.search(text, 0, STACK_CHARS_MAX) is not None:
        return keep_head(text)
    sign = _SIGN.search(text, STACK_CHARS_MAX)
    start = sign.start() if sign else HEAD_CHARS_KEPT
    return text[:HEAD_CHARS_KEPT] + text[start : start + STACK_CHARS_MAX - HEAD_CHARS_KEPT]


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a stack trace's text into runs of frames, each with the marker after it, and heads. Lines end with LF.

    `known` are the frames of other texts with one exception. A text that is one line and such frames needs no search.
    """
    start = text.find("\n\tat ")
    if start > 0:
        for opening in known:
            if text.startswith(opening, start) and text[start + len(opening) :] in ("", "\n"):
                head = text[:start]
                if "\n" not in head and _HEAD.match(head) and not head.startswith(_NO_HEADS):
                    return _one_exception(head, opening, text[start + len(opening) :])
    bodies, heads = [""], [""]
    preamble, position = "", 0
    for run in _RUN.finditer(text):
        between = text[position : run.start()]
        if len(bodies) == 1:
            preamble, between = _cut_preamble(between)
        elif between and not _ends_with_marker(bodies[-1]):
            another = _HEAD_LINE.search(between)  # a second report in the same text
            if another is not None:
                break
        heads[-1] = between
        bodies.append(run.group())
        heads.append("")
        position = run.end()
    rest = text[position:]
    if len(bodies) == 1:
        preamble, rest = _cut_preamble(rest)
    elif not _ends_with_marker(bodies[-1]):
        if bodies[1] is bodies[-1] and not preamble and heads[0] and "\n" not in heads[0] and rest in ("", "\n"):
            return _one_exception(heads[0], bodies[1], rest)
        return Outline(preamble=preamble, bodies=tuple(bodies), heads=tuple(heads), tail=rest)
    heads[-1] = rest
    return Outline(preamble=preamble, bodies=tuple(bodies), heads=tuple(heads))


_NO_HEADS = tuple(f"{level}:" for level in sorted(_LEVELS))


def _one_exception(head: str, frames: str, tail: str) -> Outline:
    """The commonest text: a head of one line and frames."""
    return Outline(bodies=("", frames), heads=(head, ""), tail=tail, opening=frames)


def _ends_with_marker(body: str) -> bool:
    return body.endswith((": ", "[CIRCULAR REFERENCE:"))


def _cut_preamble(segment: str) -> tuple[str, str]:
    """Cut off log text and the thread's name before the first type."""
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
    if _CUT_FRAME.match(segment):  # the text's beginning is cut off within a frame
        return segment, ""
    return "", segment


class _Found(NamedTuple):
    """An exception as it stands in the text."""

    head: int
    marker: str
    indent: int
    parent: int
    suppressed: bool


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read frames; the reported exception first, then its causes, then what was suppressed."""
    found = [_Found(0, "", -1, -1, suppressed=False)]
    raw: list[list[tuple[str, str, str]]] = [[]]
    elided = [0]
    ignored = False  # what follows is a head of no exception
    for number, body in enumerate(bodies[1:], 1):
        lines = body if body.startswith("\n") else "\n" + body
        if not ignored:
            raw[-1] = _FRAME.findall(lines)
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
        frames = tuple([_frame(*parts) for parts in raw[index][:FRAMES_MAX]])
        relation: Relation = "suppressed" if this.suppressed else ("cause" if position else "")
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


def _frame(name: str, file: str, line: str) -> Frame:
    module, function, in_app = locate(name)
    return Frame(module, function, file, int(line) if line else 0, 0, in_app)


def read_head(head: str) -> tuple[str, str]:
    """Split "package.Type: message"; further lines stay with the message.

    Of an exception that prints itself otherwise (`PaymentError(code=3)`), all is message.
    """
    head = head.strip()
    found = _HEAD.match(head)
    if found is None:
        itself = _PRINTED_BY_ITSELF.match(head)
        return (itself.group(1) if itself else ""), head
    name = found.group(1)
    if name[-1].isdigit():
        name = _ANONYMOUS.sub("$anonymous", name)
    return name, head[found.end() :].strip()

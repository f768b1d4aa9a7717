"""Python's tracebacks, as the `traceback` module and the `exceptiongroup` backport print them.

A text is a sequence of exceptions, the root cause first and the reported one last:

    <body>  Traceback (most recent call last):          header
              File "/srv/pay.py", line 7, in charge     frames, the innermost last
                raise PaymentError(order)               source, carets, repeats: not read
    <head>  PaymentError: order 17                      type, message and notes: one line or many
    <body>  (empty line) During handling of the above exception, another ...: (empty line)
            Traceback (most recent call last): ...

The one fact that makes a cheap exact cut possible: every line of a body after the header begins
with two blanks, and no head does. A message that contains a traceback of its own (as remote
workers send) therefore stays a message.

Exception groups draw a border on the left. They go through a slower walk over lines, which gives
the same kind of pieces: see `python_groups.py`.

Rejected: the last `File "` line as the end of the frames, since messages may quote frames; the
standard library's `traceback` classes, since they need live exceptions.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING

from collector.model import Frame
from collector.stacks import python_groups
from collector.stacks.in_app.python import locate
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

_BORDERED_HEADER = ("Exception Group ", "| ")  # what stands before the header in a group's text
_HEADER = "Traceback (most recent call last):"
_REMOTE_END = '\n"""\n'
_MARK = re.compile(rf'(?:\n"""\n?)?\n\n(?:{re.escape(python_groups.CAUSE)}|{re.escape(python_groups.CONTEXT)})\n\n')
_BODY_END = re.compile(r"\n(?!  |\n  File \")")  # loguru puts empty lines between frames
_GOES_ON = ("  ", '\n  File "')
_FIRST_FRAME = re.compile(r'^[ |]*  File "[^"\n]*", line [0-9]', re.MULTILINE)
_FRAME = re.compile(r'\n(?:[ |]*\| )?  File "([^"\n]*)", line ([0-9]{1,9})(?:, in ([^\n]*)|(?=\n|$))')
_TYPE = re.compile(r"[^\W\d]\w{0,200}(?:\.(?:\w{1,200}|<locals>)){0,30}")
_MESSAGE_BORDER = re.compile(r"\n *\|(?: |$)", re.MULTILINE)

SYNTAX_FRAME = "<syntax>"
"""The function of the place that a SyntaxError points at: a file and a line, no call."""

_new_frame = partial(tuple.__new__, Frame)  # as Frame(...), in a third of the time: a stack has dozens

# The SDK's own frames through which an exception leaves a span: the outermost ones when a span
# records it on its way.
_SPAN_EXITS = ("use_span", "start_as_current_span")


def looks_like(text: str) -> bool:
    """Whether a traceback's header or a frame line is in the text."""
    return _HEADER in text or ('  File "' in text and _FIRST_FRAME.search(text) is not None)


def cut(text: str) -> str:
    """Keep the last `STACK_CHARS_MAX` characters, where the raise is, if there are frames in them.

    Else the first: the text is a stack of the usual size and a message of megabytes.
    """
    if len(text) <= STACK_CHARS_MAX:
        return text
    tail = text[-STACK_CHARS_MAX:]
    return tail if '  File "' in tail else text[:STACK_CHARS_MAX]


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a traceback's text into bodies and heads. Lines end with LF.

    `known` are openings of other texts. A text that begins with one has that body, unless the
    body goes on in it.
    """
    for body in known:
        if text.startswith(body) and not text.startswith(_GOES_ON, len(body)):
            preamble, head = "", text[len(body) :]
            break
    else:
        preamble, body, head = _cut_block(text)
    if (
        python_groups.may_hold_a_group(head)
        or (preamble and python_groups.may_hold_a_group(preamble))
        or preamble.endswith(_BORDERED_HEADER)
    ):
        return python_groups.outline(text)
    # A body that begins the text with a header and ends before a head: no search cuts it otherwise.
    opening = body if not preamble and body.startswith(_HEADER) and body.endswith("\n") else ""
    if _MARK.search(preamble) is not None:  # the root cause was never raised
        preamble, body, head = "", "", text
    mark = _MARK.search(head)
    if mark is None:
        return Outline(preamble, (body,), (head,), "", opening)
    bodies, heads = [body], [head[: mark.start()]]
    while mark is not None:
        separator, rest = mark.group(), head[mark.end() :]
        lead, body, head = _cut_block(rest)
        if _MARK.search(lead) is not None:
            lead, body, head = "", "", rest
        mark = _MARK.search(head)
        bodies.append(separator + lead + body)
        heads.append(head if mark is None else head[: mark.start()])
    return Outline(preamble=preamble, bodies=tuple(bodies), heads=tuple(heads), opening=opening)


def _cut_block(block: str) -> tuple[str, str, str]:
    """One exception's text -> what stands before it, its body, its head."""
    start = block.find(_HEADER)
    if start < 0:
        frame = _FIRST_FRAME.search(block) if '  File "' in block else None
        if frame is None:
            return "", "", block
        start = frame.start()
    end = _BODY_END.search(block, start)
    if end is None:
        return block[:start], block[start:], ""
    return block[:start], block[start : end.end()], block[end.end() :]


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read frames; the reported exception first, then its causes, then the members of groups."""
    ordered: list[tuple[int, Relation]] = [(0, "")] if len(bodies) == 1 else python_groups.order(bodies)
    ordered = _without_carriers(ordered, bodies)
    exceptions: list[SkeletonException] = []
    raise_site, escaped = "", False
    for position, (index, relation) in enumerate(ordered):
        found = _FRAME.findall("\n" + bodies[index])
        frames = _frames(found[: -FRAMES_MAX - 1 : -1])
        if position == 0 and frames:
            raise_site = f"{frames[0].file}:{frames[0].line}:{frames[0].function}"
            escaped = found[0][2] in _SPAN_EXITS and "/opentelemetry/" in found[0][0]
        exceptions.append(SkeletonException(head=index, relation=relation, frames=frames))
    return Skeleton(exceptions=tuple(exceptions), raise_site=raise_site, escaped_span=escaped)


def _without_carriers(ordered: list[tuple[int, Relation]], bodies: tuple[str, ...]) -> list[tuple[int, Relation]]:
    """Leave out the second sight of an exception that another process raised.

    Process pools chain it to itself: its stack over there, quoted as a `_RemoteTraceback`, then the one of who waited.
    """
    kept: list[tuple[int, Relation]] = []
    inherited: Relation | None = None
    for index, relation in ordered:
        own = relation if inherited is None else inherited
        inherited = None
        if bodies[index].startswith(_REMOTE_END):
            inherited = own
        else:
            kept.append((index, own))
    return kept


def _frames(found: list[tuple[str, str, str]]) -> tuple[Frame, ...]:
    if not found:
        return ()
    files, lines, functions = zip(*found, strict=True)
    modules, in_app = zip(*map(locate, files), strict=True)
    frames = tuple(map(_new_frame, zip(modules, functions, files, map(int, lines), repeat(0), in_app, strict=False)))
    if "" in functions or "." in "".join(functions):
        return tuple(map(_with_plain_function, frames))
    return frames


def _with_plain_function(frame: Frame) -> Frame:
    if not frame.function:
        return frame._replace(function=SYNTAX_FRAME, in_app=frame.in_app and not frame.file.startswith("<"))
    if "." in frame.function:  # compiled code prints the qualified name
        return frame._replace(function=frame.function.rpartition(".")[2] or frame.function)
    return frame


def read_head(head: str) -> tuple[str, str]:
    """Split "module.Type: message", or all is message. Notes stay with the message."""
    head = head.strip()
    if "\n" in head and "|" in head:
        head = _strip_border(head)
    first, newline, rest = head.partition("\n")
    name, colon, message = first.partition(":")
    if not _TYPE.fullmatch(name):
        return "", head
    return name, (message.strip() + newline + rest if colon else rest).strip("\n")


def _strip_border(head: str) -> str:
    """Take the border off a group's message, if every line after the first has it."""
    if head.count("\n") == len(_MESSAGE_BORDER.findall(head)):
        return _MESSAGE_BORDER.sub("\n", head)
    return head

"""Stacks of Swift and Objective-C: call stack symbols, uncaught exceptions, crash reports, Swift's own backtraces.

    <head>  *** Terminating app due to uncaught exception 'NSRangeException', reason: 'index 3 beyond bounds'
            *** First throw call stack:
            (
    <body>  0   CoreFoundation   0x00007ff80045478b __exceptionPreprocess + 242
            4   Shop             0x0000000104c1e2f4 Shop.Cart.add() -> () + 52
    <tail>  )

One block of frames is read, the innermost first: of a crash report that of the exception, else that of the thread that
crashed. There is one exception: neither language prints causes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.stacks.apple_frames import CALL, CALL_LINE, SWIFT, SWIFT_LINE
from collector.stacks.outline import STACK_CHARS_MAX, Outline

if TYPE_CHECKING:
    from collections.abc import Iterable

GAP_CHARS_MAX = 2048
"""Characters between two frames: Swift shows the source around each."""

_BLOCK = re.compile(
    r"^(?:Last Exception Backtrace:|Thread [0-9]{1,6}(?: \"[^\"\n]{0,100}\")? [Cc]rashed[^\n]{0,200}:)", re.MULTILINE
)
_SWIFT_SIGN = rf"{SWIFT.replace('?P<number>', '?:').replace('?P<rest>', '?:')}"
_SIGN = re.compile(
    rf"^(?:{CALL.replace('([0-9]', '(?:[0-9]')}|[^\n]{{0,200}}Terminating app due to uncaught exception '"
    r"|Thread [0-9]{1,6}(?: \"[^\"\n]{0,100}\")? crashed:"
    r"|[^\n]{1,400}\.swift:[0-9]{1,7}: (?:Fatal error|Precondition failed|Assertion failed)"
    r"|(?:Fatal error|Precondition failed|Assertion failed)[^\n]{0,2000}: file [^\n]{1,400}, line [0-9])",
    re.MULTILINE,
)
_FIRST = re.compile(rf"^(?:{CALL.replace('([0-9]', '(?:[0-9]')}|{_SWIFT_SIGN})", re.MULTILINE)

_REASON_END = re.compile(r"'?\s{0,8}(?:\*\*\* First throw call stack|terminate called|$)")
_EXCEPTION = re.compile(r"uncaught exception '([^'\n]{1,200})', reason: '")
_FATAL = re.compile(
    r"^(?:[^\n]{1,400}\.swift:[0-9]{1,7}: )?(Fatal error|Precondition failed|Assertion failed)(?:: ([^\n]*?))?"
    r"(?:: file [^\n,]{1,400}, line [0-9]{1,9})?$",
    re.MULTILINE,
)
_TYPE = re.compile(r"^Exception Type: {1,8}(\w{1,60})", re.MULTILINE)
_SUBTYPE = re.compile(r"^Exception (?:Subtype|Message): {1,8}([^\n]{1,1000})", re.MULTILINE)
_CRASHED = re.compile(r"Program crashed: ([A-Z][a-z ]{2,60}?)(?: at (0x[0-9a-f]{1,16}))?(?: \*\*\*)?$", re.MULTILINE)
_NAMED = re.compile(
    r"([A-Za-z_]\w{0,100}(?:\.\w{1,100}){0,8}(?:Error|Exception|Failure)(?:\.\w{1,100}){0,2}): ((?s:.*))"
)


def looks_like(text: str) -> bool:
    """Whether a frame of Apple's shape, or the words of an uncaught exception or of a Swift trap are in the text."""
    return _SIGN.search(text, 0, STACK_CHARS_MAX) is not None


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a text into a head, one block of frames, and the rest. Lines end with LF.

    `known` are blocks that end other texts: a text that ends with one and has no frame before it needs no search.
    """
    for opening in known:
        head = text[: -len(opening)]
        if text.endswith(opening) and (
            not head or (head.endswith("\n") and not _BLOCK.search(head) and not _FIRST.search(head))
        ):
            return Outline(bodies=("", opening), heads=(head, ""), opening=opening)
    block = _exception_block(text)
    first = _FIRST.search(text, block.end() if block else 0) or _FIRST.search(text)
    if first is None:
        return Outline(bodies=("",), heads=(text,))
    start = first.start()
    line = CALL_LINE if CALL_LINE.match(text, start) else SWIFT_LINE
    end = _end(text, start, line)
    head, frames, tail = text[:start], text[start:end], text[end:]
    if not tail.strip("\n"):
        frames, tail = frames + tail, ""
    opening = frames if not tail and (not head or head.endswith("\n")) and block is None else ""
    return Outline(bodies=("", frames), heads=(head, ""), tail=tail, opening=opening)


def _exception_block(text: str) -> re.Match[str] | None:
    """Find the heading of the block that tells of the error: the exception's before the thread's."""
    found = None
    for heading in _BLOCK.finditer(text):
        if heading.group().startswith("Last"):
            return heading
        found = found or heading
    return found


def _end(text: str, start: int, line: re.Pattern[str]) -> int:
    """Find the end of the block: frames whose numbers follow each other."""
    end, previous = start, -1
    for frame in line.finditer(text, start):
        number = int(frame.group(1))
        if end != start:
            gap = frame.start() - end
            if number != previous + 1 or gap > (1 if line is CALL_LINE else GAP_CHARS_MAX):
                break
        end, previous = frame.end(), number
    return end


def read_head(head: str) -> tuple[str, str]:
    """Find type and message: an exception, a trap of Swift, a signal; a text of other words is all message."""
    head = head.strip()
    exception = _EXCEPTION.search(head)
    if exception is not None:
        reason = head[exception.end() :]
        for ending in ("'\n*** First throw", "'\nterminat", "'\n"):
            reason = reason.partition(ending)[0]
        return exception.group(1), reason.removesuffix("'").strip()
    fatal = _FATAL.search(head)
    if fatal is not None:
        return fatal.group(1), (fatal.group(2) or "").strip()
    kind = _TYPE.search(head)
    if kind is not None:
        subtype = _SUBTYPE.search(head)
        return kind.group(1), subtype.group(1).strip() if subtype else ""
    crashed = _CRASHED.search(head)
    if crashed is not None:
        return crashed.group(1), f"at {crashed.group(2)}" if crashed.group(2) else ""
    named = _NAMED.match(head)
    if named is not None:
        return named.group(1), named.group(2).strip()
    return "", head

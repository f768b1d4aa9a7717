"""Stack traces of C and C++: crashes, sanitizers, debuggers and libraries that print the stack.

    <head>  what the program, the runtime or the tool says: an exception's type and message, a signal
    <body>  one block of frames, the innermost first, each form with lines of its own:
                 0# shop::check(int) at /srv/shop.cpp:47                  Boost.Stacktrace, std::stacktrace
                #0  0x0000555555556e39 in run (seed=3) at shop.cpp:116    gdb, sanitizers, LLVM, cpptrace, Android
                    @     0x56519bbed40e shop::null_pointer()             glog, Abseil
                /srv/shop(_ZN4shop5checkEi+0x3d) [0x55be273d0505]         backtrace_symbols
                 0  shop!shop::check(int) [shop.cpp : 47 + 0x5]           minidump_stackwalk, Windows debuggers
    <tail>  other threads, where memory came from, registers: not read

There is one exception: C++ has no causes that a stack trace could show. Addresses are never kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.stacks.native_frames import FORMS, SIGN
from collector.stacks.outline import STACK_CHARS_MAX, Outline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.stacks.native_frames import Form

GAP_CHARS_MAX = 4096
"""Characters between two frames of one block: registers, source lines, local variables."""

# Where several threads are printed, the one that failed.
_FAILED_THREAD = re.compile(r"^Thread (?:[0-9]{1,6} \(crashed\)|1 \()", re.MULTILINE)

# Lines that say that a stack follows.
_ANNOUNCED = re.compile(
    r"(?:^|\n)[ \t]*(?:[Cc]all |[Nn]ative |C\+\+ )?(?:[Ss]tack ?[Tt]race|[Bb]ack ?[Tt]race|[Cc]all ?[Ss]tack|[Ss]tack|Traceback)"
    r"(?: \([^()\n]{1,60}\)| of [^\n]{1,80})?:?[ \t]*$"
)

_NAME = r"[A-Za-z_]\w{0,200}(?:::\w{1,200}){0,20}"
_TYPE = rf"{_NAME}(?:<[^\n]{{0,400}}>)?"
_HEADS = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        # The C++ runtimes: libstdc++, libc++.
        rf"^terminate called after throwing an instance of '({_TYPE})'(?:\n  what\(\):  ([^\n]*))?",
        rf"terminating (?:with|due to) uncaught (?:foreign )?exception of type ({_TYPE})(?:: ([^\n]*))?",
        r": Uncaught exception (\w{1,200}), reason: ([^\n]*)",  # Objective-C on Linux
        # Boost.Exception's diagnostic information.
        rf"^Dynamic exception type: ({_TYPE})(?:\nstd::exception::what: ([^\n]*))?",
        # Sanitizers.
        r"(?:ERROR|WARNING): (?:\w{1,20}Sanitizer): (data race|detected memory leaks|[\w-]{3,80})(?: ([^\n]*))?",
        r"^[^\n]{1,400}:[0-9]{1,7}: (runtime error): ([^\n]*)",
        # Signals: gdb, breakpad, glog and Abseil.
        r"^(?:Program|Thread [0-9]{1,6} (?:\"[^\"\n]{0,80}\" )?)\s?(?:received|terminated with) signal (SIG\w{1,10}), ([^\n]*)",
        r"^Crash reason: {1,4}(\w{1,60})(?: ?/? ?([^\n]*))?",
        r"^signal [0-9]{1,3} \((SIG\w{1,10})\)",
        r"^\*\*\* (SIG\w{1,10}) (?:\([^\n]{0,40}\) )?received",
        # assert() and glog's CHECK.
        r"^[^\n]{0,400}: (Assertion) (`[^\n]*)",
        r"^F[0-9 :.]{10,40}[^\n]{0,200}\] (Check failed): ([^\n]*)",
        # "shop::PaymentError: message": a name that can only be a type's.
        rf"^(?=\w{{1,200}}::|\w{{0,200}}(?:Error|Exception|_error|exception): )({_NAME}): ((?s:.*))",
    )
)


def looks_like(text: str) -> bool:
    """Whether a frame of some form that no other language has is in the text."""
    if "0" not in text and "#" not in text:  # every form has a number or an address
        return False
    return SIGN.search(text, 0, STACK_CHARS_MAX) is not None


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a text into a head, one block of frames, and the rest. Lines end with LF.

    `known` are blocks that end other texts: a text that ends with one and has no frame before it needs no search.
    """
    for opening in known:
        head = text[: -len(opening)]
        if text.endswith(opening) and (
            not head or (head.endswith("\n") and "Thread " not in head and SIGN.search(head) is None)
        ):
            return Outline(bodies=("", opening), heads=(head, ""), opening=opening)
    thread = _FAILED_THREAD.search(text)
    first = SIGN.search(text, thread.start() if thread else 0) or SIGN.search(text)
    form = None if first is None else next((form for form in FORMS if form.first.match(text, first.start())), None)
    if first is None or form is None:
        return Outline(bodies=("",), heads=(text,))
    start, end = first.start(), _end(text, first.start(), form)
    head, block, tail = text[:start], text[start:end], text[end:]
    if not tail.strip("\n"):
        block, tail = block + tail, ""
    is_opening = not head or (head.endswith("\n") and "Thread " not in head)
    opening = block if is_opening and not tail and thread is None else ""
    return Outline(bodies=("", block), heads=(head, ""), tail=tail, opening=opening)


def _end(text: str, start: int, form: Form) -> int:
    """Find the end of the block: frames whose numbers follow each other, or that stand line after line."""
    end, previous = start, None
    for frame in form.frame.finditer(text, start):
        number = int(frame.group(1)) if form.is_numbered else None
        if previous is not None and number is not None:
            is_next = abs(number - previous) <= 1 and frame.start() - end <= GAP_CHARS_MAX
            if not is_next or text.find("\n\n", end, frame.start()) >= 0:
                break
        elif end != start and frame.start() - end > 1:
            break
        end, previous = frame.end(), number
    return end


def read_head(head: str) -> tuple[str, str]:
    """Find type and message in what runtimes and tools say; a text that none of them wrote is all message."""
    head = head.strip()
    for pattern in _HEADS:
        found = pattern.search(head)
        if found is not None:
            name, message = found.group(1), found.group(2) if pattern.groups > 1 else ""
            return name.partition("<")[0], (message or "").strip()
    return "", _ANNOUNCED.sub("", head)

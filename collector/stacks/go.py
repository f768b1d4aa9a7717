"""Go's stack traces: panics, `runtime/debug.Stack`, and errors that carry a stack.

A dump of goroutines is a panic as the program prints it, or `runtime.Stack` as the OpenTelemetry SDK sends it (the first
2,048 bytes, so the end is nearly always cut off) without the lines before the header:

    <head>  panic: order 17 is lost [recovered]
    <body>  (tab)
    <head>  panic: cannot roll back 17            a deferred function panicked with another value
            goroutine 1 [running]:
    <body>  main.(*Store).Get(0xc000012345, ...)  function and arguments, then file, line, offset of the instruction
                /srv/shop/store.go:31 +0x1d
    <tail>  created by main.main in goroutine 1, other goroutines, exit status 2

Errors that carry a stack print messages and runs of such frames without arguments in turn (github.com/pkg/errors, zap).
Others have another form of frames: cockroachdb/errors (a bar on the left), go-errors/errors and gin (the file first),
eris (one line a frame). A Go error is one error with words added on its way up, so the reported exception is the one
with the deepest stack, and the stacks of those who wrapped it follow.

Rejected: each wrapper as the reported exception, its cause after it. A wrapper has no type of its own, and its message
is the same for all that it wraps.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.stacks.long_text import is_at_an_end, keep_frames
from collector.stacks.outline import STACK_CHARS_MAX, Outline

if TYPE_CHECKING:
    from collections.abc import Iterable

# `goroutine 1 gp=0xc0000061c0 m=0 mp=0xc194e0 [running, locked to thread]:`
_HEADER = re.compile(
    r"(?:^|(?<= ))goroutine [0-9]{1,19} (?:gp=[^\n\[]{1,100})?\[[a-z][^\n\]]{0,200}\]:(?:\n(?!\t)|\Z)", re.MULTILINE
)
_FILE = r"\n(?:  \| )?(?:\t| {4,8})(?!at )[^\n\t]{1,600}\.go:[0-9]"
_SIGN = re.compile(
    r"(?:^|(?<= ))goroutine [0-9]{1,19} (?:gp=[^\n\[]{1,100})?\[[a-z][^\n\]]{0,200}\]:\n"
    rf"|{_FILE}|\.go:[0-9]{{1,9}} \(0x[0-9a-f]{{1,16}}\)\n",
    re.MULTILINE,
)
_SPACED = re.compile(r"\n {2,8}(?=[^\s|][^\n]{0,600}\.(?:go|s):[0-9]|panic: )")  # a tab that something made blanks of
_END = r"(?:\n|\Z)"
_PLACE = r":[0-9]{1,9}(?: \+0x[0-9a-f]{1,16}(?: fp=[^\n]*)?)?"
_RUN = re.compile(
    rf"^(?:(?!created by |goroutine )[^\n\t ][^\n]*\n\t(?:[A-Za-z]:)?[^\n:]*{_PLACE}{_END}"
    rf"|\.\.\.[^\n.]{{1,60}} elided\.\.\.{_END})+",
    re.MULTILINE,
)
_BAR_RUN = re.compile(rf"^(?:  \| [^\n\t]+\n  \| \t[^\n]*:[0-9]{{1,9}}{_END})+", re.MULTILINE)
_FILE_RUN = re.compile(
    rf"^(?:[^\n\t ][^\n]*:[0-9]{{1,9}} \(0x[0-9a-f]{{1,16}}\){_END}(?:\t[^\n]*{_END})?)+", re.MULTILINE
)
_LINE_RUN = re.compile(rf"^(?:\t[^\n\t:/][^\n\t:]*:(?:[A-Za-z]:)?[^\n:]*:[0-9]{{1,9}}{_END})+", re.MULTILINE)
_OPENING = re.compile(r"[^\n\t ][^\n]*\n\t(?:[A-Za-z]:)?[^\n:]*:[0-9]{1,9}(?: \+0x[0-9a-f]{1,16})?\n")

# A signal that Go code did not cause: it arrived in C code, or was sent to the process.
_SIGNAL = re.compile(r"^(SIG[A-Z]{2,8}): ([a-z][^\n]{0,100})\nPC=0x", re.MULTILINE)
_PANIC = re.compile(
    r"^(?:panic: |fatal error: |(?=SIG[A-Z]{2,8}: [^\n]{1,100}\nPC=0x))|\bpanic serving (?=[^\s]{1,100}: )|\[PANIC RECOVER\] ",
    re.MULTILINE,
)
_NESTED = re.compile(r"^\t(?=panic: )", re.MULTILINE)
_FURTHER = re.compile(r"\n\t[^\n]*:[0-9]|elided\.\.\.")
_ELIDED = "elided..."
_GIN = "panic recovered:\n"
_RECOVERED = " [recovered"
_PANIC_WORDS = ("panic: ", "fatal error: ", "panic serving ", "[PANIC RECOVER] ")

# What the runtime panics with; the types are those that an SDK sends for them.
_RUNTIME_ERRORS = (
    ("runtime error: index out of range", "runtime.boundsError"),
    ("runtime error: slice bounds out of range", "runtime.boundsError"),
    ("runtime error: ", "runtime.errorString"),
    ("interface conversion: ", "*runtime.TypeAssertionError"),
    ("assignment to entry in nil map", "runtime.plainError"),
    ("send on closed channel", "runtime.plainError"),
    ("close of closed channel", "runtime.plainError"),
    ("close of nil channel", "runtime.plainError"),
)
_RUNTIME_WORDS = tuple(words for words, _ in _RUNTIME_ERRORS)
PANIC = "panic"
FATAL_ERROR = "fatal error"
STACK_OVERFLOW = "stack overflow"
"""Types of a panic with a value of unknown type, of an end that no program can catch, and of an endless recursion."""

_NAME = r"\*?[A-Za-z_][\w./~-]{0,200}\.[A-Za-z_]\w{0,100}"
_VALUE = re.compile(rf"({_NAME})\(([^\n]*)\)|\(({_NAME})\) [^\n]*")
_POINTER_TYPE = re.compile(rf"(\*{_NAME[3:]}) ")


def looks_like(text: str) -> bool:
    """Whether the header of a goroutine or the place of a Go source is in the text."""
    word = text.find("goroutine ")
    if word < 0 and ".go:" not in text:
        return False
    if 0 <= word < STACK_CHARS_MAX and _HEADER.match(text, word):
        return True
    return is_at_an_end(_SIGN, text)


def cut(text: str) -> str:
    """Keep the first `STACK_CHARS_MAX` characters, where the raise is.

    With a message of megabytes before the frames, its beginning and the text's end.
    """
    if "\n\t" not in text:
        text = _SPACED.sub("\n\t", text)
    return keep_frames(text, _SIGN)


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a text into runs of frames and what stands between them. Lines end with LF.

    `known` are runs of other texts. One that a text has is its only run if no line before it begins with a tab, and it
    ends where an empty line, the text's end or no further place follows.
    """
    at = text.rfind("\n", 0, max(0, text.find("\n\t"))) + 1  # the line before the first that begins with a tab
    for run in known:
        if text.startswith(run, at) and _OPENING.match(run) and _ELIDED not in text[:at]:
            rest, word = text[at + len(run) :], text.find("goroutine ")
            header = _HEADER.match(text, word) if 0 <= word < at and run.endswith("\n") else None
            if word < 0:
                if not rest and _GIN not in text[:at]:
                    return Outline(bodies=("", run), heads=(text[:at], ""), opening=run)
            elif header and header.end() == at and (rest.startswith("\n") or _FURTHER.search(rest) is None):
                return _outline_dump(text[:at], run, rest)
    header = _HEADER.search(text) if "goroutine " in text else None
    if header is None:
        return _outline_carried(text)
    at = header.end()
    found = _RUN.match(text, at)
    run = found.group() if found else ""
    return _outline_dump(text[:at], run, text[at + len(run) :])


def _outline_dump(before: str, run: str, after: str) -> Outline:
    """Cut what stands before the first goroutine's frames into the values of panics."""
    opening = run if run.endswith("\n") else ""
    panic = _PANIC.search(before)
    if panic is None:
        return Outline(preamble=before, bodies=(run,), heads=("",), tail=after, opening=opening)
    bodies, heads = [""], []
    for number, said in enumerate(_NESTED.split(before[panic.start() :])):
        if not number:
            heads.append(said)
        elif _is_repeated(heads[-1], said):
            heads[-1] += "\t" + said
        else:
            bodies.append("\t")
            heads.append(said)
    return Outline(preamble=before[: panic.start()], bodies=(*bodies, run), heads=(*heads, after), opening=opening)


def _is_repeated(first: str, second: str) -> bool:
    """Whether a panic is the one before it again: recovered, and raised anew with the same value."""
    value = first.rpartition(_RECOVERED)[0].rpartition("panic: ")[2]
    return bool(value) and second[len("panic: ") :].startswith((value + "\n", value + _RECOVERED))


def _outline_carried(text: str) -> Outline:
    """Cut the text of an error that carries its stack: the messages are before, between and behind the runs."""
    runs = list(_RUN.finditer(text))
    for shape in () if runs else (_BAR_RUN, _FILE_RUN, _LINE_RUN):
        runs = list(shape.finditer(text))
        if runs:
            break
    bodies, heads, position = [""], [], 0
    for run in runs:
        heads.append(text[position : run.start()])
        bodies.append(run.group())
        position = run.end()
    heads.append(text[position:])
    preamble = ""
    if _GIN in heads[0]:  # the request stands between
        at = heads[0].rstrip("\n").rfind("\n\n") + 2
        preamble, heads[0] = heads[0][:at], heads[0][at:]
    opening = bodies[1] if len(runs) == 1 and position == len(text) else ""
    return Outline(preamble=preamble, bodies=tuple(bodies), heads=tuple(heads), opening=opening)


def read_head(head: str) -> tuple[str, str]:
    """Split what was said before frames into type and message.

    A panic prints the value: its type is known for the runtime's own errors and for values that are no text. Errors
    that carry a stack print the message alone; their type is sent beside it.
    """
    if not head.startswith(_PANIC_WORDS):
        signal = _SIGNAL.match(head)
        return (signal[1], signal[2]) if signal else _read_carried(head.strip())
    at = head.rfind("goroutine ")
    message = (head[:at] if at > 0 else head).partition("\n[signal ")[0].partition("\n\nruntime stack:")[0].strip()
    if message.startswith(_PANIC_WORDS[1]):
        message = message[len(_PANIC_WORDS[1]) :]
        return STACK_OVERFLOW if message.startswith("stack overflow") else FATAL_ERROR, message
    if message.startswith(_PANIC_WORDS[2]):
        message = message.partition(": ")[2]
    else:
        message = message.removeprefix(_PANIC_WORDS[0]).removeprefix(_PANIC_WORDS[3])
    if _RECOVERED in message:
        message = message.partition(_RECOVERED)[0]
    if message.startswith(_RUNTIME_WORDS):
        return next((kind, message) for words, kind in _RUNTIME_ERRORS if message.startswith(words))
    value = _VALUE.fullmatch(message) if "(" in message else None
    if value is not None:  # what is no text is printed as an address
        return value[1] or value[3], value[2] or ""
    return PANIC, message.strip()


def _read_carried(message: str) -> tuple[str, str]:
    if "Wraps: (" in message and message.startswith(("Wraps: (", "| [...")):  # behind a wrapper's frames
        return "", message.partition("Wraps: (")[2].partition(") ")[2].partition("\n")[0]
    if "\n(1) " in message:
        message = message.partition("\n(1) ")[0]
    typed = _POINTER_TYPE.match(message)  # go-errors/errors
    if typed is not None:
        return typed[1], message[typed.end() :]
    return "", message

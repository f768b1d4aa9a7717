"""Rust's panics and errors: std, anyhow, eyre and color-eyre, `std::backtrace`, tracing's chains of causes.

A panic (before Rust 1.73 the message stands in quotes before the place):

            thread 'main' (25310)
    <body>   panicked at src/main.rs:95:5
    <head>  :
            order 17 is lost
    <body>  stack backtrace:
               0: core::panicking::panic_fmt
                         at /rustc/5980.../library/core/src/panicking.rs:80:14
            note: run with `RUST_BACKTRACE=1` ...

An error, as `{:?}` of anyhow and eyre prints it; color-eyre numbers the messages and draws lines around the parts:

    <head>  cannot reserve order 17
            (empty line) Caused by:
                no stock for item 4
    <body>  (empty line) Stack backtrace:
               0: shop::store::plain
                         at ./src/store.rs:42:13

The text knows no types, and there is one backtrace for all, taken where the first error was made. So the whole chain is
one exception, whose message is that of `{:#}`: "cannot reserve order 17: no stock for item 4". Rejected: an exception for
each cause; it would have neither type nor frames, and the cause, which tells two errors of one function apart, would be
outside the message that counts.

tracing-opentelemetry sends a JSON list of the causes' messages instead of a stack.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.stacks.long_text import is_at_an_end, keep_head, keep_head_and_end
from collector.stacks.outline import STACK_CHARS_MAX, Outline

if TYPE_CHECKING:
    from collections.abc import Iterable

_COLOUR = r"(?:\x1b\[[0-9;]{0,16}m)"
_SYMBOL = r"(?:0x[0-9a-f]{1,16} - )?(?=[^\n]{0,600}(?:::|_))"
_THREAD = re.compile(r"\bthread '[^\n]{0,200}?'(?: \([0-9]{1,20}\))?(?= panicked at )")
_PLACE = r"(?:[A-Za-z]:)?[^\n:'\"]{1,600}:[0-9]{1,9}(?::[0-9]{1,9})?"
_NEW_PLACE = re.compile(rf" panicked at {_PLACE}(?=:\n)")
_OLD_PLACE = re.compile(rf"', {_PLACE}(?:\n|$)|': {_PLACE}(?:\n|$)")
_MARKER = re.compile(
    rf"^[Ss]tack backtrace:\n(?= {{0,4}}[0-9]{{1,4}}: +{_SYMBOL})|^ {{0,4}}\u2501+ BACKTRACE \u2501+\n+(?=[ \x1b])",
    re.MULTILINE,
)
_SPAN_TRACE = re.compile(r"^ {0,4}\u2501+ SPANTRACE \u2501+\n+(?=[ \x1b])", re.MULTILINE)
_BLOCK = re.compile(r"(?:[ \x1b][^\n]*(?:\n|\Z))+")
_FIRST_FRAME = re.compile(
    r"^ {0,4}[0-9]{1,4}: +(?:0x[0-9a-f]{1,16} - )?(?:[^\n]{1,600}\n(?: {6,20}with [^\n]*\n)? {6,40}at [^\n]{1,600}:[0-9]"
    r"|[\w<][^\n ]{0,600}::[^\n]*\n {0,4}[0-9]{1,4}: +(?:0x[0-9a-f]{1,16} - )?[\w<][^\n ]*(?:\n|$))",
    re.MULTILINE,
)
_DEBUG = re.compile(r'Backtrace \[(?:\{ fn: "(?:[^"\\\n]|\\.)*"[^{}\n]*\}(?:, )?)+\]?')
_CAUSES = "\n\nCaused by:\n"
_LOCATION = re.compile(r"\n\n(?=Location:\n)|\n(?=Location: )")
_NOTE = re.compile(r"^note: (?:run with `RUST_BACKTRACE|Some details are omitted)", re.MULTILINE)
_COLOURED_PANIC = "The application panicked (crashed)."
_JSON_CHAIN = re.compile(r'\["(?:[^"\\\n]|\\[^nrt])*"(?:, ?"(?:[^"\\\n]|\\[^nrt])*")*\]|\[\]')
_FOREIGN = re.compile(r'"\s*at |\.(?:java|kt|js|ts|py|go|rb|php|cs)\b|/in `')
_SIGN = re.compile(
    rf"\bthread '[^\n]{{0,200}}?'(?: \([0-9]{{1,20}}\))? panicked at "
    rf"|^[Ss]tack backtrace:\n {{0,4}}[0-9]{{1,4}}: |\u2501 (?:BACK|SPAN)TRACE \u2501"
    rf"|^Location:\n? {{1,4}}{_COLOUR}?[^\n:]{{1,600}}\.rs{_COLOUR}?:|^{_COLOUR}?The application panicked \(crashed\)\."
    rf'|\bBacktrace \[\{{ fn: "|\n\nCaused by:\n {{4}}\S'
    rf"|^ {{0,4}}[0-9]{{1,4}}: +(?:0x[0-9a-f]{{1,16}} - )?[\w<][^\n]{{0,600}}\n"
    r"(?: {6,20}with [^\n]*\n)? {6,40}at [^\n:]{1,600}\.rs:[0-9]"
    rf"|^ {{0,4}}[0-9]{{1,4}}: +(?:0x[0-9a-f]{{1,16}} - )?[\w<][^\n ]{{0,600}}::[^\n]{{0,600}}\n"
    r" {0,4}[0-9]{1,4}: ",
    re.MULTILINE,
)
# A text that holds none of these has no sign.
_NEEDLES = ("::", ".rs", " panicked ", "tack backtrace:", "TRACE \u2501", "Caused by:\n    ", "Backtrace [{")
_ANSI = re.compile(r"\x1b\[[0-9;]{0,16}m")
_NUMBERED = re.compile(r"^ {0,8}[0-9]{1,3}: ", re.MULTILINE)
_INDENTED = re.compile(r"^ {1,8}", re.MULTILINE)
_DEBUG_NAME = re.compile(r"([A-Z]\w{0,100})(?: \{|\()")

PANIC = "panic"
"""The type of a panic: its value is nearly always a text."""
BORROW_ERROR = "BorrowError"
BORROW_MUT_ERROR = "BorrowMutError"
"""Types of panics whose words changed between versions of Rust."""


def looks_like(text: str) -> bool:
    """Whether a panic, a backtrace, a report or a list of causes is in the text."""
    if text.startswith("[") and len(text) <= STACK_CHARS_MAX and _is_chain(text):
        return True
    return any(needle in text for needle in _NEEDLES) and is_at_an_end(_SIGN, text)


def _is_chain(text: str) -> bool:
    return _JSON_CHAIN.fullmatch(text.strip()) is not None and _FOREIGN.search(text) is None


def cut(text: str) -> str:
    """Keep the first `STACK_CHARS_MAX` characters, where the raise is.

    With a message of megabytes before the frames, its beginning and the text's end.
    """
    if len(text) <= STACK_CHARS_MAX or _begin_of_frames(text[:STACK_CHARS_MAX]) >= 0:
        return keep_head(text)
    return keep_head_and_end(text)


def _begin_of_frames(text: str) -> int:
    """Where a run of frames, or the line that announces it, begins; -1 if there is none."""
    found = _MARKER.search(text) or _SPAN_TRACE.search(text) or _FIRST_FRAME.search(text)
    return found.start() if found else -1


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a text into what was said, frames, and notes after them. Lines end with LF.

    `known` are the frames of other texts, their announcing line first, which is searched before anything else.
    """
    for run in known if "Backtrace [{" not in text else ():
        if run.startswith(("stack backtrace:\n", "Stack backtrace:\n")):
            found = _MARKER.search(text)
            at = found.start() if found else -1
            if found and text.startswith(run, at) and text[at + len(run) : at + len(run) + 1] not in (" ", "\x1b"):
                return _outline_panic_or_report(text[:at], run, text[at + len(run) :])
    if text.startswith("[") and _is_chain(text):
        return _outline_chain(text)
    debug = _DEBUG.search(text) if "Backtrace [{" in text else None
    if debug is not None:
        return _outline_panic_or_report(text[: debug.start()], debug.group(), text[debug.end() :])
    marker = _MARKER.search(text) or _SPAN_TRACE.search(text)
    first = marker or _FIRST_FRAME.search(text)
    if first is None:
        note = _NOTE.search(text)
        at = note.start() if note else len(text)
        return _outline_panic_or_report(text[:at], "", text[at:])
    block = _BLOCK.match(text, marker.end() if marker else first.start())
    end = block.end() if block else first.end()
    return _outline_panic_or_report(text[: first.start()], text[first.start() : end], text[end:])


def _outline_panic_or_report(before: str, run: str, after: str) -> Outline:
    opening = run if run.endswith("\n") else ""
    thread = _THREAD.search(before)
    if thread is not None:
        place = _NEW_PLACE.match(before, thread.end())
        if place is not None:
            bodies, heads = (place.group(), run), (before[place.end() :], after)
            return Outline(preamble=before[: place.start()], bodies=bodies, heads=heads, opening=opening)
        preamble, said = before[: thread.start()], before[thread.start() :]
        border = max(said.rfind("', "), said.rfind("': "))
        if border < 0 or not _OLD_PLACE.match(said, border):
            border = len(said)
        bodies, heads = ("", said[border:] + run), (said[:border], after)
        return Outline(preamble=preamble, bodies=bodies, heads=heads, opening=opening)
    location = _LOCATION.search(before)
    at = location.start() if location else len(before)
    if location is None and run:
        at = len(before.rstrip("\n"))
    return Outline(bodies=("", before[at:] + run), heads=(before[:at], after), opening=opening)


def _outline_chain(text: str) -> Outline:
    """A list of causes: the reported error's own message is sent beside it."""
    bodies: list[str] = []
    heads = [""]
    for number, part in enumerate(re.split(r'(\[\s*"|(?<!\\)",\s*"|(?<!\\)"\s*\]\s*$|\[\s*\]\s*$)', text)):
        (bodies if number % 2 else heads).append(part)
    # What the split puts before the first bracket is empty; what is behind the last one is too.
    return Outline(bodies=("", *bodies), heads=(heads[0], *heads[2:]), tail="")


def read_head(head: str) -> tuple[str, str]:
    """Split what was said into type and message: of a panic, of a report with its causes, of a plain error."""
    if "\x1b" in head:
        head = _ANSI.sub("", head)
    if head.startswith(":\n"):
        return _read_panic(head[2:].strip())
    if head.startswith("thread '"):
        message = head.partition(" panicked at ")[2].strip()
        return _read_panic(message[1:].removesuffix("'") if message.startswith("'") else message)
    message = head.strip()
    if message.startswith(_COLOURED_PANIC):
        return _read_panic(message.partition("Message:")[2].strip())
    if message.endswith("backtrace:") and (named := _DEBUG_NAME.match(message)) is not None:
        return named[1], message.removesuffix("backtrace:").rstrip(" ,{(")
    return "", _join(message.removeprefix("Error: "), head)


def _read_panic(message: str) -> tuple[str, str]:
    if message.startswith(("already ", "RefCell already ")) and "borrowed" in message[:32]:
        return BORROW_ERROR if "already mutably" in message else BORROW_MUT_ERROR, message
    return PANIC, message


def _join(message: str, head: str) -> str:
    """Write the messages of a report as `{:#}` does: the outermost first, in one line each."""
    if _CAUSES in head:
        message, _, causes = message.partition(_CAUSES)
        numbered = _NUMBERED.search(causes) is not None
        found = _NUMBERED.split(causes) if numbered else [causes]
        return ": ".join([message, *(_INDENTED.sub("", cause).strip() for cause in found if cause.strip())])
    if message.startswith("0: ") and head.lstrip("\n").startswith(" "):  # color-eyre
        return ": ".join([part.strip() for part in _NUMBERED.split(message) if part.strip()])
    return message

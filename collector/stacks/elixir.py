"""Elixir's errors, as `Exception.format` and `Exception.format_stacktrace` print them, and Erlang's (see `erlang.py`).

    <body>  **                                                      with what the line begins with
    <head>  (exit) exited in: GenServer.call(Shop.Pay, :charge, 5000)
    <body>      **
    <head>  (EXIT) an exception was raised:
    <body>          **
    <head>  (Shop.PaymentError) no payment for order 17             further lines of the message follow
    <body>              (shop 0.1.0) lib/shop/pay.ex:12: Shop.Pay.charge/2
                (shop 0.1.0) lib/shop/client.ex:7: Shop.Client.run/1

A frame belongs to the nearest exception above it that is indented less. OpenTelemetry's SDK sends the frames alone; the
type and the message are attributes of their own. Log text (`GenServer ... terminating`, `Last message: ...`) may stand
around it all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.stacks import erlang
from collector.stacks.long_text import keep_head, keep_head_and_end
from collector.stacks.outline import STACK_CHARS_MAX, Outline

if TYPE_CHECKING:
    from collections.abc import Iterable

BODIES_MAX = 64
"""Bodies that are read: more exceptions than that are no chain but a log."""

APPLICATION = r"\(([a-z][a-z0-9_]{0,80})(?: [0-9][^\s()]{0,60})?\) "
PLACE = r"([^\s:()\[\]][^\n:]{0,400}\.(?:ex|exs|erl|hrl|eex|heex|leex|yrl|xrl|sface)):([0-9]{1,7}): "
MODULE = r"(?::[a-z][\w@]{0,200}|:\"[^\"\n]{1,200}\"|[A-Z][\w.]{0,200}|nil)"
_CALL = rf"{MODULE}\.(?:[\w+\-*/<>=!&|.^~]{{1,200}}[?!]?|\"[^\"\n]{{1,200}}\")(?:/[0-9]{{1,3}}|\([^\n]*\))(?=\n|\Z)"
LINE = (
    (
        rf"[ \t]{{1,40}}(?:(?:{APPLICATION})(?:{PLACE})?[^\n]*|{PLACE}[^\n]*|{_CALL}|#Function<[^\n]*|anonymous fn[/(][^\n]*)"
    )
    .replace("([a-z][a-z", "(?:[a-z][a-z")
    .replace("([^\\s:", "(?:[^\\s:")
    .replace(":([0-9]", ":(?:[0-9]")
)
"""One frame's line, without groups."""

KIND = r"(?:[A-Z][\w.]{0,200}|exit|throw|stop|EXIT[^)\n]{0,80})"
_HEAD = rf"[ \t]{{0,40}}\*\* (?=\({KIND}\)(?: |\n|\Z))"
_BODY = re.compile(rf"(?:(?:\n|\A){LINE})+(?:\n{_HEAD})?|(?:\n|\A){_HEAD}")
_FIRST_HEAD = re.compile(rf"\*\* (?=\({KIND}\)(?:\s|\Z))")
_FRAME = re.compile(rf"(?:\n|\A){LINE}")
_RAISED = re.compile(rf"\*\* \({KIND}\) [^\n]*\Z")
_READ_HEAD = re.compile(rf"\(({KIND})\)")
_PLACED = re.compile(
    rf"(?:\n|\A)[ \t]{{1,40}}(?:{APPLICATION})?(?:{PLACE})(?:{MODULE}|anonymous fn|\(file\)|\(module\))"
)
# After the reason of a generic server's or a task's end.
_TAIL = re.compile(r"\n(?:Last message|State:|Function:|Client #PID|Initial Call:|Ancestors:|    ancestors:)")
_REASON_MARKS = ("\n** ", "\n\n", "exit value:", " error: ", " exit: ", " throw: ", "eason: ")
_EXITED = "exited in: "
# It says nothing of its own.
_PLUG_WRAPPER = "(Plug.Conn.WrapperError) ** ("
_PLUG_WRAPPERS = re.compile(r"\A(?:\(Plug\.Conn\.WrapperError\) \*\* (?=\())+")
_UNCAUGHT = re.compile(r"(?:Erlang error: )?\{:nocatch, ")
_EXITS = {"time out": "timeout", "no process": "noproc", "no connection": "noconnection", "killed": "killed"}


def looks_like(text: str) -> bool:
    """Whether one of Elixir's heads or frames, or one of Erlang's forms, is in the text."""
    if "** (" in text and _FIRST_HEAD.search(text) is not None:
        return True
    if "[{" in text and erlang.LIST.search(text) is not None:
        return True
    if ".e" in text and _PLACED.search(text) is not None:
        return True
    return "in function " in text and erlang.CALLS.search(text) is not None and erlang.REPORT.search(text) is not None


def cut(text: str) -> str:
    """Keep the first `STACK_CHARS_MAX` characters: type, message and the raise.

    With a message of megabytes before the frames, its beginning and the text's end.
    """
    if (
        len(text) <= STACK_CHARS_MAX
        or _FRAME.search(text, 0, STACK_CHARS_MAX)
        or _FRAME.search(text, len(text) - STACK_CHARS_MAX) is None
    ):
        return keep_head(text)
    return keep_head_and_end(text)


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a text into frames and heads. Lines end with LF.

    `known` are the frames of other texts with one exception and a message of one line, or with none.
    """
    for opening in known:
        if text.endswith(opening) and opening.startswith(("\n    ", "    ", "[{")):
            line = text[: -len(opening)]
            if opening[0] == "[" and not line:
                return Outline(bodies=("", text), heads=("", ""), opening=text)
            if (not line) if opening[0] == " " else _RAISED.match(line):
                return _one_exception(line, opening)
    first = _FIRST_HEAD.search(text) if "** (" in text else None
    frame = _FRAME.search(text)
    if first is None and (frame is None or ("exception " in text and erlang.REPORT.search(text) is not None)):
        return _outline_erlang(text)
    start = 0
    if first is not None and (frame is None or first.start() < frame.start()):
        begin = text.rfind("\n", 0, first.start()) + 1
        start = begin if not text[begin : first.start()].strip() else first.start()
    return _outline_elixir(text[:start], text[start:])


def _outline_elixir(preamble: str, text: str) -> Outline:
    """Cut what follows the log text."""
    bodies: list[str] = []
    heads: list[str] = []
    position = 0
    for body in _BODY.finditer(text):
        if not bodies and not body.group().lstrip().startswith("** "):
            bodies.append("")
        if bodies:
            heads.append(text[position : body.start()])
        bodies.append(body.group())
        position = body.end()
        if len(bodies) == BODIES_MAX:
            break
    rest = text[position:]
    if bodies[-1].endswith("** "):
        end = _TAIL.search(rest)
        length = end.start() if end else len(rest)
        return Outline(preamble=preamble, bodies=tuple(bodies), heads=(*heads, rest[:length]), tail=rest[length:])
    if not preamble and len(heads) == 1 and not rest.strip("\n"):
        line = bodies[0] + heads[0]
        if not line or _RAISED.match(line) is not None:
            return _one_exception(line, bodies[1] + rest)
    return Outline(preamble=preamble, bodies=tuple(bodies), heads=(*heads, ""), tail=rest)


def _one_exception(line: str, opening: str) -> Outline:
    """The commonest texts: a head of one line or none, frames, and nothing but blanks after them."""
    run = opening.rstrip("\n")
    begin = line[:3]
    return Outline(bodies=(begin, run), heads=(line[3:], ""), tail=opening[len(run) :], opening=opening)


def _outline_erlang(text: str) -> Outline:
    """Cut Erlang's forms: the reason is the head, calls or a list of frames the body."""
    report = erlang.REPORT.search(text) if "exception " in text else None
    if report is not None:
        calls = erlang.CALLS.search(text, report.end())
        stop = calls or _TAIL.search(text, report.end())
        length = stop.start() if stop else len(text)
        frames = calls.group() if calls else ""
        bodies, heads = erlang.cut_clause(text[report.start() : length])
        return Outline(
            preamble=text[: report.start()],
            bodies=(*bodies, frames),
            heads=(*heads, ""),
            tail=text[length + len(frames) :],
        )
    begin = erlang.LIST.search(text)
    if begin is None:
        return Outline(bodies=("",), heads=(text,))
    before = text[: begin.start()]
    start = max(before.rfind(mark) + len(mark) if mark in before else 0 for mark in _REASON_MARKS)
    end = erlang.end_of_list(text, begin.start())
    return Outline(
        preamble=before[:start],
        bodies=("", text[begin.start() : end]),
        heads=(before[start:], ""),
        tail=text[end:],
        opening=text if end == len(text) and not before else "",
    )


def read_head(head: str) -> tuple[str, str]:
    """Split "(Shop.PaymentError) message". An exit that another process caused is named by what became of it."""
    if not head:
        return "", ""
    head = head.strip()
    if head.startswith(_PLUG_WRAPPER):
        head = _PLUG_WRAPPERS.sub("", head)
    found = _READ_HEAD.match(head)
    if found is None:
        if head.startswith("exception "):
            return erlang.read_report(head)
        return erlang.read_term(head)
    kind, message = found.group(1), head[found.end() :].strip()
    uncaught = _UNCAUGHT.match(message) if kind in ("stop", "ErlangError") else None
    if uncaught is not None:
        kind, message = "throw", message[uncaught.end() :].removesuffix("}")
    elif kind in ("stop", "exit"):  # how a process's report tells of an exit, and others
        is_call = message.startswith(_EXITED)
        kind, message = ("exited", message.removeprefix(_EXITED)) if is_call else ("exit", message)
    elif kind.startswith("EXIT"):
        kind = next((reason for words, reason in _EXITS.items() if message.startswith(words)), "EXIT")
    return kind, message

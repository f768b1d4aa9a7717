"""Erlang's own forms of a stack trace, as terms and as text.

{{badmatch,{error,17}},[{shop_pay,charge,2,[{file,"src/shop_pay.erl"},{line,12}]},...]}     logs; also without the reason
[{shop_pay,charge,2,...},{lists,foreach_1,...}|...]                                         OpenTelemetry's: cut off
exception error: no match of right hand side value {error,17}                               the shell, crash reports
  in function  shop_pay:charge/2 (src/shop_pay.erl, line 12)
  in call from shop_pay:run/1 (src/shop_pay.erl, line 30)
"""

from __future__ import annotations

import re

from collector.model import Frame
from collector.stacks.in_app.elixir import locate
from collector.stacks.outline import FRAMES_MAX

_ATOM = r"(?:[a-z][\w@]{0,200}|'[^'\n]{1,200}')"
LIST = re.compile(rf"\[\s{{0,80}}\{{{_ATOM},\s{{0,80}}{_ATOM},\s{{0,80}}(?:[0-9]{{1,3}}[,}}]|\[|\"|\.\.\.)")
"""Where a list of frames begins."""

CALLS = re.compile(
    r"(?:(?:\n|\A)\s{1,20}(?:in function|in call from)  ?[^\n]*"
    r"(?:\n\s{1,20}(?:called as|\*\*\* argument)[^\n]*)*)+"
)
"""Lines of calls, and what the shell says of the arguments."""

REPORT = re.compile(r"(?:^|(?<=[ *]))exception (?:error|exit|throw): ", re.MULTILINE)

_PLAIN_FRAME = (
    r"\s{0,80}\{(_),\s{0,80}(_),\s{0,80}[0-9]{1,3},\s{0,80}"
    r"\[(?:\{file,\s{0,80}\"([^\"\n]{1,400})\"\},\s{0,80}\{line,\s{0,80}([0-9]{1,7})\})?\]\}"
).replace("_", _ATOM)
_PLAIN_FRAMES = re.compile(_PLAIN_FRAME)
_PLAIN_LIST = re.compile(r"\[(?:" + _PLAIN_FRAME.replace("(", "(?:").replace("(?:?:", "(?:") + r",?)+\]")
# A bracket, or what may hold brackets that are none.
_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|\$[\[\]{}()\"']|[\[\]{}()]", re.DOTALL)
_FRAME = re.compile(
    rf"\{{\s*({_ATOM}|fun),\s*(?:({_ATOM})|\.\.\.)(?:,\s*(?:([0-9]{{1,3}})|\[|\"|\.\.\.))?"
)  # a list of small numbers is printed as a text
_FILE = re.compile(r"\{file,\s*\"([^\"\n]{1,400})\"\},\s*\{line,\s*([0-9]{1,7})\}[,\]]")
_CALL = re.compile(
    r"in (?:function|call from)  ?(?:('[^'\n]{1,200}'|[a-z][\w@]{0,200}):)?"
    r"('[^'\n]{1,200}'|[\w@?!]{1,200})/[0-9]{1,3}(?: \(([^\n]{1,400}), line ([0-9]{1,7})\))?"
)
_WORDS = {
    "an error occurred when evaluating an arithmetic expression": "badarith",
    "bad argument": "badarg",
    "bad function": "badfun",
    "bad generator": "bad_generator",
    "bad key": "badkey",
    "bad map": "badmap",
    "no case clause matching": "case_clause",
    "no function clause matching": "function_clause",
    "no match of right hand side value": "badmatch",
    "no true branch found when evaluating an if expression": "if_clause",
    "no try clause matching": "try_clause",
    "undefined function": "undef",
}
_REASON = re.compile(
    r"(?:(?:error|exit|throw):)?[\s{(]{0,40}([a-z][\w@]{0,200}|'[^'\n]{1,200}')(?:,[\s{]{0,40}([a-z][\w@]{0,200}))?"
)
# Reasons that only say that there is another one inside.
_OUTER = frozenset({"error", "EXIT", "shutdown", "bad_return_value", "bad_return"})
# What a generic server says in the place of `undef`.
_UNDEFINED = frozenset({"module could not be loaded", "function not exported"})
_NO_CLAUSE = re.compile(
    rf"no function clause matching\s{{1,20}}((?:{_ATOM}:)?{_ATOM})(\([^\n]{{0,4000}}\)) "
    r"(?=\([^\n]{1,400}, line [0-9]{1,7}\)(?:\n|\Z))"
)
_CLAUSE = re.compile(rf"(?:({_ATOM}):)?({_ATOM})")
_CLAUSE_PLACE = re.compile(r"\(([^\n]{1,400}), line ([0-9]{1,7})\)")


def end_of_list(text: str, begin: int) -> int:
    """Tell where a list of frames ends, or the text if it was cut off."""
    plain = _PLAIN_LIST.match(text, begin)
    if plain is not None:
        return plain.end()
    depth = 0
    for token in _TOKEN.finditer(text, begin):
        bracket = token.group()
        if bracket in "[{(":
            depth += 1
        elif bracket in "]})":
            depth -= 1
            if depth == 0:
                return token.end()
    return len(text)


def cut_clause(head: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Cut the head of a report into bodies and heads: a function without a matching clause is in it, with its arguments."""
    found = _NO_CLAUSE.search(head)
    if found is None:
        return ("",), (head,)
    return ("", found.group(1), head[found.end() :]), (head[: found.start(1)], head[found.start(2) : found.end()], "")


def read_clause(function: str, place: str) -> tuple[Frame, ...]:
    """Read the frame that `cut_clause` cut out."""
    called, at = _CLAUSE.fullmatch(function), _CLAUSE_PLACE.match(place)
    if called is None or at is None:
        return ()
    module, name, in_app = locate("", at.group(1), called.group(1) or "erlang", called.group(2))
    return (Frame(module, name, at.group(1), int(at.group(2)), 0, in_app),)


def read_list(text: str) -> tuple[Frame, ...]:
    """Read the frames of a list of tuples, innermost first."""
    begin = LIST.search(text)
    if begin is None:
        return ()
    if _PLAIN_LIST.fullmatch(text, begin.start()) is not None:
        return tuple(
            [
                _frame(module, function, file, line)
                for module, function, file, line in _PLAIN_FRAMES.findall(text)[:FRAMES_MAX]
            ]
        )
    frames: list[Frame] = []
    depth, start = 0, 0
    for token in _TOKEN.finditer(text, begin.start()):
        bracket = token.group()
        if bracket in "[{(":
            if depth == 1:
                start = token.start()
            depth += 1
        elif bracket in "]})":
            depth -= 1
            if depth == 1 and bracket == "}":
                _add(text[start : token.end()], frames)
            if depth < 1 or len(frames) == FRAMES_MAX:
                return tuple(frames)
    if depth > 1:  # cut off within a frame
        _add(text[start:], frames)
    return tuple(frames)


def _add(entry: str, frames: list[Frame]) -> None:
    found = _FRAME.match(entry)
    if found is None:
        return
    place = _FILE.search(entry)
    file, line = place.groups() if place else ("", "0")
    arity, called = found.group(3), found.group().endswith(("[", '"'))
    has_place = bool(place) or arity is not None or not called
    frames.append(_frame(found.group(1), found.group(2) or "", file, line, has_place=has_place))


def _frame(module: str, function: str, file: str, line: str, *, has_place: bool = True) -> Frame:
    name, plain, in_app = locate("", file, module, function)
    return Frame(name, plain, file, int(line or 0), 0, in_app and has_place)


def read_calls(text: str) -> tuple[Frame, ...]:
    """Read the frames of lines ``in function  shop_pay:charge/2 (src/shop_pay.erl, line 12)``."""
    frames = []
    for module, function, file, line in _CALL.findall(text)[:FRAMES_MAX]:
        name, plain, in_app = locate("", file, module or "erlang", function)
        frames.append(Frame(name, plain, file, int(line or 0), 0, in_app))
    return tuple(frames)


def reason_of(term: str) -> str:
    """Name a reason: the first atom of its term (`badmatch`), and the next one where the first says nothing."""
    found = _REASON.match(term)
    if found is None:
        return ""
    first, second = found.group(1).strip("'").removeprefix("Elixir."), found.group(2)
    if first == "nocatch" and second:
        return second
    if first in _UNDEFINED:
        return "undef"
    return f"{first} {second}" if first in _OUTER and second else first


def read_report(head: str) -> tuple[str, str]:
    """Split what stands after ``exception error: `` into the reason's name and the text."""
    words = head.partition(": ")[2].strip()
    for begin, reason in _WORDS.items():
        if words.startswith(begin):
            return reason, words
    return reason_of(words), words


def read_term(head: str) -> tuple[str, str]:
    """Name the reason in ``{badarg,[...]}`` whose list of frames was cut off."""
    term = head.removeprefix("** ").rstrip().rstrip(",")
    if not term.startswith(("{", "error:", "exit:", "throw:")):
        return "", term
    name = reason_of(term)
    return name, term[1:].lstrip() if term.startswith("{") and term.count("{") > term.count("}") else term

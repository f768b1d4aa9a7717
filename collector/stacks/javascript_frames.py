"""JavaScript's frames: what the bodies of a stack trace say.

Engines differ in what they put around the function that failed, and a build does, too. So that one error is one group:

- SpiderMonkey and JavaScriptCore begin with the constructor of the error's own class; it is no frame of the program.
- What compilers and bundlers put in (`__awaiter`, `__webpack_require__`) is not in-app, though its file is.
- An anonymous function that something else than the program called (`Array.map`, `new Promise`, `__awaiter`, lodash)
  for a named function of the same script counts as that function: a callback written inside it. One that the program's
  own function calls may come from anywhere, and stays anonymous.
- Where the stack overflowed, the frames begin anew with the alphabetically first of the functions that repeat: at which
  of them the limit is hit is chance.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from collector.model import Frame
from collector.stacks.in_app.javascript import WEB_ASSEMBLY, locate
from collector.stacks.javascript_names import ANONYMOUS, own_name, own_name_in_gecko
from collector.stacks.outline import FRAMES_MAX, Skeleton, SkeletonException

if TYPE_CHECKING:
    from collector.model import Relation

SYNTAX_FRAME = "<syntax>"
"""The function of the place that a SyntaxError points at: a file and a line, no call."""

EXCEPTIONS_MAX = 64
"""Exceptions that are read from one text: more are retries or members of a list."""

RECURSION_FRAMES_MIN = 32
RECURSION_FUNCTIONS_MAX = 5
"""So many frames of so few functions are an overflow: SpiderMonkey prints 128 of them, JavaScriptCore 100."""

DIGITS_MAX = 18
"""Digits of a line and a column together: longer numbers are none."""

# A mark ends where an error begins; frames never end with a blank.
_MARK_ENDS = (" ", "\t", "aused by:")
_V8_FRAME = re.compile(r"(?:^|\n)[ \t]*at ([^\n]*)")
# `eval at f (eval at g (/srv/a.js:1:2), <anonymous>:1:1), <anonymous>:3:4`: the script is in the middle.
_EVALUATED = re.compile(r"\(((?!eval at )[^()\n]{1,1000}:[0-9]{1,9}:[0-9]{1,9})\)")
_SOURCE_LINE = re.compile(r"\n?([^\n]+):([0-9]{1,9})")
_LINE_ALONE = re.compile(r"([^\n]{1,4000}):([0-9]{1,9})")
_INDENTED = re.compile(r"\n([ \t]*)(.*)", re.DOTALL)
_ERROR_CLASS = re.compile(r"[A-Z$_][\w$]{0,200}(?:Error|Exception|Failure|Fault)")
_HELPERS = frozenset(
    {
        "__async",
        "__asyncGenerator",
        "__awaiter",
        "__commonJS",
        "__esm",
        "__generator",
        "__require",
        "__turbopack_load__",
        "__webpack_exec__",
        "__webpack_require__",
        "_asyncToGenerator",
        "_callSuper",
        "_construct",
        "_wrapNativeSuper",
        "asyncGeneratorStep",
        "captureStackTrace",
    }
)
# Parts of those helpers under everyday names, and what calls them or is called by them.
_STEPS = frozenset({"step", "fulfilled", "rejected", "adopt", "tryCatch", "invoke", "_invoke", "_next", "_throw"})
_CALLED_BY_STEPS = frozenset({"next", "throw", "return", "call", *_STEPS, ANONYMOUS})
# Node's own frames where a rejection's value is no error: it was raised nowhere.
_REJECTED_VALUE = "node:internal/process/"
_CAUSES = frozenset(
    {"cause", "error", "original", "originalError", "inner", "innerError", "parent", "previous", "reason"}
)


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read frames: the reported exception first, then its causes, then the members of lists."""
    overflowed = len(bodies) > 1 and not bodies[0] and not bodies[1]
    marks: list[tuple[int, str]] = []
    frames: list[list[Frame]] = []
    around: list[dict[int, str]] = []
    for index, body in enumerate(bodies[overflowed:], start=int(overflowed)):
        if not marks or body.endswith(_MARK_ENDS):
            marks.append((index, body))
            frames.append(_syntax_frame(body) if len(marks) == 1 and body else [])
            around.append({})
        elif len(frames[-1]) >= FRAMES_MAX:
            continue
        elif lines := _V8_FRAME.findall(body):
            frames[-1] += map(_v8_frame, lines[:FRAMES_MAX])
        else:
            _read_gecko(body, frames[-1], around[-1])
    exceptions: list[SkeletonException] = []
    raise_site = ""
    for number, (position, relation) in enumerate(_order([mark for _, mark in marks])[:EXCEPTIONS_MAX]):
        own, raised = _settle(frames[position], around[position])
        if number == 0:
            if raised is not None:
                # With the column: a minified script has one line.
                raise_site = f"{raised.file}:{raised.line}:{raised.column}:{raised.function}"
            if overflowed or _is_deep_recursion(own):
                own = _begin_anew(own)
        exceptions.append(SkeletonException(head=marks[position][0], relation=relation, frames=tuple(own[:FRAMES_MAX])))
    return Skeleton(exceptions=tuple(exceptions), raise_site=raise_site)


def _order(marks: list[str]) -> list[tuple[int, Relation]]:
    """Position and relation of every exception: the first and its causes, then each member and its causes.

    How far a mark is indented says whose it is, as `util.inspect` prints it: properties two columns further than
    their error, members two columns further than the name of their list.
    """
    runs: list[list[tuple[int, Relation]]] = [[]]
    above: list[tuple[int, int, Relation]] = []  # indentation, run and relation of an error and those that hold it
    for position, mark in enumerate(marks):
        column, limit, relation = _read_mark(mark, above[-1][0] if above else 0)
        while len(above) > 1 and above[-1][0] >= limit:
            above.pop()
        run = 0
        if above:
            run = above[-1][1]
            if above[-1][2] == "suppressed":
                relation = "suppressed"
        if relation == "member":
            run = len(runs)
            runs.append([])
        runs[run].append((position, relation if position else ""))
        above.append((column, run, relation))
    return [entry for run in runs for entry in run]


def _read_mark(mark: str, column_above: int) -> tuple[int, int, Relation]:
    """A mark -> its column, the column which errors that hold it are left of, and the relation to them."""
    found = _INDENTED.match(mark)
    if found is None:
        return 0, 0, ""
    column, word = len(found.group(1)), found.group(2)
    if not word:
        return column, column - 2, "member"
    if word.startswith("[errors]"):
        return len(word) - word.rindex("\n") - 1, column, "member"
    if word.endswith(("aused by:", "aused by: ")):
        return column_above, column_above + 1, "cause"
    return column, column, "cause" if word.strip("[]: ") in _CAUSES else "suppressed"


def _syntax_frame(body: str) -> list[Frame]:
    found = _SOURCE_LINE.fullmatch(body)
    if found is None:
        return []
    module, in_app = locate(found.group(1))
    return [Frame(module, SYNTAX_FRAME, found.group(1), int(found.group(2)), 0, in_app)]


def _v8_frame(line: str) -> Frame:
    last = line[-1:]
    if last in "{,":
        line = line.rstrip(" {,")
        last = line[-1:]
    name, place = "", line
    if last == ")":
        # Turbopack's names have brackets of their own.
        at = line.rfind(") (") + 1 if ") (" in line and "eval at " not in line else line.find(" (")
        if at > 0:
            name, place = line[:at], line[at + 2 : -1]
    if place.startswith(("async ", "address at ")):
        place = place.removeprefix("async ").removeprefix("address at ")
    elif place.startswith("eval at ") and (script := _EVALUATED.search(place)) is not None:
        function = own_name(name)
        if function == ANONYMOUS:  # the code has no name: who evaluated it has
            function = own_name(place[len("eval at ") :].partition(" (")[0])
        return _frame(function, script.group(1))
    return _frame(own_name(name), place)


def _read_gecko(body: str, frames: list[Frame], around: dict[int, str]) -> None:
    """Read lines. JavaScriptCore's without a place are left out: constructors that nobody wrote, evaluated code.

    `around` gets the functions around anonymous frames, where SpiderMonkey tells them, by the frames' numbers.
    """
    evaluated: list[int] = []
    for line in body.split("\n")[: FRAMES_MAX + 1]:
        name, at, place = line.partition("@")
        if not at or "://" in name:
            name, place = "", line
        if not place or place.endswith(" code"):
            continue
        if " > " in place and ":wasm-function[" not in place and (script := place.partition(" line "))[1]:
            place = f"{script[0]}:{script[2].partition(' ')[0]}:0"
            evaluated.append(len(frames))
        function, outer = own_name_in_gecko(name)
        if outer:
            around[len(frames)] = outer
        frames.append(_frame(function, place))
    for i in evaluated:  # as with V8: evaluated code without a name has that of who evaluated it
        if frames[i].function == ANONYMOUS and i + 1 < len(frames):
            frames[i] = frames[i]._replace(function=frames[i + 1].function)


def _frame(function: str, place: str) -> Frame:
    if ":wasm-function[" in place:
        return Frame(WEB_ASSEMBLY, function, place.partition(":wasm-function[")[0], 0, 0, True)
    before, _, column = place.rpartition(":")
    script, _, line = before.rpartition(":")
    if not (column.isdecimal() and line.isdecimal() and len(line) + len(column) <= DIGITS_MAX):
        found = _LINE_ALONE.fullmatch(place)
        script, line, column = (found.group(1), found.group(2), "0") if found else (place, "0", "0")
    if not script and line != "0":  # React Native on JavaScriptCore prints a line and a column of its one bundle
        return Frame("bundle", function, "", int(line), int(column), True)
    module, in_app = locate(script)
    if in_app and function in _HELPERS:
        in_app = False
    return Frame(module, function, script, int(line), int(column), in_app)


def _settle(frames: list[Frame], around: dict[int, str]) -> tuple[list[Frame], Frame | None]:
    """Tell helpers and constructors of errors from the program, name the innermost callback; and where the raise is."""
    raised = _count_constructors(frames)
    for i in range(raised):
        frames[i] = frames[i]._replace(in_app=False)
    if all(frame.module.startswith(_REJECTED_VALUE) for frame in frames):
        return [], None
    for i, (inner, frame) in enumerate(pairwise(frames), start=1):
        if frame.function in _STEPS and inner.function in _CALLED_BY_STEPS and frame.in_app:
            frames[i] = frame._replace(in_app=False)
    first = next((i for i, frame in enumerate(frames) if frame.in_app), len(frames))
    if first < len(frames) and frames[first].function == ANONYMOUS:
        frames[first] = frames[first]._replace(function=_written_in(frames, first, around.get(first, "")))
    return frames, frames[raised] if raised < len(frames) else None


def _count_constructors(frames: list[Frame]) -> int:
    """Count the innermost frames that make the error: constructors of its classes, and how compilers call them."""
    count = 0
    for number, frame in enumerate(frames):
        if _ERROR_CLASS.fullmatch(frame.function):
            count = number + 1
        elif frame.in_app and frame.function != "Wrapper":
            break
    return count


def _written_in(frames: list[Frame], first: int, around: str) -> str:
    """The function that an anonymous one is written in, as far as the stack tells; else `ANONYMOUS`."""
    own, is_callback = frames[first], False
    for frame in frames[first + 1 :]:
        if not frame.in_app:
            is_callback = is_callback or not frame.module.startswith("node:internal/process")
        elif frame.module != own.module:  # the file may be another: helpers are in no source map
            break
        elif frame.function != ANONYMOUS:
            return frame.function if is_callback or frame.function == around else ANONYMOUS
    return ANONYMOUS


def _is_deep_recursion(frames: list[Frame]) -> bool:
    """Whether nothing but a few functions is in the stack's inner half, where no head says that it overflowed."""
    inner = [(frame.module, frame.function) for frame in frames[:RECURSION_FRAMES_MIN] if frame.in_app]
    return (
        len(inner) == RECURSION_FRAMES_MIN
        and len(set(inner)) <= RECURSION_FUNCTIONS_MAX
        and inner.count(inner[0]) >= RECURSION_FRAMES_MIN // RECURSION_FUNCTIONS_MAX
    )


def _begin_anew(frames: list[Frame]) -> list[Frame]:
    """Begin with the alphabetically first of the functions that repeat."""
    seen: set[tuple[str, str]] = set()
    repeated: set[tuple[str, str]] = set()
    for frame in frames:
        if frame.in_app:
            name = (frame.module, frame.function)
            (repeated if name in seen else seen).add(name)
    if not repeated:
        return frames
    first = min(repeated)
    start = next(i for i, frame in enumerate(frames) if (frame.module, frame.function) == first)
    return frames[start:]

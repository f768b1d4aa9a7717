"""The forms in which stacks of C and C++ are printed: how a line looks, and how its place is read.

Each form has a regular expression for the beginning of its lines, and a function that reads the rest of a line into
(name, file, line, column, binary). Lines are split by string methods from their ends: a name may hold anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.model import Frame
from collector.stacks.in_app.native import GLOBAL, locate
from collector.stacks.native_names import LAMBDA
from collector.stacks.outline import FRAMES_MAX, Skeleton, SkeletonException
from collector.stacks.remember import remember

if TYPE_CHECKING:
    from collections.abc import Callable

LINES_CACHED_MAX = 8192
"""Lines of frames that are remembered, about 1 KB each."""

_Place = tuple[str, str, int, int, str]

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{1,16}")
_END_NOTES = re.compile(r" \((?:BuildId: \w{1,80}|discriminator [0-9]{1,6})\)$| \[0x[0-9a-fA-F]{1,16}\]$")
_BINARY = re.compile(r"([^()\n]{0,2000}?)\+0x[0-9a-fA-F]{1,16}")
_OFFSET = re.compile(r" ?\+ ?(?:0x)?[0-9a-fA-F]{1,16}$")
_MINIDUMP_PLACE = re.compile(r"\[([^\[\]\n]{1,1000}) : ([0-9]{1,9}) \+ 0x[0-9a-fA-F]{1,16}\]")
_WINDOWS_PLACE = re.compile(r"([^\n()]{1,1000})\(([0-9]{1,9})\): ")
_HANDLER = ("<signal handler called>", "__restore_rt", "_sigtramp", "<signal handler>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to print a stack. `sign`, compiled as `first`, is how a block begins; `frame` matches its lines.

    The groups of `frame` are the number (if the form has numbers) and the rest, which `read` makes a frame of.
    """

    sign: str
    first: re.Pattern[str]
    frame: re.Pattern[str]
    read: Callable[[str], Frame]
    is_numbered: bool


def _split_position(place: str) -> tuple[str, int, int]:
    """Split "file:line:column"."""
    head, _, last = place.rpartition(":")
    if not last.isdecimal() or len(last) > 9:  # noqa: PLR2004 - as int32 holds
        return place, 0, 0
    file, _, line = head.rpartition(":")
    if file and line.isdecimal() and len(line) <= 9:  # noqa: PLR2004 - as above
        return file, int(line), int(last)
    return head, int(last), 0


def _read_place(rest: str) -> _Place:
    """`f(int) at x.c:12`, `f () from /lib/x.so`, `f in /bin/x`, `f /src/x.c:12:3`, `f (/bin/x+0x12)`, `f`."""
    while rest.endswith((")", "]")):
        notes = _END_NOTES.search(rest, max(len(rest) - 100, 0))
        if notes is None:
            break
        rest = rest[: notes.start()]
    name, separator, place = rest.rpartition(" at ")
    if separator:
        file, line, column = _split_position(place)
        return name, file, line, column, ""
    for word in (" from ", " in "):
        name, separator, place = rest.rpartition(word)
        if separator and "(" not in place:
            return name, "", 0, 0, place
    if rest.endswith(")"):
        name, _, place = rest.rpartition("(")
        binary = _BINARY.fullmatch(place[:-1])
        if binary is not None and (binary.group(1) or name.rstrip()):
            if name.startswith(("/", ".")) and "(" not in name:  # Android: binary (function+12)
                return binary.group(1), "", 0, 0, name.strip()
            return _read_symbolized(name.rstrip(), binary.group(1))
    return _read_symbolized(rest, "")


def _read_symbolized(rest: str, binary: str) -> _Place:
    """`f(int) /src/x.c:12:3`: the last word is the place if it has a line."""
    name, separator, place = rest.rpartition(" ")
    file, line, column = _split_position(place)
    if line and file and not file.endswith(":"):
        return name if separator else "", file, line, column, binary
    if "/" in rest and " " not in rest and "(" not in rest:
        return "", "", 0, 0, rest
    return rest, "", 0, 0, binary


def _read_android(rest: str) -> _Place:
    """`/system/lib64/libc.so (abort+164)`, perhaps with a build's id."""
    binary, _, name = rest.partition(" (")
    name = name.partition(")")[0]
    return (name.rpartition("+")[0] or name) if not name.startswith("BuildId") else "", "", 0, 0, binary


def _read_symbols(rest: str) -> _Place:
    """`/bin/x(_ZN1f+0x12) [0x55..]`."""
    binary, _, name = rest.partition("(")
    return name.partition("+")[0].partition(")")[0], "", 0, 0, binary


def _read_module(rest: str) -> _Place:
    r"""`x!f(int) [x.c : 12 + 0x5]`, `x!f + 0x12`, `C:\src\x.cpp(12): x!f+0x12`, `x + 0x12`."""
    file, line = "", 0
    found = _WINDOWS_PLACE.match(rest)
    if found is not None:
        file, line, rest = found.group(1), int(found.group(2)), rest[found.end() :]
    else:
        found = _MINIDUMP_PLACE.search(rest)
        if found is not None:
            file, line, rest = found.group(1), int(found.group(2)), rest[: found.start()].rstrip()
    rest = _OFFSET.sub("", rest)
    binary, separator, name = rest.partition("!")
    return name if separator else "", file, line, 0, binary


def _read_backward(rest: str) -> _Place:
    """`Source "/src/x.c", line 12, in f`, `Object "/bin/x", at 0x12, in f`."""
    kind, _, rest = rest.partition(' "')
    place, _, rest = rest.partition('", ')
    where, _, name = rest.partition(", in ")
    if kind == "Object":
        return name, "", 0, 0, place
    number = where.removeprefix("line ")
    return name, place, int(number) if number.isdecimal() and len(number) < 10 else 0, 0, ""  # noqa: PLR2004 - int32


def _read_below(rest: str) -> _Place:
    """libbacktrace: the place is on the next line."""
    name, _, place = rest.partition("\n\t")
    file, line, column = _split_position(place)
    return name, file, line, column, ""


_HEX = r"0x[0-9a-fA-F]{1,16}"
_REST = r"([^\n]{1,4096})[^\n]*"  # a longer line is template arguments, after the name


def _form(sign: str, frame: str, read: Callable[[str], _Place], *, is_numbered: bool = True) -> Form:
    return Form(
        sign=sign,
        first=re.compile(sign),
        frame=re.compile("^" + frame, re.MULTILINE),
        read=remember(LINES_CACHED_MAX)(lambda rest: _frame(*read(rest))),
        is_numbered=is_numbered,
    )


FORMS = (
    # Boost.Stacktrace, std::stacktrace
    _form(r" {0,4}0# {1,4}\S", rf" {{0,4}}([0-9]{{1,4}})# {{1,4}}{_REST}", _read_place),
    # backward-cpp, the outermost call first
    _form(
        r"#[0-9]{1,4} {1,4}(?:Object|Source) \"",
        rf"#([0-9]{{1,4}}) {{1,4}}(?=(?:Object|Source) \"){_REST}",
        _read_backward,
    ),
    # Android's tombstones
    _form(
        r" {0,8}#00 pc [0-9a-f]{4,16} ", rf" {{0,8}}#([0-9]{{1,4}}) pc [0-9a-f]{{4,16}} {{1,2}}{_REST}", _read_android
    ),
    # gdb, sanitizers, LLVM, cpptrace
    _form(
        rf" {{0,8}}#0 {{1,4}}(?:{_HEX} |[^\n(/\\]{{1,500}}\([^\n]*\) (?:at|from) \S|<signal handler"
        r"|[^\n(]{1,500}(?:\([^\n]*\))? /[^\n:(]{1,500}\.[a-z]{1,3}:[0-9])",
        rf" {{0,8}}#([0-9]{{1,4}}) {{1,4}}(?:{_HEX} (?:in )?)?{_REST}",
        _read_place,
    ),
    # glog, Abseil
    _form(
        rf" {{2,8}}@ {{1,20}}{_HEX} ",
        rf" {{2,8}}@ {{1,20}}{_HEX}( ) {{0,20}}(?:[0-9]{{1,9}} {{1,8}})?{_REST}",
        _read_place,
        is_numbered=False,
    ),
    # backtrace_symbols
    _form(
        r"[^\s(#]{1,400}\([^()\n ]{0,3000}\) ?\[0x",
        r"()([^\s(#]{1,400}\([^()\n ]{0,3000}\)) ?\[0x[^\n]*",
        _read_symbols,
        is_numbered=False,
    ),
    # minidump_stackwalk, Windows debuggers
    _form(r" {0,2}0  \S[^\n]{0,1000}(?:!| \+ 0x)", rf" {{0,2}}([0-9]{{1,3}})  (?! ){_REST}", _read_module),
    # std::stacktrace of Visual C++
    _form(r"0> [^\n]{1,1000}!", rf"([0-9]{{1,4}})> {_REST}", _read_module),
    # libbacktrace
    _form(
        rf"{_HEX} [^\n]{{1,1000}}\n\t[^\n]{{1,1000}}:[0-9]",
        rf"{_HEX}( )([^\n]{{1,4096}}(?:\n\t[^\n]{{1,4096}})?)[^\n]*",
        _read_below,
        is_numbered=False,
    ),
)
"""All forms. The first whose first line is found reads the block."""

SIGN = re.compile("^(?:" + "|".join(form.sign for form in FORMS) + ")", re.MULTILINE)
"""The beginning of a block's first frame: what tells it from the stacks of other languages."""


def _frame(name: str, file: str, line: int, column: int, binary: str) -> Frame:
    if name.startswith("0x") and _ADDRESS.fullmatch(name):
        name = ""
    module, function, in_app = locate(name, file, binary)
    return Frame(module, function, file or binary, line, column, in_app)


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read the frames of the one block. What a signal's handler called is not of the error."""
    block = bodies[-1]
    form = next((form for form in FORMS if form.first.match(block)), None)
    frames: list[Frame] = []
    if form is not None:
        found = form.frame.findall(block)
        if form.is_numbered and found[0][0] > found[-1][0] and int(found[0][0]) > int(found[-1][0]):
            found.reverse()
        for _, rest in found[: 2 * FRAMES_MAX]:
            if rest.startswith(_HANDLER):
                frames.clear()
            elif len(frames) < FRAMES_MAX:
                frames.append(form.read(rest))
    raise_site = ""
    if frames:
        raise_site = f"{frames[0].file}:{frames[0].line}:{frames[0].module}::{frames[0].function}"
        _name_lambdas(frames)
    return Skeleton(exceptions=(SkeletonException(head=0, frames=tuple(frames)),), raise_site=raise_site)


def _name_lambdas(frames: list[Frame]) -> None:
    """Give lambdas that are called `operator()` alone, as gdb and sanitizers do, the name of the function around them.

    That is one further out in the same file; what called the lambda may lie between, and the line next to the lambda's
    tells which of them made it.
    """
    for index, frame in enumerate(frames):
        if frame.in_app and frame.file and _is_lambda(frame):
            around = [f for f in reversed(frames[index + 1 :]) if f.file == frame.file and not _is_lambda(f)]
            if around:
                maker = min(around, key=lambda caller: abs(caller.line - frame.line))
                frames[index] = frame._replace(module=maker.module, function=maker.function)


def _is_lambda(frame: Frame) -> bool:
    return frame.function == LAMBDA or (frame.function == "operator()" and frame.module == GLOBAL)

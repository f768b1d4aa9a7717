"""Elixir's and Erlang's bodies -> exceptions and frames. The forms are told in `elixir.py` and `erlang.py`."""

from __future__ import annotations

import re

from collector.model import Frame
from collector.stacks import erlang
from collector.stacks.elixir import APPLICATION, PLACE
from collector.stacks.in_app.elixir import NAMES_CACHED_MAX, locate
from collector.stacks.outline import FRAMES_MAX, Skeleton, SkeletonException
from collector.stacks.remember import remember

_LINE = re.compile(rf"(?:\n|\A)([ \t]*)(?:(\*\* )|(?:{APPLICATION})?(?:{PLACE})?([^\n]+))")
_ANONYMOUS = re.compile(
    r"anonymous fn(?:/[0-9]{1,3}|\([^\n]*\)) in "
)  # the arity, or the arguments if no clause matched
_CALL = re.compile(
    r"(:?\"[^\"\n]{1,200}\"|:?[\w@]{1,200}(?:\.[A-Z]\w{0,200}){0,30})\."
    r"(\"[^\"\n]{1,200}\"|[^\s(/\"]{1,200}|/)(?:/[0-9]{1,3}$|(\())"
)
ANONYMOUS = "anonymous fn"
"""The function of a closure whose module is all that is known."""


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read frames; the reported exception first, then what an exit tells of the other process."""
    last = bodies[-1]
    if len(bodies) == 4 and erlang.CALLS.match(last or "\n in function ") is not None:  # noqa: PLR2004 - a clause and its calls
        return _one((*erlang.read_clause(bodies[1], bodies[2]), *erlang.read_calls(last)))
    if len(bodies) == 2 and not bodies[0]:  # noqa: PLR2004 - a reason and its frames
        if last.startswith("[") or "[{" in last[:80]:
            return _one(erlang.read_list(last))
        if erlang.CALLS.match(last) is not None:
            return _one(erlang.read_calls(last))
    found: list[tuple[int, int, list[Frame]]] = []  # head, indentation, frames
    if not bodies[0].endswith("** "):
        found.append((0, -1, []))
    for index, body in enumerate(bodies):
        for blanks, mark, application, file, line, call in _LINE.findall(body):
            if mark:
                found.append((index, len(blanks), []))
                continue
            frames = None
            if found:  # most texts have one exception
                _, indent, frames = found[-1]
                if indent >= len(blanks):
                    frames = next((f for _, indent, f in reversed(found) if indent < len(blanks)), None)
            if frames is not None and len(frames) < FRAMES_MAX:
                frames.append(_frame(application, file, line, call))
    exceptions = [
        SkeletonException(head=head, relation="cause" if number else "", frames=tuple(frames))
        for number, (head, _, frames) in enumerate(found)
    ]
    return Skeleton(exceptions=tuple(exceptions), raise_site=_site(exceptions[0].frames) if exceptions else "")


def _one(frames: tuple[Frame, ...]) -> Skeleton:
    return Skeleton(exceptions=(SkeletonException(head=0, frames=frames[:FRAMES_MAX]),), raise_site=_site(frames))


def _site(frames: tuple[Frame, ...]) -> str:
    return f"{frames[0].file}:{frames[0].line}:{frames[0].function}" if frames else ""


def _frame(application: str, file: str, line: str, call: str) -> Frame:
    module, function, called = _read_call(call)
    module, function, in_app = locate(application, file, module, function)
    if called and not file and not application:  # built-in, or a function that doesn't exist: its caller counts
        in_app = False
    return Frame(module, function, file, int(line or 0), 0, in_app)


@remember(NAMES_CACHED_MAX)
def _read_call(call: str) -> tuple[str, str, bool]:
    """Tell module and function, and whether the arguments stand in the arity's place: `Shop.Pay.charge(17)`."""
    anonymous = _ANONYMOUS.match(call)
    found = _CALL.match(call, anonymous.end() if anonymous else 0)
    if found is None:
        return "", call if call.startswith("(") else ANONYMOUS, False
    return found.group(1), found.group(2), bool(found.group(3))

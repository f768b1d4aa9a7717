"""PHP's frames: from bodies to functions with the places where they were when the exception was raised."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.model import Frame
from collector.stacks import java_like
from collector.stacks.in_app.php import locate
from collector.stacks.outline import FRAMES_MAX, Skeleton, SkeletonException

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.model import Relation

_CALL = r"(\(main\)|[^\n({]*(?:\{[^\n{}]*\}[^\n({]*)*)"
_JAVA_LIKE = re.compile(
    rf"\n[ \t]*at {_CALL}\(([^\n():]*(?:\([0-9]{{1,9}}\) : eval\(\)'d code)?)(?::([0-9]{{1,9}}))?\)"
)
_NUMBERED = re.compile(
    rf"\n#[0-9]{{1,5}} (?:(?:([^\n(]+(?:\([0-9]+\) : [^\n(]+(?:\(\)'d code)?)?)\(([0-9]{{1,9}})\)|\[[^\n\]]+\]): )?{_CALL}"
)
_RAISED = re.compile(r"(?: in | at )([^\n]+):([0-9]{1,9})\)?\n")
UNKNOWN = "Unknown Source"


def plain_body(body: str) -> str:
    """Take out the arguments of numbered frames."""
    return "\n".join(map(_without_arguments, body.split("\n"))) if "\n#" in body else body


def _without_arguments(line: str) -> str:
    place, colon, call = line.partition("): ")
    return f"{place}{colon}{call.partition('(')[0]}(" if colon and "(" in call and "{" not in call else line


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read frames; the reported exception first, then its causes."""
    if not any("\n#" in body or body.startswith("#") for body in bodies[1:2]):
        return java_like.read_bodies(bodies, _JAVA_LIKE, _frames)
    heads = [0]
    raw: list[list[java_like.RawFrame]] = [[]]
    is_root_first = False
    for number, body in enumerate(bodies[1:], 1):
        raw[-1] = _numbered(body if body.startswith(("\n", " ")) else "\n" + body)
        if number == java_like.EXCEPTIONS_MAX:
            break
        if body.endswith(("Next ", "[object] (")):
            is_root_first = body.endswith("Next ")
            heads.append(number)
            raw.append([])
    order = range(len(heads))[::-1] if is_root_first else range(len(heads))
    exceptions = []
    for position, index in enumerate(order):
        relation: Relation = "cause" if position else ""
        frames = _frames(raw[index][:FRAMES_MAX])
        exceptions.append(SkeletonException(head=heads[index], relation=relation, frames=frames))
    innermost = raw[order[0]][0] if raw[order[0]] else None
    raise_site = f"{innermost[1]}:{innermost[2]}:{innermost[0]}" if innermost else ""
    return Skeleton(exceptions=tuple(exceptions), raise_site=raise_site)


def _numbered(body: str) -> list[java_like.RawFrame]:
    """Numbered lines tell where each function was called; the place inside it stands in the line before."""
    raised = _RAISED.match(body)
    file, line = (raised.group(1), raised.group(2)) if raised else (UNKNOWN, "")
    found = []
    for called_in, called_at, call in _NUMBERED.findall(body):
        found.append((call.replace("\\\\", "\\") if "\\\\" in call else call, file, line))
        file, line = called_in or UNKNOWN, called_at
    return found


def _frames(found: Sequence[java_like.RawFrame]) -> tuple[Frame, ...]:
    """Make frames. An error of one of PHP's own functions has the place of the call for its place."""
    frames = []
    own = len(found) > 1 and found[0][1:] == found[1][1:] and "{" not in found[0][0]
    for name, file, line in found:
        module, function, in_app = locate(name, file)
        frames.append(Frame(module, function, file, int(line) if line else 0, 0, in_app and not own))
        own = False
    return tuple(frames)

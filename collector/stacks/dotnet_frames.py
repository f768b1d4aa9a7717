""".NET's frames: the bodies of `dotnet.outline` -> exceptions in the order in which they contain each other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collector.model import Frame
from collector.stacks.dotnet import WORDS
from collector.stacks.in_app.dotnet import locate
from collector.stacks.outline import FRAMES_MAX, Skeleton, SkeletonException

if TYPE_CHECKING:
    from collector.model import Relation

# name, file, line | the marker that ends an inner exception. A name is followed by its arguments; Mono adds the place in
# the code; NativeAOT adds an offset.
_LINE = re.compile(
    rf"(?:\A {{0,3}}|\n {{2,3}})(?:at|{WORDS}) ((?:\(wrapper [^\n)]{{1,80}}\) )?[^\n(]{{1,600}}?) ?\([^\n)]{{0,4000}}\)?"
    r"(?:\+\w{1,40}\(\))?"
    r"(?: \[0x[0-9a-fA-F]{1,16}\]| \+ 0x[0-9a-fA-F]{1,16})?(?: [^\s]{1,12} ([^\n]{1,2000}):[^\n:0-9]{0,16}([0-9]{1,9}))?"
    r"|\n {1,3}(---) "
)


EXCEPTIONS_MAX = 128
"""Exceptions of one text that are kept, nearest the reported one: more are a loop."""


@dataclass(slots=True)
class _Open:
    """An exception while its text is read. `dropped`: it is printed a second time."""

    head: int
    relation: Relation = ""
    is_group: bool = False
    has_members: bool = False
    dropped: bool = False
    frames: list[Frame] = field(default_factory=list)


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read frames; the reported exception first, then what it contains, nearest first."""
    reported = _Open(head=0)
    found, nested = [reported], [reported]
    raise_site = ""
    for index, body in enumerate(bodies):
        if not body:
            if index:
                nested[-1].head, nested[-1].is_group = index, True
        elif body.lstrip().startswith(("--->", "<---")):
            for _ in range(min(body.count("<---"), len(nested) - 1)):
                nested.pop()
            if "--->" in body:
                inner = _inner(index, body, nested[-1])
                found.append(inner)
                nested.append(inner)
        else:
            raise_site = _read_run(body, nested, reported, raise_site)
    return Skeleton(
        exceptions=tuple(
            [
                SkeletonException(head=error.head, relation=error.relation, frames=tuple(error.frames))
                for error in found
                if not error.dropped
            ][:EXCEPTIONS_MAX]
        ),
        raise_site=raise_site,
    )


def _inner(index: int, body: str, outer: _Open) -> _Open:
    """Open the exception after an arrow. Older runtimes print the first member of a group twice."""
    numbered = "(Inner" in body
    dropped = outer.dropped or (outer.has_members and "#0)" in body)
    outer.has_members = True
    return _Open(head=index, relation="member" if numbered or outer.is_group else "cause", dropped=dropped)


def _read_run(body: str, nested: list[_Open], reported: _Open, raise_site: str) -> str:
    """Read a run of lines into the innermost exception that is open, and those around it after each marker."""
    frames = nested[-1].frames
    for name, file, line, marker in _LINE.findall(body):
        if marker:
            if len(nested) > 1:
                nested.pop()
            frames = nested[-1].frames
        elif len(frames) < FRAMES_MAX:
            known = file if line != "0" else ""  # Mono has the module's hash there
            if not raise_site and frames is reported.frames:
                raise_site = f"{known}:{line or 0}:{name}"
            module, function, in_app = locate(name)
            frames.append(Frame(module, function, known, int(line or 0), 0, in_app))
    return raise_site

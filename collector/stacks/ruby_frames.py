"""Ruby's bodies -> exceptions and frames. The forms are told in `ruby.py`."""

from __future__ import annotations

import re
from typing import NamedTuple

from collector.model import Frame
from collector.stacks.in_app.ruby import NATIVE, locate
from collector.stacks.outline import FRAMES_MAX, Skeleton, SkeletonException
from collector.stacks.remember import remember
from collector.stacks.ruby import COLORS, TRACEBACK

LABELS_CACHED_MAX = 8192
"""Labels of frames that are remembered, about 0.3 KB each: a program has some thousands, and they repeat."""

_FRAME = re.compile(
    rf"(?:\n|\A){COLORS}[ \t]*(?:([0-9]{{1,6}}): )?(from )?"
    r"((?:[^\n:]{1,400}:){1,4}?)([0-9]{1,7})(?::in [`']([^\n]{1,300}?)')?(?:(: )|(?=\n|\Z))"
    r"|\n[ \t]+\.\.\. ?[0-9]{1,9} levels"
)
_TRACEBACK = re.compile(TRACEBACK)
_AROUND = re.compile(r"(?:(?:block|rescue|ensure)(?: \([0-9]{1,4} levels\))? in )+")
_BODIES = frozenset({"<top (required)>", "<compiled>"})
_TEMPLATE = re.compile(r"_{2,4}[0-9]{1,20}(?:_[0-9]{1,20})?$")
# The SDK asks an exception that was never raised for its message: the only frame is that call.
_ASKED = frozenset({"", "full_message", "detailed_message"})


BLOCK = "<block>"
"""The function of a block that no method is around."""


class _Entry(NamedTuple):
    file: str
    line: str
    label: str
    raised: bool


_Found = tuple[int, str, str, str, str, str, str]  # index of the body, and the groups of _FRAME


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read frames; the reported exception first, then its causes."""
    entries = [(index, *parts) for index, body in enumerate(bodies) for parts in _FRAME.findall(body)]
    reverse = _TRACEBACK.search(bodies[0]) is not None or any(number for _, number, *_ in entries)
    found = _read_reverse(entries, len(bodies) - 1) if reverse else _read(entries)
    exceptions, raise_site = [], ""
    for position, (index, own) in enumerate(found):
        frames = _frames(own)
        if position == 0 and frames:
            raise_site = f"{own[0].file}:{own[0].line}:{own[0].label}"
        exceptions.append(SkeletonException(head=index, relation="cause" if position else "", frames=frames))
    return Skeleton(exceptions=tuple(exceptions), raise_site=raise_site)


def _read(entries: list[_Found]) -> list[tuple[int, list[_Entry]]]:
    """Begin an exception with every place of a raise. What lies beyond a shortened recursion is left out."""
    found: list[tuple[int, list[_Entry]]] = [(0, [])]
    skip = False
    for index, _, _, file, line, label, raised in entries:
        if not file:
            skip = True
        elif raised:
            found.append((index, [_Entry(file[:-1], line, label, True)]))
            skip = False
        elif not skip:
            found[-1][1].append(_Entry(file[:-1], line, label, False))
    return found if found[0][1] or len(found) == 1 else found[1:]


def _read_reverse(entries: list[_Found], last: int) -> list[tuple[int, list[_Entry]]]:
    """End an exception with every place of a raise; the reported one is the last."""
    found: list[tuple[int, list[_Entry]]] = []
    current: list[_Entry] = []
    for index, _, _, file, line, label, raised in entries:
        if file:
            current.append(_Entry(file[:-1], line, label, bool(raised)))
        if raised:
            found.append((index, current[::-1]))
        if raised or not file:
            current = []
    if current or not found:  # cut off before the message
        found.append((last, current[::-1]))
    return found[::-1]


def _frames(entries: list[_Entry]) -> tuple[Frame, ...]:
    """Make frames, innermost first.

    A method of the interpreter has its caller's file and line: it is told by the next frame being at the same place.
    """
    if len(entries) == 1 and entries[0].raised and read_label(entries[0].label)[0] in _ASKED:
        return ()
    frames = []
    for i, (file, line, label, _) in enumerate(entries[:FRAMES_MAX]):
        module, in_app = locate(file)
        function, is_method = read_label(label)
        if is_method and in_app and i + 1 < len(entries):
            outer = entries[i + 1]
            if outer.line == line and outer.file == file and read_label(outer.label)[0] != function:
                module, in_app = NATIVE, False
        frames.append(Frame(module, function, file, int(line), 0, in_app))
    return tuple(frames)


@remember(LABELS_CACHED_MAX)
def read_label(label: str) -> tuple[str, bool]:
    """Tell a frame's function, and whether the label is a plain method's: no block, no body of a class or file.

    ``block (2 levels) in Shop::Pay#charge`` (Ruby 3.4) and ``block in charge`` are `charge`; the body of a file is
    `<main>`, whether it was started or required; a template's name loses its counters. A block in the body of a class or
    file has no name: it may be a route or a method that `define_method` made.
    """
    around = _AROUND.match(label)
    function = label[around.end() :] if around else label
    if function in _BODIES or "/" in function[:-1]:  # JRuby up to 9.2 calls a file's body by its path
        function = "<main>"
    is_body = function.startswith("<")
    if around is not None and is_body and "block" in around.group():
        function = BLOCK
    elif function[:1].isupper():
        function = re.split(r"[#.]", function, maxsplit=1)[-1] or function
    if "__" in function:
        function = _TEMPLATE.sub("", function)
    return function, around is None and not is_body

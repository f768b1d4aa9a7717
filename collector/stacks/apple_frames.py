"""Frames of Apple's platforms and of Swift on Linux: how a line looks, and how its place is read."""

from __future__ import annotations

import re

from collector.model import Frame
from collector.stacks.in_app.apple import locate
from collector.stacks.outline import FRAMES_MAX, Skeleton, SkeletonException
from collector.stacks.remember import remember

LINES_CACHED_MAX = 8192
"""Lines of frames that are remembered, about 1 KB each."""

_HEX = r"0x[0-9a-fA-F]{5,16}"
_BINARY = r"\S{1,120}(?: \S{1,120}){0,4}?"
# callStackSymbols, crash reports: 4   Shop   0x0000000104c1e2f4 Shop.Cart.add() -> () + 52 (Cart.swift:23)
CALL = rf"[ \t]{{0,8}}([0-9]{{1,4}})[ \t]{{1,4}}(?!\[)({_BINARY})[ \t]{{1,60}}{_HEX}[ \t]([^\n]{{1,4096}})"
# Swift's own backtraces: 1 [ra] [system] 0x00007f12 add(item:) + 8 in shop at /srv/Cart.swift:3:5
SWIFT = (
    rf"(?P<number>[0-9]{{1,4}})(?: {{1,20}}\[(?:ra|inlined|system|thunk|async|\.\.\.)\]){{0,5}} {{1,20}}(?:{_HEX} {{1,4}})?"
    r"(?P<rest>[^\n]{1,2000}(?: in | at )[^\n]{1,2000})"
)
CALL_LINE = re.compile("^" + CALL + "[^\n]*", re.MULTILINE)
SWIFT_LINE = re.compile("^" + SWIFT + "[^\n]*", re.MULTILINE)

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{5,16}")
_OFFSET = re.compile(r" \+ [0-9]{1,10}$")
_PLACE = re.compile(r" \(([^()\n]{1,1000}):([0-9]{1,9})\)$")
_IN_BINARY = re.compile(r" \(in [^()\n]{1,200}\)")
_POSITION = re.compile(r"([^\n]{1,2000}?):([0-9]{1,9})(?::([0-9]{1,9}))?")


def plain_body(body: str) -> str:
    """Take out the addresses, which differ with every start of the program."""
    return _ADDRESS.sub("0x00000", body)


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read the frames of the one block."""
    block = bodies[-1]
    calls = CALL_LINE.findall(block)
    if calls:
        frames = [_read_call(binary, rest) for _, binary, rest in calls[:FRAMES_MAX]]
    else:
        frames = [_read_swift(rest) for _, rest in SWIFT_LINE.findall(block)[:FRAMES_MAX]]
    raise_site = ""
    if frames:
        raise_site = f"{frames[0].file}:{frames[0].line}:{frames[0].module}.{frames[0].function}"
    return Skeleton(exceptions=(SkeletonException(head=0, frames=tuple(frames)),), raise_site=raise_site)


@remember(LINES_CACHED_MAX)
def _read_call(binary: str, rest: str) -> Frame:
    """Read `symbol + 52 (Cart.swift:23)`."""
    rest = rest.rstrip()
    place = _PLACE.search(rest, max(len(rest) - 1100, 0)) if rest.endswith(")") else None
    file, line = "", 0
    if place is not None:
        file, line, rest = place.group(1), int(place.group(2)), rest[: place.start()]
    if "(in " in rest:  # atos
        rest = _IN_BINARY.sub("", rest, count=1)
    offset = _OFFSET.search(rest, max(len(rest) - 14, 0))
    if offset is not None:
        rest = rest[: offset.start()]
    module, function, in_app = locate("" if rest == binary else rest, binary)
    return Frame(module, function, file or binary, line, 0, in_app)


@remember(LINES_CACHED_MAX)
def _read_swift(rest: str) -> Frame:
    """Read `add(item:) + 8 in shop at /srv/Cart.swift:3:5`."""
    name, _, place = rest.rstrip().rpartition(" at ")
    position = _POSITION.fullmatch(place)
    file, line, column = "", 0, 0
    if name and position is not None:
        file, line, column = position.group(1), int(position.group(2)), int(position.group(3) or 0)
    elif " at " in rest and "<compiler-generated>" in place:
        pass
    else:
        name = rest.rstrip()
    name, _, binary = name.rpartition(" in ")
    offset = _OFFSET.search(name, max(len(name) - 14, 0))
    if offset is not None:
        name = name[: offset.start()]
    module, function, in_app = locate(name, binary)
    return Frame(module, function, file or binary, line, column, in_app)

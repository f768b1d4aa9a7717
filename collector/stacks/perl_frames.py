"""Perl's bodies -> frames. The forms are told in `perl.py`."""

from __future__ import annotations

import re

from collector.model import Frame
from collector.stacks.in_app.perl import PACKAGES, locate
from collector.stacks.outline import FRAMES_MAX, Skeleton, SkeletonException

_PLACE = re.compile(r"(?:^|\n)(?:Trace begun| )?(?: |\A)at ([^\n]{1,400}?) line ([0-9]{1,7})")
_CALL = re.compile(
    r"\n?[ \t]*(?:([^\W\d]\w{0,200}(?:(?:::|')\w{1,200}){0,30})(?:::\(eval\)|( \{\.\.\.\}) ?)?(?:\([^\n]*\))?"
    r"|(?:eval|require|\()[^\n]*) (?:called )?at ([^\n]{1,400}?) line ([0-9]{1,7})(?=[\n,.]|\Z)"
)
_MOJO = re.compile(r"\n?  File \"([^\"\n]{1,400})\", line ([0-9]{1,7}), in \"([^\"\n]{1,300})\"")
_ARGUMENTS = re.compile(r"\([^\n]*\) called at ")
MAIN = "<main>"
"""The function of a program's own lines, outside of every function."""
_WORDS = ("eval", "require")


def plain_body(body: str) -> str:
    """Take out the arguments."""
    return _ARGUMENTS.sub("() called at ", body)


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read frames, innermost first: the place of one line with the function of the next."""
    text = "".join(bodies)
    if '  File "' in text:
        calls = _MOJO.findall(text)
        called = ["" if sub == "(eval)" else sub for _, _, sub in calls[1 : FRAMES_MAX + 1]]
        return _one(_frames([(file, line) for file, line, _ in calls[:FRAMES_MAX]], called))
    lines = text.split("\n")
    places: list[tuple[str, str]] = []
    subs: list[str] = []
    handled = False
    for number, line in enumerate(lines):
        found = _CALL.match(line) if number or not line.startswith((" at ", "Trace")) else None
        if found is not None and not line.startswith(" at "):
            sub, block, file, place = found.groups()
            subs.append("" if sub is None or sub in _WORDS else sub + (block or ""))
            places.append((file, place))
            continue
        start = _PLACE.match(line)
        if start is None:
            continue
        if places == [start.groups()]:
            continue
        handled = handled or (bool(places) and not subs)
        places.append((start.group(1), start.group(2)))
    if handled and subs:  # a handler of $SIG{__DIE__} printed the trace: it is no part of it
        places, subs = places[2:], subs[1:]
    elif len(places) == len(subs):  # the first line was cut off
        places.insert(0, ("", "0"))
    return _one(_frames(places[: FRAMES_MAX + 1], subs[:FRAMES_MAX]))


def _frames(places: list[tuple[str, str]], subs: list[str]) -> tuple[Frame, ...]:
    """Join places and functions. What runs in an `eval` is the function's around it."""
    frames: list[Frame] = []
    enclosing = MAIN if subs else ""
    for number in range(len(places) - 1, -1, -1):
        if number < len(subs):
            enclosing = subs[number] or enclosing
        file, line = places[number]
        frames.append(_frame(file, line, enclosing))
    frames.reverse()
    return tuple(frames[:FRAMES_MAX])


def _frame(file: str, line: str, sub: str) -> Frame:
    name, in_app = locate(file)
    package, _, function = sub.replace("'", "::").rpartition("::")
    if sub in ("", MAIN):
        package = name
    elif not file:  # cut off: the package tells
        in_app = not package.startswith(PACKAGES)
    return Frame(
        package or "main",
        function.removesuffix(" {...}") if "try" not in function else function,
        file,
        int(line),
        0,
        in_app,
    )


def _one(frames: tuple[Frame, ...]) -> Skeleton:
    site = f"{frames[0].file}:{frames[0].line}:{frames[0].function}" if frames else ""
    return Skeleton(exceptions=(SkeletonException(head=0, frames=frames),), raise_site=site)

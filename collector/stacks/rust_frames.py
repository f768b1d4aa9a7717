"""The frames of Rust's backtraces."""

from __future__ import annotations

import re

from collector.model import Frame
from collector.stacks.in_app.rust import locate, locate_file
from collector.stacks.outline import FRAMES_MAX, Skeleton, SkeletonException

CAUSES_MAX = 32
"""Causes of a list that are kept, nearest first."""

_FILE = r"((?:[A-Za-z]:)?[^\n:]+):([0-9]{1,9})(?::([0-9]{1,9}))?"
_FRAME = re.compile(
    rf"^ *[0-9]{{1,5}}: +(?:0x[0-9a-f]+ - )?([^\n]+)(?:\n +with [^\n]*)?(?:\n +at {_FILE})?", re.MULTILINE
)
_DEBUG_FRAME = re.compile(r'\{ fn: "((?:[^"\\]|\\.)*)"(?:, file: "((?:[^"\\]|\\.)*)"(?:, line: ([0-9]{1,9}))?)?()')
_PLACE = re.compile(rf"(?:^ panicked at |^', |^': |\n\nLocation:\n +|\nLocation: ){_FILE}")
_ANSI = re.compile(r"\x1b\[[0-9;]{0,16}m")
_UNKNOWN = "<unknown>"
_BACKTRACE = " BACKTRACE \u2501"
_SPAN_TRACE = " SPANTRACE \u2501"
_FIELDS = re.compile(r" with \w[^\n]*")
# What runs a panic's hook; the hook, which may be the program's own, is above it.
_PANICS = ("rust_begin_unwind", "begin_panic")


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read frames, innermost first. What ran after a panic (hooks) is no part of them.

    Where a panic has no backtrace, the place that it names is a frame without a function.
    """
    if len(bodies) > 1 and bodies[1][:1] == "[":
        causes = [SkeletonException(head=index, relation="cause") for index in range(1, len(bodies) - 1)]
        return Skeleton(exceptions=(SkeletonException(head=0), *causes[:CAUSES_MAX]))
    frames = _read_frames(bodies[-1])
    if not frames:
        place = _PLACE.search(_ANSI.sub("", "".join(bodies)))
        if place is not None:
            module, in_app = locate_file(place[1])
            frames = [Frame(module, "", place[1], int(place[2]), int(place[3] or 0), in_app)]
    site = next((frame for frame in frames if frame.in_app), frames[0] if frames else None)
    return Skeleton(
        exceptions=(SkeletonException(head=0, frames=tuple(frames[:FRAMES_MAX])),),
        raise_site=f"{site.file}:{site.line}:{site.module}::{site.function}" if site else "",
    )


def _read_frames(body: str) -> list[Frame]:
    if "\x1b" in body:
        body = _ANSI.sub("", body)
    at = body.find(_BACKTRACE)
    if at >= 0:
        body = body[at:]
    elif _SPAN_TRACE in body:
        body = _FIELDS.sub("", body)
    found = _DEBUG_FRAME.findall(body) if "Backtrace [{" in body else _FRAME.findall(body)
    frames, start = [], 0
    for symbol, file, line, column in found:
        if symbol == _UNKNOWN:
            continue
        module, function, in_app = locate(symbol, file)
        frames.append(Frame(module, function, file, int(line or 0), int(column or 0), in_app))
        if not start and function in _PANICS:
            start = len(frames)
    return frames[start:]

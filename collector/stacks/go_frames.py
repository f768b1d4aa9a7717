"""The frames of Go's stack traces, in the four forms in which they are printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.model import Frame
from collector.stacks.in_app.go import locate, locate_file
from collector.stacks.outline import FRAMES_MAX, Skeleton, SkeletonException

if TYPE_CHECKING:
    from collections.abc import Sequence

STACKS_MAX = 16
"""Stacks of one error that are read, nearest the raise: a loop that wraps the same error again and again has no end."""

_FILE = r"((?:[A-Za-z]:)?[^\n:]+):([0-9]{1,9})"
# The arguments begin at the first bracket that is no pointer's receiver.
_CALL = re.compile(rf"([^\n(]+(?:\(\*[^\n()]*\)[^\n(]*)*)[^\n]*\n\t{_FILE}[^\n]*\n?")
_BAR_CALL = re.compile(rf"  \| ([^\n\t]+)\n  \| \t{_FILE}")
_FILE_CALL = re.compile(rf"(?:^|\n){_FILE} \(0x[0-9a-f]+\)(?:\n\t([^\n:]*): )?")
_LINE_CALL = re.compile(rf"\t([^\n\t:]+):{_FILE}")

_ARGUMENTS = re.compile(r"\((?!\*)[^()\n]*\)(?=\n\t)")

_PANICS = frozenset({"panic", "runtime.gopanic"})
_PANIC_FILE = "runtime/panic.go"
_OUTERMOST = frozenset({"main", "goexit"})  # functions that call everything and are called by nothing
_RECORDERS = ("go.opentelemetry.io/", "runtime/debug")
_SPAN_EXIT = "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End"

_Call = tuple[str, str, str]


def plain_body(body: str) -> str:
    """Take out the arguments: addresses and lengths, which differ each time."""
    return _ARGUMENTS.sub("()", body) if _FILE_CALL.match(body) is None else body


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read frames, innermost first.

    In a panic, the reported one is the last, and those whose deferred functions raised it follow. In an error that
    carries stacks, the reported one is the deepest, and those who wrapped it follow from the inside out. What ran after a
    panic (deferred functions, `recover`) is no part of its frames.
    """
    panics = bodies.count("\t")
    runs = [index for index, body in enumerate(bodies) if body and body != "\t"]
    if not runs:
        return Skeleton(exceptions=(SkeletonException(head=max(0, len(bodies) - 2)),))
    if panics:
        return _read_panics(bodies[runs[-1]], panics + 1)
    exceptions: list[SkeletonException] = []
    raise_site, escaped = "", False
    # The head before a run is its message; where no head is before it, there is one run and no message.
    order, before = (runs, 1) if runs[0] else (runs, 0)
    first = bodies[runs[0]]
    if first.startswith("  | "):
        order, before = runs[::-1], 0
    elif first.startswith("\t"):
        order = runs[::-1]
    for position, index in enumerate(order[:STACKS_MAX]):
        calls = _calls(bodies[index])
        segments = _segments(calls)
        calls = segments[-1]
        head = 0 if position == 0 and before == 0 else index - before
        if position == 0:
            escaped = len(segments) > 1 and any(call[0].startswith(_SPAN_EXIT) for call in segments[0])
            raise_site = _raise_site(calls)
        exceptions.append(SkeletonException(head=head, relation="context" if position else "", frames=_frames(calls)))
    return Skeleton(exceptions=tuple(exceptions), raise_site=raise_site, escaped_span=escaped)


def _read_panics(run: str, values: int) -> Skeleton:
    """Give every value that was panicked with its frames; the first printed is the first raised."""
    segments = _segments(_calls(run))
    exceptions = []
    for age in range(min(values, STACKS_MAX)):
        calls: Sequence[_Call] = ()
        if age < len(segments):
            calls = segments[-1] if age == values - 1 else segments[age]
        exceptions.append(
            SkeletonException(head=values - 1 - age, relation="context" if age else "", frames=_frames(calls))
        )
    return Skeleton(exceptions=tuple(exceptions), raise_site=_raise_site(segments[0]))


def _calls(run: str) -> Sequence[_Call]:
    """Read (symbol, file, line) of a run's frames, innermost first."""
    if run.startswith("  | "):
        return _BAR_CALL.findall(run)
    if run.startswith("\t"):
        found = _LINE_CALL.findall(run)
        # As sent by default the innermost is the last; the option that turns it round is told by what is outermost.
        return found if found and found[-1][0].rpartition(".")[2] in _OUTERMOST else found[::-1]
    if _FILE_CALL.match(run) is not None:
        return [(f".{function}", file, line) for file, line, function in _FILE_CALL.findall(run)]
    return _CALL.findall(run)


def _segments(calls: Sequence[_Call]) -> list[Sequence[_Call]]:
    """Split calls at those of `panic`: what ran after it, and what raised it."""
    borders = [
        number
        for number, (symbol, file, _) in enumerate(calls)
        if symbol in _PANICS or (symbol in ("panic", ".gopanic", ".") and file.endswith(_PANIC_FILE))
    ]
    if not borders:
        return [calls]
    starts = [0, *(border + 1 for border in borders)]
    return [calls[start:end] for start, end in zip(starts, [*borders, len(calls)], strict=True)]


def _frames(calls: Sequence[_Call]) -> tuple[Frame, ...]:
    if calls and calls[0][0].startswith("."):
        found = [(locate_file(file, symbol[1:]), file, line) for symbol, file, line in calls[:FRAMES_MAX]]
    else:
        found = [(locate(symbol, file), file, line) for symbol, file, line in calls[:FRAMES_MAX]]
    return tuple([Frame(module, name, file, int(line), 0, in_app) for (module, name, in_app), file, line in found])


def _raise_site(calls: Sequence[_Call]) -> str:
    """Tell the innermost place that is not the recording of the error."""
    for symbol, file, line in calls:
        if not symbol.startswith(_RECORDERS):
            return f"{file}:{line}:{symbol.lstrip('.')}"
    return ""

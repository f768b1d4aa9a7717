"""Python's exception groups: where heads begin and end, and who is whose member.

      + Exception Group Traceback (most recent call last):
      |   File "/srv/load.py", line 9, in load_all
      | ExceptionGroup: two rows are bad (2 sub-exceptions)
      +-+---------------- 1 ----------------
        | ValueError: bad row 1
        +---------------- 2 ----------------
        | Exception Group Traceback (most recent call last):   one level further
        ...
        +------------------------------------

The column of a border tells the level: 2 (or none) is the top, 4 the members of the top, 6 their
members. Chains stand within a level: the root cause first, as in texts without borders.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collector.stacks.outline import Outline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.model import Relation

HEADERS = (
    "Traceback (most recent call last):",
    "Exception Group Traceback (most recent call last):",
)
CAUSE = "The above exception was the direct cause of the following exception:"
CONTEXT = "During handling of the above exception, another exception occurred:"
LEVELS_MAX = 32
"""Levels told apart; CPython itself prints 10."""

_MEMBER = re.compile(r"^( *(?:\+-)?)\+-{16} (?:[0-9]{1,9}|\.\.\.) -{16}$", re.MULTILINE)
_CLOSING = re.compile(r" *\+-{36}$")
_BORDER = re.compile(r"( *)[|+](?: |$)")
_MARKER = re.compile(rf"^([ |]*)({re.escape(CAUSE)}|{re.escape(CONTEXT)})$", re.MULTILINE)


def may_hold_a_group(text: str) -> bool:
    """Whether the text must be walked: it has a group's header or a member's border."""
    return HEADERS[1] in text or "+---------------- " in text


def outline(text: str) -> Outline:
    """Cut a bordered text into bodies and heads. Lines end with LF."""
    cuts: list[int] = []  # where a head begins, where it ends, where the next begins ...
    first = -1  # where the first body begins
    state = "before"  # before the stack | frames | head | between exceptions | after a group
    at, previous_at, previous_blank = 0, 0, False
    for line in text.split("\n"):
        border = _BORDER.match(line)
        content = line[border.end() :] if border else line
        blank = not content.strip()
        came_from = state
        end = at
        if previous_blank and content in (CAUSE, CONTEXT):
            state, end = "between", previous_at
        elif _MEMBER.match(line):
            state = "between"
        elif _CLOSING.match(line):
            state = "after"
        elif (state != "head" and content in HEADERS) or (state == "before" and content.startswith('  File "')):
            state = "frames"
        elif (state == "frames" and not content.startswith("  ")) or (state == "between" and not blank):
            state = "head"
            cuts.append(at + (border.end() if border else 0))
        if came_from == "head" and state != "head":
            cuts.append(max(end, cuts[-1]))
        if came_from == "before" and state != "before":
            first = at
        previous_at, previous_blank = at, blank
        at += len(line) + 1
    if first < 0:
        return Outline(bodies=("",), heads=(text,))
    return _pieces(text, first, cuts, open_end=state in ("frames", "between"))


def _pieces(text: str, first: int, cuts: list[int], *, open_end: bool) -> Outline:
    if len(cuts) % 2:
        cuts.append(len(text))
    elif open_end or not cuts:
        cuts += [len(text), len(text)]
    begins = [first, *cuts[1:-1:2]]
    return Outline(
        preamble=text[:first],
        bodies=tuple(text[a:b] for a, b in zip(begins, cuts[::2], strict=True)),
        heads=tuple(text[a:b] for a, b in zip(cuts[::2], cuts[1::2], strict=True)),
        tail=text[cuts[-1] :],
    )


@dataclass(slots=True)
class _Entry:
    """One exception. `link` ties it to the one before it in the text: its cause."""

    index: int
    link: Relation
    members: list[list[_Entry]] = field(default_factory=list)


def order(bodies: tuple[str, ...]) -> list[tuple[int, Relation]]:
    """Index and relation of every exception: the reported one, its chain, then the members."""
    top: list[_Entry] = []
    open_levels = [top]
    for index, body in enumerate(bodies):
        member = _MEMBER.search(body)
        if member is not None and open_levels[0]:
            level = min(_level(len(member.group(1))), len(open_levels), LEVELS_MAX)
            del open_levels[max(level, 1) :]
            chain = [_Entry(index, "member")]
            open_levels[-1][-1].members.append(chain)
            open_levels.append(chain)
            continue
        marker = _MARKER.search(body)
        if marker is not None:
            del open_levels[_level(marker.group(1).find("|")) + 1 :]
        link: Relation = "cause" if marker is None or marker.group(2) == CAUSE else "context"
        open_levels[-1].append(_Entry(index, link))
    return list(_flatten(top, ""))


def _level(column: int) -> int:
    return max(0, column // 2 - 1)


def _flatten(chain: list[_Entry], relation: Relation) -> Iterator[tuple[int, Relation]]:
    for entry in reversed(chain):
        yield entry.index, relation
        relation = entry.link
    for entry in reversed(chain):
        for member in entry.members:
            yield from _flatten(member, "member")

"""Finds the pieces that the engine refuses, by halving, without storing anything.

Pieces are asked for in growing detail: first which requests of a segment, then which items of a guilty request. The
question goes to a twin table without views: asked of the real one, the views that come before the failing view would
have stored their rows already, and the same rows under another token would be stored again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def find_refused(pieces: Sequence[bytes], refuses: Callable[[Sequence[bytes]], bool]) -> list[int]:
    """The positions of the pieces that are refused on their own.

    `refuses` must be true of a sequence when it is true of one of its pieces. Asks about 2 log2(n) times for each guilty
    piece among n. A sequence that is refused though none of its pieces is has no guilty ones.
    """
    guilty: list[int] = []
    waiting = [(0, len(pieces))]
    while waiting:
        begin, end = waiting.pop()
        if begin == end or not refuses(pieces[begin:end]):
            continue
        if end - begin == 1:
            guilty.append(begin)
            continue
        middle = (begin + end) // 2
        waiting += [(begin, middle), (middle, end)]
    return sorted(guilty)

"""May a request hold an array or a map? A look at its bytes, a fifth of the price of asking protobuf.

On the wire such a value is, behind the tag of the field that holds it (`KeyValue.value`, `LogRecord.body`), a length L,
a tag that says array or map, and a length M that fills L:

    12 | 2a     L (varint)     2a | 32     M (varint)      L = 1 + size(M) + M

numpy finds the few places that look so; their lengths are then read. Encoders write an AnyValue as exactly one field with
the shortest lengths, and all that is written so is found (the tests hold it against protobuf). Random bytes look so once
in some fifty requests of 500 spans, which costs these a parse. Who writes in another way has the value stored as base64
of its encoding: it is not lost.
"""

from __future__ import annotations

from typing import Final

import numpy as np

_HOLDERS: Final = (0x12, 0x2A)
_ARRAY, _MAP = 0x2A, 0x32
_CONTINUES: Final = 0x80
_LENGTH_BYTES_MAX: Final = 4
"""Lengths below 256 MiB: no request is larger."""
_CANDIDATES_MAX: Final = 256
"""More places than that are not looked at one by one: whoever sends them gets the parse."""


def may_hold_nested(data: bytes, *, in_body: bool) -> bool:
    """Tell whether a request may hold an array or a map as a value; `in_body` asks for bodies of log records too."""
    view = np.frombuffer(data, np.uint8)
    holders = view == _HOLDERS[0]
    if in_body:
        holders |= view == _HOLDERS[1]
    places = np.flatnonzero(holders)
    for length_bytes in range(1, _LENGTH_BYTES_MAX + 1):
        tags = view.take(places + (length_bytes + 1), mode="clip")
        likely = places[(tags == _ARRAY) | (tags == _MAP)]
        if len(likely) > _CANDIDATES_MAX or any(_is_value(data, int(place) + 1) for place in likely):
            return True
        # A longer length goes on where this byte says so.
        places = places[view.take(places + length_bytes, mode="clip") >= _CONTINUES]
    return False


def _is_value(data: bytes, start: int) -> bool:
    outer, tag_at = _varint(data, start)
    inner, end = _varint(data, tag_at + 1)
    return outer == end - tag_at + inner


def _varint(data: bytes, start: int) -> tuple[int, int]:
    """A length and the place behind it; -1 where there is none."""
    value = 0
    for place in range(start, min(start + _LENGTH_BYTES_MAX, len(data))):
        value |= (data[place] & 0x7F) << (7 * (place - start))
        if data[place] < _CONTINUES:
            return value, place + 1
    return -1, start

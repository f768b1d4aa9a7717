"""The outline of an OTLP request, walked field by field in Python: slow, frugal, and in words.

`framing.py` asks protobuf's C parser, which says no more than that something is corrupt. The walk
reads the same bytes by the wire format's rules (https://protobuf.dev/programming-guides/encoding/)
and names the first fault and the byte at which it lies. It also tells whether a large request has
an outline that the parser can be trusted with. The tests hold the fast check against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTLINE_FIELDS: Final[Mapping[int, tuple[int, ...]]] = {1: (1,), 2: (1, 2, 3), 3: (1, 2, 3)}
"""The outline's fields by level: the request, its resources, their scopes. All hold bytes."""

_LEVEL_NAMES: Final[Mapping[int, str]] = {
    1: "the request",
    2: "a resource of the request",
    3: "a scope of the request",
}
# The field that leads one level down; a scope's items are not entered.
_CHILD_FIELD: Final[Mapping[int, int]] = {1: 1, 2: 2}

_VARINT, _FIXED64, _LENGTH, _GROUP_START, _GROUP_END, _FIXED32 = range(6)
_FIXED_BYTES: Final[Mapping[int, int]] = {_FIXED64: 8, _FIXED32: 4}
# The C parser's limits: a varint of 64 bits takes 10 bytes at most, a tag is one of 32 bits.
_VARINT_BYTES_MAX: Final = 10
_TAG_MAX: Final = 2**32 - 1
# The walk costs about 1 us a field; a request of 64 MiB can have 32 million of them.
_FIELDS_WALKED_MAX: Final = 20_000


class _FaultFound(Exception):
    """The fault, in words."""


def find_fault(data: bytes) -> str | None:
    """Name the first fault in the framing; None when the first fields of the request have none."""
    try:
        _walk(data, depth=3, fields_max=_FIELDS_WALKED_MAX)
    except _FaultFound as fault:
        return str(fault)
    return None


def is_outline_within(data: bytes, fields_max: int) -> bool:
    """Tell whether the request and its resources have at most that many fields, scopes' own aside.

    The answer is also yes when there is a fault before the limit is reached.
    """
    try:
        return _walk(data, depth=2, fields_max=fields_max)
    except _FaultFound:
        return True


def _walk(data: bytes, *, depth: int, fields_max: int) -> bool:
    """Visit the outline's fields in order, down to level `depth`; False when some are left over."""
    ends = [len(data)]  # of the messages that are open, the request first
    position = 0
    for _ in range(fields_max):
        while position == ends[-1]:
            ends.pop()
            if not ends:
                return True
        level = len(ends)
        start, end = position, ends[-1]
        tag, position = _read_varint(data, position, end, level)
        number, wire_type = tag >> 3, tag & 7
        if number == 0 or tag > _TAG_MAX:
            raise _FaultFound(f"at byte {start}, {_LEVEL_NAMES[level]} has no valid field number")
        place = f"at byte {start}, field {number} of {_LEVEL_NAMES[level]}"
        if wire_type != _LENGTH and number in OUTLINE_FIELDS[level]:
            raise _FaultFound(f"{place} has wire type {wire_type}, not {_LENGTH}")
        if wire_type == _VARINT:
            _, position = _read_varint(data, position, end, level)
            continue
        if wire_type == _LENGTH:
            size, position = _read_varint(data, position, end, level)
        elif wire_type in _FIXED_BYTES:
            size = _FIXED_BYTES[wire_type]
        else:
            raise _FaultFound(f"{place} has wire type {wire_type}, which OTLP does not use")
        if size > end - position:
            raise _FaultFound(f"{place} needs {size} bytes, of which {end - position} are there")
        if wire_type == _LENGTH and number == _CHILD_FIELD.get(level) and level < depth:
            ends.append(position + size)
        else:
            position += size
    return all(position == end for end in ends)


def _read_varint(data: bytes, position: int, end: int, level: int) -> tuple[int, int]:
    """Return the number at `position` and the position behind it."""
    value = 0
    for count in range(_VARINT_BYTES_MAX):
        if position + count == end:
            raise _FaultFound(f"at byte {position}, {_LEVEL_NAMES[level]} ends inside a number")
        byte = data[position + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:  # noqa: PLR2004 - the wire format's continuation bit
            return value, position + count + 1
    raise _FaultFound(f"at byte {position}, a number is longer than {_VARINT_BYTES_MAX} bytes")

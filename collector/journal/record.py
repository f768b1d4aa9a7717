"""One record: the request's length as a protobuf varint, then the request.

This is protobuf's length-delimited form, the one that ClickHouse reads from a file with `FORMAT
Protobuf` (https://clickhouse.com/docs/interfaces/formats/Protobuf), so a segment is handed over as
it is. The form has no checksum. What that means after a power cut is told in `recovery.py`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from collector.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LENGTH_BYTES_MAX = 5
"""A varint of five bytes holds 35 bits; protobuf itself ends at 2 GiB.

A longer one is not a length of ours.
"""

READ_BUFFER_BYTES = 1 << 20
"""Small records are read a mebibyte at a time; larger ones bypass the buffer."""


class RecordTorn(Failure):
    """The file ends inside a record, or what stands at `offset` is not a record's length."""

    def __init__(self, path: str, offset: int) -> None:
        super().__init__(
            f"{path} has no whole record at byte {offset}: the disk lost a part of the file; "
            "the records before it are whole"
        )
        self.offset = offset


def encode_length(length: int) -> bytes:
    """Encode the varint that stands before a request of `length` bytes."""
    encoded = bytearray()
    while length > 0x7F:  # noqa: PLR2004 - seven bits a byte, the eighth says that more follow
        encoded.append(length & 0x7F | 0x80)
        length >>= 7
    encoded.append(length)
    return bytes(encoded)


def record_bytes(length: int) -> int:
    """Return the size of a whole record: a request of `length` bytes and the varint before it."""
    return max(1, (length.bit_length() + 6) // 7) + length


def iter_records(path: Path) -> Iterator[bytes]:
    """Yield the requests of a segment in the order in which they were kept, one at a time.

    Raises `RecordTorn` behind the last whole record if the file does not end there, and OSError as
    `open` does.
    """
    with path.open("rb", buffering=READ_BUFFER_BYTES) as file:
        for _, request in scan_records(file):
            yield request


def scan_records(file: BinaryIO, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield (offset behind the record, request) from byte `start` on; raises `RecordTorn`."""
    size = os.fstat(file.fileno()).st_size
    file.seek(start)
    offset = start
    while offset < size:
        length, length_bytes = _read_length(file)
        end = offset + length_bytes + length
        # A length beyond the end of the file is refused before it is read: garbage must not cost
        # memory.
        if not length_bytes or end > size:
            raise RecordTorn(str(file.name), offset)
        request = file.read(length)
        if len(request) != length:
            raise RecordTorn(str(file.name), offset)
        yield end, request
        offset = end


def _read_length(file: BinaryIO) -> tuple[int, int]:
    """Read a varint: (its value, its size in bytes); (0, 0) if there is none."""
    value = 0
    for index in range(LENGTH_BYTES_MAX):
        byte = file.read(1)
        if not byte:
            return 0, 0
        value |= (byte[0] & 0x7F) << (7 * index)
        if byte[0] < 0x80:  # noqa: PLR2004 - the bit that says that more follow
            return value, index + 1
    return 0, 0

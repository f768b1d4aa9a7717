"""The digest of a request, and the file of digests that stands beside every segment.

The file serves two ends. It outlives its segment for the length of the duplicate window, so that a
request delivered again after a restart is still known. And it tells, after a power cut, whether the
tail of an open segment holds what was written (`recovery.py`).

It starts with eight random bytes. Each entry is 36 bytes, little-endian: the offset behind the
record in the segment, the time it was kept (Unix milliseconds), the digest, and a CRC-32 over the
entry that continues the CRC of the entry before it; the chain starts from the random bytes. Stale
blocks of an older file, which a file system may show after a power cut, do not continue the chain.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from collector.model import Signal

DIGEST_BYTES = 16
"""128 bits of SHA-256: two requests that are equal in them are equal, unless 2^64 were tried to
make them so.
"""

HEADER_BYTES = 8
_FIELDS = struct.Struct(f"<QQ{DIGEST_BYTES}s")
_CHECK = struct.Struct("<I")
ENTRY_BYTES = _FIELDS.size + _CHECK.size


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestEntry:
    """One kept record. `end_offset` is the offset behind it in its segment."""

    end_offset: int
    kept_ms: int
    digest: bytes


def digest_of(signal: Signal, request: bytes) -> bytes:
    """Digest a request.

    Signals do not share digests: the same bytes may be a request of two signals.

    SHA-256 is the fastest cryptographic hash where the processor has instructions for it, and
    hashlib gives up the interpreter's lock for all but the smallest requests (figures:
    docs/journal.md).
    """
    state = hashlib.sha256(signal.encode())
    state.update(request)
    return state.digest()[:DIGEST_BYTES]


class DigestEncoder:
    """The bytes of one digest file, entry by entry. `header` comes first."""

    def __init__(self) -> None:
        self.header = os.urandom(HEADER_BYTES)
        self._chain = zlib.crc32(self.header)

    def encode(self, entries: Iterable[DigestEntry]) -> bytes:
        """Encode the next entries."""
        parts = []
        for entry in entries:
            fields = _FIELDS.pack(entry.end_offset, entry.kept_ms, entry.digest)
            self._chain = zlib.crc32(fields, self._chain)
            parts.append(fields + _CHECK.pack(self._chain))
        return b"".join(parts)


def read_digests(path: Path) -> tuple[DigestEntry, ...]:
    """Read the entries up to the first torn or unchained one; none if there is no file."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ()
    chain = zlib.crc32(data[:HEADER_BYTES])
    entries = []
    for start in range(HEADER_BYTES, len(data) - ENTRY_BYTES + 1, ENTRY_BYTES):
        chain = zlib.crc32(data[start : start + _FIELDS.size], chain)
        if _CHECK.unpack_from(data, start + _FIELDS.size)[0] != chain:
            break
        end_offset, kept_ms, digest = _FIELDS.unpack_from(data, start)
        entries.append(DigestEntry(end_offset=end_offset, kept_ms=kept_ms, digest=digest))
    return tuple(entries)

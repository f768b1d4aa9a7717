"""Compressed body -> bytes, never more of them than allowed. Pure."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from collector.failures import RequestMalformed, RequestTooLarge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# zlib's window bits by content coding: 31 asks for gzip's header, 15 for zlib's, which HTTP calls
# "deflate" (RFC 9110, 8.4.1.2).
_WINDOW_BITS: Final[Mapping[str, int]] = {"gzip": 31, "x-gzip": 31, "deflate": 15}

CODINGS: Final = frozenset(_WINDOW_BITS)
"""The content codings that are understood; "identity" is none."""

_IN_STEP_BYTES: Final = 64 * 1024
_OUT_STEP_BYTES: Final = 1024 * 1024
# A gzip body may be several members in a row (RFC 1952, 2.2). No exporter sends more than one; each
# costs a copy of the rest of its step.
_MEMBERS_MAX: Final = 16


def decompress(coding: str, body: bytes, *, bytes_max: int, grow: Callable[[int], None] = lambda _: None) -> bytes:
    """Return the decompressed body. `grow` is told of the bytes of each step before more are made.

    Raises `RequestTooLarge` as soon as there are more than `bytes_max`, `RequestMalformed` for a
    body that is damaged or cut off, and whatever `grow` raises.
    """
    parts: list[bytes] = []
    size = 0
    members_count = 1
    decoder = zlib.decompressobj(_WINDOW_BITS[coding])
    for start in range(0, len(body), _IN_STEP_BYTES):
        rest = body[start : start + _IN_STEP_BYTES]
        more = True
        while more:
            if decoder.eof:
                members_count += 1
                if coding == "deflate" or members_count > _MEMBERS_MAX:
                    raise _malformed(coding, "there is more behind its end")
                decoder = zlib.decompressobj(_WINDOW_BITS[coding])
            try:
                part = decoder.decompress(rest, _OUT_STEP_BYTES)
            except zlib.error as error:
                raise _malformed(coding, str(error)) from error
            size += len(part)
            if size > bytes_max:
                raise RequestTooLarge(
                    f"The request has more than {bytes_max} bytes after {coding} decompression, "
                    "which is the limit; send smaller batches."
                )
            grow(len(part))
            parts.append(part)
            rest = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
            # A full step may have left output inside zlib, though all input is consumed.
            more = bool(rest) or (len(part) == _OUT_STEP_BYTES and not decoder.eof)
    if not decoder.eof:
        raise _malformed(coding, "it is cut off")
    return b"".join(parts)


def _malformed(coding: str, reason: str) -> RequestMalformed:
    return RequestMalformed(
        f"The request's body is not valid {coding}: {reason}; "
        "check the sender's compression and what lies between it and this service."
    )

"""Compression of answers and bodies. Pure.

`lz4` and `zstd` are frames of those formats, as clickhouse-connect speaks them by default; both packages come with it.
ClickHouse's own framing (`decompress=1`) is a run of blocks: 16 bytes of checksum (CityHash128, not checked here: the
body came over TCP and the input format checks itself), the method's byte, the size of the block with its 9 bytes of
header, the size of the plain data, the data
(https://clickhouse.com/docs/native-protocol/basics, "Compressed data").
"""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import lz4.block
import lz4.frame

from collector.failures import QueryRefused

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Iterator

Coding = Literal["", "lz4", "zstd", "gzip"]

CANNOT_DECOMPRESS: Final = 271
UNKNOWN_COMPRESSION: Final = 89

DECODED_PIECE_BYTES: Final = 4 << 20
"""What one step of decompression gives at most, whatever the input claims."""

_GZIP_WINDOW: Final = 31
_ANY_ZLIB_WINDOW: Final = 47
_GZIP_LEVEL: Final = 3  # the level that a server has by default
_ZSTD_LEVEL: Final = 1

_BLOCK_HEAD_BYTES: Final = 25
_CHECKSUM_BYTES: Final = 16
_BLOCK_BYTES_MAX: Final = 128 << 20  # a block is 1 MiB by default; the server's own limit is 1 GiB
_NONE, _LZ4, _ZSTD = 0x02, 0x82, 0x90


class Encoder(Protocol):
    """Compresses one answer, piece by piece."""

    def compress(self, data: bytes) -> bytes:
        """Give what is ready so far."""

    def flush(self) -> bytes:
        """Give the rest."""


class _Lz4Encoder:
    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor()
        self._head: bytes = self._frame.begin()

    def compress(self, data: bytes) -> bytes:
        head, self._head = self._head, b""
        return head + bytes(self._frame.compress(data))

    def flush(self) -> bytes:
        head, self._head = self._head, b""
        return head + bytes(self._frame.flush())


def encoder(coding: Coding) -> Encoder | None:
    """Make the encoder of an answer; None for a plain one."""
    match coding:
        case "lz4":
            return _Lz4Encoder()
        case "zstd":
            return zstd.ZstdCompressor(level=_ZSTD_LEVEL)
        case "gzip":
            return zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
        case _:
            return None


class Decoder(Protocol):
    """Decompresses one body, piece by piece."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give what these bytes make, in pieces of a bounded size. Raises `QueryRefused`."""

    def finish(self) -> None:
        """Check that the body was complete. Raises `QueryRefused`."""


class _Plain:
    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def finish(self) -> None:
        return


class _Stream:
    """gzip, deflate, lz4 or zstd, of one frame or of several in a row."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._open: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while data:
                if self._open is None:
                    self._open = self._start()
                if self._coding in ("gzip", "deflate"):
                    yield self._open.decompress(data, DECODED_PIECE_BYTES)
                    data = self._open.unconsumed_tail or self._open.unused_data
                else:
                    yield self._open.decompress(data, DECODED_PIECE_BYTES)
                    # Input that waits for room to be decompressed into stays in the decompressor.
                    while not self._open.eof and not self._open.needs_input:
                        yield self._open.decompress(b"", DECODED_PIECE_BYTES)
                    data = self._open.unused_data or b""
                if self._open.eof and data:
                    self._open = None
        except (zlib.error, RuntimeError, EOFError, zstd.ZstdError) as error:
            raise QueryRefused(
                f"Cannot decompress the body as {self._coding}: {error}", code=CANNOT_DECOMPRESS
            ) from error

    def finish(self) -> None:
        if self._open is not None and not self._open.eof:
            raise QueryRefused(f"The body ends inside its {self._coding} compression", code=CANNOT_DECOMPRESS)

    def _start(self) -> Any:
        if self._coding == "lz4":
            return lz4.frame.LZ4FrameDecompressor()
        if self._coding == "zstd":
            return zstd.ZstdDecompressor()
        return zlib.decompressobj(_ANY_ZLIB_WINDOW)


class _Blocks:
    """ClickHouse's own framing."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._waiting += data
        while len(self._waiting) >= _BLOCK_HEAD_BYTES:
            head = memoryview(self._waiting)[_CHECKSUM_BYTES:_BLOCK_HEAD_BYTES]
            method = head[0]
            packed = int.from_bytes(head[1:5], "little")
            plain = int.from_bytes(head[5:9], "little")
            head.release()
            header = _BLOCK_HEAD_BYTES - _CHECKSUM_BYTES
            if not header <= packed <= _BLOCK_BYTES_MAX or plain > _BLOCK_BYTES_MAX:
                raise QueryRefused(
                    f"A compressed block of {packed} bytes for {plain} is over the limit of {_BLOCK_BYTES_MAX}, "
                    "or no block at all",
                    code=CANNOT_DECOMPRESS,
                )
            end = _CHECKSUM_BYTES + packed
            if len(self._waiting) < end:
                return
            block = bytes(self._waiting[_BLOCK_HEAD_BYTES:end])
            del self._waiting[:end]
            yield self._open(method, block, plain)

    def finish(self) -> None:
        if self._waiting:
            raise QueryRefused("The body ends inside a compressed block", code=CANNOT_DECOMPRESS)

    def _open(self, method: int, block: bytes, plain: int) -> bytes:
        try:
            if method == _LZ4:
                return bytes(lz4.block.decompress(block, uncompressed_size=plain))
            if method == _ZSTD:
                return bytes(zstd.ZstdDecompressor().decompress(block, plain))
            if method == _NONE:
                return block
        except (lz4.block.LZ4BlockError, zstd.ZstdError, ValueError) as error:
            raise QueryRefused(f"Cannot decompress a block of the body: {error}", code=CANNOT_DECOMPRESS) from error
        raise QueryRefused(f"Unknown method of block compression: {method:#x}", code=UNKNOWN_COMPRESSION)


def decoder(content_encoding: str, *, blocks: bool) -> Decoder:
    """Make the decoder of a body, by its Content-Encoding, or for ClickHouse's blocks.

    Raises `QueryRefused` for a coding that is not taken.
    """
    if blocks:
        return _Blocks()
    name = content_encoding.strip().lower().removeprefix("x-")
    if name in ("", "identity"):
        return _Plain()
    if name in ("gzip", "deflate", "lz4", "zstd"):
        return _Stream(name)
    raise QueryRefused(
        f"Unknown compression of the body: {content_encoding!r}; send gzip, deflate, lz4, zstd or none",
        code=UNKNOWN_COMPRESSION,
    )

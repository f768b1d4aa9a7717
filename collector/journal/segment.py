"""One segment file: its name, and the open file that becomes it.

An open segment is `<signal>.open` with its digests in `<signal>.digests`. Sealed, they are
`<name>.segment` and `<name>.digests`. The segment's bytes are records and nothing else.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.journal.digests import HEADER_BYTES, DigestEncoder, DigestEntry
from collector.journal.record import encode_length, record_bytes
from collector.model import SIGNALS, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from collector.journal.disk import Disk

FILE_MODE = 0o600
"""Requests hold what applications send, before any scrubbing: for the owner's eyes only."""

FOLDER_MODE = 0o700

OPEN_SUFFIX = ".open"
SEALED_SUFFIX = ".segment"
DIGESTS_SUFFIX = ".digests"

_NAME = re.compile(rf"([0-9]{{13}})-([0-9a-f]{{8}})-({'|'.join(SIGNALS)})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A sealed segment.

    `sealed_ms` (Unix milliseconds, also in the name) is when its requests count as received.
    """

    name: str
    signal: Signal
    sealed_ms: int
    path: Path
    size_bytes: int

    @property
    def digests_path(self) -> Path:
        """The digests of its records; the file outlives the segment for the duplicate window."""
        return self.path.with_suffix(DIGESTS_SUFFIX)


def read_segment(path: Path) -> Segment | None:
    """Describe the sealed segment at `path`; None if the name is not one of ours."""
    match = _NAME.fullmatch(path.stem)
    if path.suffix != SEALED_SUFFIX or match is None:
        return None
    signal = next(signal for signal in SIGNALS if signal == match[3])
    return Segment(
        name=path.stem,
        signal=signal,
        sealed_ms=int(match[1]),
        path=path,
        size_bytes=path.stat().st_size,
    )


class SegmentNames:
    """Names for segments: "{sealed_ms:013d}-{nonce}-{signal}".

    Not thread-safe: the writer's thread alone asks.

    Sorted by name is sorted by the order of sealing: the time in a name is greater than in any name
    before, also when the clock jumps back or several segments are sealed in one millisecond. The
    nonce belongs to one opening of the journal, so that no name is used twice even if the folder
    was emptied and the clock set back, or if two collectors write into one ClickHouse, which takes
    the name as its deduplication token.
    """

    def __init__(self) -> None:
        self._nonce = secrets.token_hex(4)
        self._last_ms = 0

    def observe(self, sealed_ms: int) -> None:
        """Make sure that later names sort behind a segment of this time."""
        self._last_ms = max(self._last_ms, sealed_ms)

    def next(self, signal: Signal, now_ms: int) -> str:
        """Return a name that sorts behind all names before it."""
        self._last_ms = max(self._last_ms + 1, now_ms)
        return f"{self._last_ms:013d}-{self._nonce}-{signal}"


class OpenSegment:
    """A segment that still grows.

    Confined to the writer's thread; methods raise OSError as the disk does.

    After a failed write or fsync the kernel may have dropped the pages and forgotten the error, so
    a second fsync proves nothing. The segment is then `retired`: it takes no more records, and
    `seal` first cuts off everything behind the last record whose fsync succeeded.
    """

    def __init__(self, folder: Path, signal: Signal, *, disk: Disk, begun_at: float) -> None:
        self.signal = signal
        self.begun_at = begun_at
        self.size_bytes = 0
        self.retired = False
        self._folder = folder
        self._disk = disk
        self._encoder = DigestEncoder()
        self._digests_size_bytes = HEADER_BYTES
        self._cut_needed = False
        self._path = folder / (signal + OPEN_SUFFIX)
        self._digests_path = folder / (signal + DIGESTS_SUFFIX)
        self._fd = _open_for_append(self._path)
        try:
            self._digests_fd = _open_for_append(self._digests_path, truncate=True)
        except BaseException:
            # The empty file stays behind; the next attempt takes it over.
            os.close(self._fd)
            raise
        try:
            disk.write(self._digests_fd, (self._encoder.header,))
            # Acknowledged records need a name that is on disk, not only bytes.
            disk.sync_folder(folder)
        except BaseException:
            self.close()
            raise

    def append(self, requests: Sequence[bytes], digests: Sequence[bytes], *, kept_ms: int) -> None:
        """Write the records and return when they are on disk; on failure none of them is kept.

        The digests are written along, but not synced: `finish` does that, and recovery does without
        them.
        """
        buffers: list[bytes] = []
        entries = []
        end_offset = self.size_bytes
        for request, digest in zip(requests, digests, strict=True):
            buffers += (encode_length(len(request)), request)
            end_offset += record_bytes(len(request))
            entries.append(DigestEntry(end_offset=end_offset, kept_ms=kept_ms, digest=digest))
        encoded = self._encoder.encode(entries)
        try:
            self._disk.write(self._digests_fd, (encoded,))
            self._disk.write(self._fd, buffers)
            self._disk.sync(self._fd)
        except BaseException:
            self.retired = self._cut_needed = True
            raise
        self.size_bytes = end_offset
        self._digests_size_bytes += len(encoded)

    def seal(self, name: str) -> Segment | None:
        """Give the file its final name; None if it holds no record (it is deleted then).

        May be called again, with another name, after a failure: nobody saw the name that did not
        become durable.
        """
        self.retired = True
        if self._cut_needed:
            self._disk.cut(self._fd, self.size_bytes)
            self._disk.cut(self._digests_fd, self._digests_size_bytes)
            self._cut_needed = False
        if self.size_bytes == 0:
            self._path.unlink(missing_ok=True)
            self._digests_path.unlink(missing_ok=True)
            self._disk.sync_folder(self._folder)
            self.close()
            return None
        self._path = self._rename(self._path, name + SEALED_SUFFIX)
        self._digests_path = self._rename(self._digests_path, name + DIGESTS_SUFFIX)
        self._disk.sync_folder(self._folder)
        self.close()
        segment = read_segment(self._path)
        if segment is None:
            raise ValueError(f"{name} is not a segment's name")
        return segment

    def close(self) -> None:
        """Close the files; what is in them stays."""
        os.close(self._fd)
        os.close(self._digests_fd)

    def _rename(self, path: Path, file_name: str) -> Path:
        renamed = self._folder / file_name
        self._disk.rename(path, renamed)
        return renamed


def _open_for_append(path: Path, *, truncate: bool = False) -> int:
    """Open a new file, or an empty one of a failed attempt; never one that holds something."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    fd = os.open(path, flags | (os.O_TRUNC if truncate else 0), FILE_MODE)
    if os.fstat(fd).st_size:
        os.close(fd)
        raise FileExistsError(errno.EEXIST, "a segment that was not expected holds records", str(path))
    return fd

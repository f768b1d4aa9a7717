"""The system calls on which the promises hang, in one place, so that a test can make one fail."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BUFFERS_PER_CALL_MAX = os.sysconf("SC_IOV_MAX")
"""How many buffers one `writev` takes (1024 on Linux)."""


class Disk:
    """The machine's own disk. Every method raises OSError."""

    def write(self, fd: int, buffers: Sequence[bytes]) -> None:
        """Write all buffers, one behind the other, without joining them in memory first."""
        rest: list[bytes | memoryview] = [buffer for buffer in buffers if buffer]
        first = 0
        while first < len(rest):
            written = os.writev(fd, rest[first : first + BUFFERS_PER_CALL_MAX])
            if written == 0:
                raise OSError(errno.EIO, "the disk took no byte of a write")
            while first < len(rest) and written >= len(rest[first]):
                written -= len(rest[first])
                first += 1
            if written:
                rest[first] = memoryview(rest[first])[written:]

    def sync(self, fd: int) -> None:
        """Return when the file's bytes and its size are on disk."""
        os.fdatasync(fd)

    def cut(self, fd: int, size_bytes: int) -> None:
        """Cut the file to `size_bytes` and return when that is on disk."""
        os.ftruncate(fd, size_bytes)
        os.fsync(fd)

    def rename(self, old: Path, new: Path) -> None:
        """Rename a file; durable after `sync_folder`."""
        old.rename(new)

    def sync_folder(self, folder: Path) -> None:
        """Return when the folder's names (files made, renamed, deleted) are on disk."""
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def free_bytes(self, folder: Path) -> int:
        """Return how many bytes we may still write on the folder's file system."""
        status = os.statvfs(folder)
        return status.f_bavail * status.f_frsize

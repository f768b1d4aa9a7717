"""Dead letters: what could not be stored, with the reason, to be looked at and sent again.

One file a letter, written once. Its first line is a JSON object (signal, kind, segment, reason),
the rest of it the bytes as they were received. `head -1 FILE` tells the reason, `tail -n +2 FILE`
gives the bytes.

Nothing bounds their number but the disk, since each holds something that was acknowledged; each is
counted, and the journal refuses requests before the disk is full.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from collector.journal.disk import Disk
from collector.journal.segment import FILE_MODE, FOLDER_MODE

if TYPE_CHECKING:
    from pathlib import Path

    from collector.model import Signal

Kind = Literal["request", "item"]
"""A whole request, or one span, log record or metric of it."""

REASON_CHARACTERS_MAX = 2000
"""ClickHouse's messages can quote the data; the beginning says what is wrong."""

SUFFIX = ".letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One letter, without its bytes (`read` gives them).

    `put_ms` is when it was written, Unix milliseconds.
    """

    path: Path
    signal: Signal
    kind: Kind
    segment: str
    reason: str
    size_bytes: int
    put_ms: int

    def read(self) -> bytes:
        """Return the bytes as they were received; raises OSError."""
        with self.path.open("rb") as file:
            file.readline()
            return file.read()


class DeadLetters:
    """The folder of dead letters. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._disk = Disk()
        self._lock = threading.Lock()

    def put(self, signal: Signal, data: bytes, *, reason: str, segment: str, kind: Kind) -> Path:
        """Keep `data`, and return when it is on disk. Raises OSError.

        The same bytes of the same segment are the same letter: a replay changes nothing, the first
        reason stays.
        """
        path = self._folder / f"{segment}-{hashlib.sha256(data).hexdigest()[:32]}{SUFFIX}"
        with self._lock:
            if path.exists():
                return path
            self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            header = {
                "signal": signal,
                "kind": kind,
                "segment": segment,
                "reason": reason[:REASON_CHARACTERS_MAX],
            }
            # Under another name until it is whole; a leftover of a crash is overwritten by the
            # replay.
            partial = path.with_suffix(".partial")
            fd = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, FILE_MODE)
            try:
                self._disk.write(fd, (json.dumps(header).encode(), b"\n", data))
                self._disk.sync(fd)
            finally:
                os.close(fd)
            self._disk.rename(partial, path)
            self._disk.sync_folder(self._folder)
        return path

    def list(self) -> tuple[DeadLetter, ...]:
        """Describe all letters, those of the oldest segment first. Reads one line of each file."""
        return tuple(_describe(path) for path in sorted(self._folder.glob(f"*{SUFFIX}")))


def _describe(path: Path) -> DeadLetter:
    with path.open("rb") as file:
        first_line = file.readline()
        status = os.fstat(file.fileno())
    header = json.loads(first_line)
    return DeadLetter(
        path=path,
        signal=header["signal"],
        kind=header["kind"],
        segment=header["segment"],
        reason=header["reason"],
        size_bytes=status.st_size - len(first_line),
        put_ms=status.st_mtime_ns // 1_000_000,
    )

"""What a crash leaves behind, put in order before the first request is taken.

After kill -9 the files hold everything that was written, so an open segment is whole up to the
record that was being written: it is cut behind the last whole record and sealed. Records that were
whole but not acknowledged yet stay; their digests are known, so the client's second attempt does
not double them.

After a power cut more can happen behind the last fsync: the file may be longer than the bytes that
reached the disk, and the rest of it zeros or stale blocks. Acknowledged records are not touched by
this, for they come first and each says where it ends. But garbage must not be stored as if a client
had sent it, least of all half a record whose client will send it again. So the tail of an open
segment is judged record by record:
- no whole record, or one of length zero (receivers do not keep empty requests; zeros read as such):
  cut there;
- its entry in the digest file says otherwise (other end, other digest): it is not what was written.
  Such records are cut if they stand at the end of the file. One with a good record behind it is
  left to the engine to judge, since what follows may be acknowledged;
- no entry: kept. Digests are not synced along, so an acknowledged record may lack its entry.

Rejected: syncing the digest file in every commit, which would make the last rule exact and every
commit pay for a second flush; a checksum inside the segment, which would no longer be the bytes
that ClickHouse reads.

A sealed segment was synced before it got its name, so its tail is not judged. Whether it was
drained already is not asked: a replay is the same insert under the same token and adds nothing.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.journal.digests import DigestEncoder, DigestEntry, digest_of, read_digests
from collector.journal.record import RecordTorn, scan_records
from collector.journal.segment import (
    DIGESTS_SUFFIX,
    FILE_MODE,
    OPEN_SUFFIX,
    SEALED_SUFFIX,
    Segment,
    SegmentNames,
    read_segment,
)
from collector.model import SIGNALS, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from collector.journal.disk import Disk

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What the folder holds.

    `segments`: sealed and not finished, in order. `recent`: the requests kept within the duplicate
    window, oldest first. `drained_digests`: digest files whose segment is gone, to be deleted when
    the window has passed.
    """

    segments: tuple[Segment, ...]
    recent: tuple[DigestEntry, ...]
    drained_digests: tuple[Path, ...]


def recover(folder: Path, *, names: SegmentNames, now_ms: int, window_ms: int, disk: Disk) -> Recovered:
    """Seal what was open, find what is sealed, and read the digests of the last `window_ms`.

    Raises OSError.
    """
    found = _sealed_segments(folder)
    for segment in found:
        names.observe(segment.sealed_ms)
    for signal in SIGNALS:
        _seal_leftover(folder, signal, names=names, now_ms=now_ms, disk=disk)
    segments = _sealed_segments(folder)
    recent: list[DigestEntry] = []
    for segment in segments:
        # Either time may have been moved by a clock that was set. Segments of a long outage have
        # both behind them, and their records need not be known.
        times_ms = (segment.sealed_ms, _changed_ms(segment.path))
        if any(_within(time_ms, now_ms, window_ms) for time_ms in times_ms):
            recent += _digests_of(segment)
    drained_digests = []
    for path in sorted(folder.glob(f"*{DIGESTS_SUFFIX}")):
        if path.with_suffix(SEALED_SUFFIX).exists():
            continue
        entries = read_digests(path)
        if entries and _within(entries[-1].kept_ms, now_ms, window_ms):
            recent += entries
            drained_digests.append(path)
        else:
            path.unlink()
    disk.sync_folder(folder)
    recent.sort(key=lambda entry: entry.kept_ms)
    return Recovered(
        segments=segments,
        recent=tuple(entry for entry in recent if _within(entry.kept_ms, now_ms, window_ms)),
        drained_digests=tuple(drained_digests),
    )


def _within(kept_ms: int, now_ms: int, window_ms: int) -> bool:
    """Whether a time is in the window.

    A time ahead of now (somebody set the clock back) counts by its distance.
    """
    return abs(now_ms - kept_ms) <= window_ms


def _changed_ms(path: Path) -> int:
    """When the file was last written: about when a record was kept whose digest entry is lost."""
    return path.stat().st_mtime_ns // 1_000_000


def _sealed_segments(folder: Path) -> tuple[Segment, ...]:
    found = (read_segment(path) for path in sorted(folder.glob(f"*{SEALED_SUFFIX}")))
    return tuple(segment for segment in found if segment is not None)


def _seal_leftover(folder: Path, signal: Signal, *, names: SegmentNames, now_ms: int, disk: Disk) -> None:
    """Cut the open segment of `signal` at its last good record, and seal it."""
    path = folder / (signal + OPEN_SUFFIX)
    stale_digests = folder / (signal + DIGESTS_SUFFIX)
    entries = _good_records(path, signal, read_digests(stale_digests)) if path.exists() else ()
    if entries:
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        try:
            # Also without a torn tail: what is handed out must be what a replay would read.
            disk.cut(fd, entries[-1].end_offset)
        finally:
            os.close(fd)
        name = names.next(signal, now_ms)
        _write_digests(folder / (name + DIGESTS_SUFFIX), entries)
        disk.rename(path, folder / (name + SEALED_SUFFIX))
    else:
        path.unlink(missing_ok=True)
    stale_digests.unlink(missing_ok=True)
    disk.sync_folder(folder)


def _good_records(path: Path, signal: Signal, written: Sequence[DigestEntry]) -> tuple[DigestEntry, ...]:
    """Describe the records of an open segment up to the last good one (the rules are above)."""
    changed_ms = _changed_ms(path)
    entries: list[DigestEntry] = []
    good = 0
    with path.open("rb") as file:
        try:
            for end_offset, request in scan_records(file):
                if not request:
                    break
                digest = digest_of(signal, request)
                known = written[len(entries)] if len(entries) < len(written) else None
                intact = known is None or (known.end_offset, known.digest) == (end_offset, digest)
                kept_ms = known.kept_ms if known and intact else changed_ms
                entries.append(DigestEntry(end_offset=end_offset, kept_ms=kept_ms, digest=digest))
                if intact:
                    good = len(entries)
        except RecordTorn as torn:
            logger.warning("%s; the rest was never acknowledged and is cut off", torn)
    return tuple(entries[:good])


def _digests_of(segment: Segment) -> tuple[DigestEntry, ...]:
    """Return the digests of a sealed segment: those in their file, the rest from its records."""
    entries = list(read_digests(segment.digests_path))
    known_bytes = entries[-1].end_offset if entries else 0
    if known_bytes == segment.size_bytes:
        return tuple(entries)
    if known_bytes > segment.size_bytes:
        entries, known_bytes = [], 0
    with segment.path.open("rb") as file:
        try:
            for end_offset, request in scan_records(file, known_bytes):
                entries.append(
                    DigestEntry(
                        end_offset=end_offset,
                        kept_ms=_changed_ms(segment.path),
                        digest=digest_of(segment.signal, request),
                    )
                )
        except RecordTorn as torn:
            logger.warning("%s; the drain will say what becomes of the rest", torn)
    _write_digests(segment.digests_path, entries)
    return tuple(entries)


def _write_digests(path: Path, entries: Sequence[DigestEntry]) -> None:
    """Write a digest file anew.

    It is an aid: a disk too full for it must not keep the journal from opening.
    """
    encoder = DigestEncoder()
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, FILE_MODE)
        with open(fd, "wb") as file:  # noqa: PTH123 - a descriptor, for the mode
            file.write(encoder.header + encoder.encode(entries))
    except OSError as failure:
        logger.warning(
            "%s can't be written (%s); after another restart, requests of its segment that are "
            "delivered again may be stored twice",
            path,
            failure.strerror,
        )
        path.unlink(missing_ok=True)

"""The rows of a segment's errors as files that the engine reads. Needs no engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

WRITE_BUFFER_BYTES = 1 << 20
"""A row with its stack takes some kilobytes: with Python's own 8 KiB each would be a system call."""


class RowFiles(NamedTuple):
    """The files of one segment; one without rows is not there."""

    segment: str
    sightings: Path
    events: Path

    @classmethod
    def of(cls, folder: Path, segment: str) -> RowFiles:
        """Name them."""
        return cls(segment, folder / f"{segment}.sightings.rows", folder / f"{segment}.events.rows")

    def write(self, *, events: Iterable[bytes], sightings: Iterable[bytes]) -> None:
        """Write encoded rows, over what is there.

        Raises:
            OSError: the disk.
        """
        for path, rows in ((self.sightings, sightings), (self.events, events)):
            with path.open("wb", buffering=WRITE_BUFFER_BYTES) as file:
                file.writelines(rows)
            if not path.stat().st_size:
                path.unlink()

    def delete(self) -> None:
        """Delete the files."""
        self.sightings.unlink(missing_ok=True)
        self.events.unlink(missing_ok=True)

"""What the collector asks of the process that reads errors beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from collector.drain.error_lane import ErrorBatch
    from collector.model import Signal
    from collector.rules.rule import Rules


class Read(NamedTuple):
    """Read a segment by these rules; answered with `Told`, or None: the collector has to do it."""

    name: str
    signal: Signal
    sealed_ms: int
    path: Path
    rules: Rules | None


class Write(NamedTuple):
    """Write the rows that were decided on, of the segment that was read last; answered with True, or False."""

    folder: Path
    name: str
    batch: ErrorBatch

"""The drain goes on: after a lane's outage, after a disk's fault, in order; a segment is finished once both lanes are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from collector.clock import SystemClock
from collector.drain.loop import Drain
from collector.failures import StoreUnavailable
from collector.journal.disk import Disk
from collector.journal.journal import Journal
from collector.self_metrics import SelfMetrics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from collector.journal.segment import Segment

SECONDS_MAX = 20.0


class FailingDisk(Disk):
    """The machine's disk; the folder's next sync fails when it is told to."""

    failures = 0

    def sync_folder(self, folder: Path) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError(5, "Input/output error")
        super().sync_folder(folder)


class RecordingLane:
    """Remembers what it stored; fails as often as it is told to."""

    def __init__(self, *, outages: int = 0) -> None:
        self.stored: list[str] = []
        self.outages = outages

    def store_segment(self, segment: Segment, following: Segment | None = None) -> None:  # noqa: ARG002  a Lane
        if self.outages:
            self.outages -= 1
            raise StoreUnavailable("ClickHouse is away")
        self.stored.append(segment.name)


@pytest.fixture
def disk() -> FailingDisk:
    return FailingDisk()


@pytest.fixture
def journal(tmp_path: Path, disk: FailingDisk) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal", clock=SystemClock(), metrics=SelfMetrics(), disk=disk)
    opened.open()
    yield opened
    opened.close()


def drained(journal: Journal) -> bool:
    deadline = time.monotonic() + SECONDS_MAX
    while not journal.is_drained() and time.monotonic() < deadline:
        time.sleep(0.02)
    return journal.is_drained()


def seal(journal: Journal, count: int) -> list[str]:
    for number in range(count):
        journal.append("traces", b"request %d" % number)
        journal.seal_now()
    return [segment.name for segment in journal.pending()]


def test_segments_go_through_both_lanes_in_their_order(journal: Journal) -> None:
    names = seal(journal, 7)
    lanes = {"telemetry": RecordingLane(outages=1), "errors": RecordingLane()}
    drain = Drain(
        journal,
        lanes={name: (lambda lane=lane: lane, ("traces",)) for name, lane in lanes.items()},
        metrics=SelfMetrics(),
    )
    drain.start()

    assert drained(journal)
    drain.stop(timeout_seconds=5)
    assert lanes["telemetry"].stored == lanes["errors"].stored == names
    assert drain.trouble() == {}


def test_a_fault_of_the_disk_at_the_end_of_a_segment_passes(journal: Journal, disk: FailingDisk) -> None:
    """Only the end is repeated: the lane stores the segment once."""
    (name,) = seal(journal, 1)
    lane = RecordingLane()
    disk.failures = 1
    drain = Drain(journal, lanes={"telemetry": (lambda: lane, ("traces",))}, metrics=SelfMetrics())
    drain.start()

    assert drained(journal)
    journal.append("traces", b"a later request")
    journal.seal_now()
    assert drained(journal)
    drain.stop(timeout_seconds=5)
    assert len(lane.stored) == 2
    assert lane.stored[0] == name

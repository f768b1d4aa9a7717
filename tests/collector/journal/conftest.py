"""A journal on a real disk, a clock to turn by hand, and a disk that can be told to fail or to wait."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from collector.clock import SystemClock
from collector.journal import Journal, iter_records
from collector.journal.disk import Disk
from collector.self_metrics import SelfMetrics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from collector.journal import Segment


class TurnedClock(SystemClock):
    """The system's clock, plus what the test adds to it."""

    def __init__(self) -> None:
        self.jumped_seconds = 0.0
        self.passed_seconds = 0.0

    def now_ns(self) -> int:
        return super().now_ns() + int((self.jumped_seconds + self.passed_seconds) * 1e9)

    def monotonic(self) -> float:
        return super().monotonic() + self.passed_seconds


class ScriptedDisk(Disk):
    """The real disk, but `before[operation]` is called first and may raise or wait."""

    def __init__(self) -> None:
        self.before: dict[str, Callable[[], None]] = {}

    def _call(self, operation: str) -> None:
        self.before.get(operation, lambda: None)()

    def write(self, fd, buffers) -> None:
        self._call("write")
        super().write(fd, buffers)

    def sync(self, fd) -> None:
        self._call("sync")
        super().sync(fd)

    def cut(self, fd, size_bytes) -> None:
        self._call("cut")
        super().cut(fd, size_bytes)

    def rename(self, old, new) -> None:
        self._call("rename")
        super().rename(old, new)

    def sync_folder(self, folder) -> None:
        self._call("sync_folder")
        super().sync_folder(folder)

    def fail(self, operation: str, *, error: BaseException, times: int = 10**9) -> None:
        """Let the next `times` calls of `operation` raise `error`."""
        left = [times]

        def raise_error() -> None:
            if left[0] > 0:
                left[0] -= 1
                raise error

        self.before[operation] = raise_error

    def hold(
        self, operation: str, *, then_raise: BaseException | None = None
    ) -> tuple[threading.Event, threading.Event]:
        """Let calls of `operation` wait: (set when one has arrived, to be set to let them go)."""
        arrived, go = threading.Event(), threading.Event()

        def wait() -> None:
            arrived.set()
            assert go.wait(30)
            if then_raise is not None:
                raise then_raise

        self.before[operation] = wait
        return arrived, go


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def metrics() -> SelfMetrics:
    return SelfMetrics()


@pytest.fixture
def disk() -> ScriptedDisk:
    return ScriptedDisk()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def open_journal(folder, clock, metrics, disk) -> Iterator[Callable[..., Journal]]:
    """Open a journal in `folder` with the given settings; it never seals by age unless told to."""
    opened = []

    def build(**settings) -> Journal:
        settings = {
            "segment_age_seconds": 3600.0,
            "disk_free_bytes_min": 0,
            "metrics": metrics,
        } | settings
        journal = Journal(folder, clock=clock, disk=disk, **settings)
        journal.open()
        opened.append(journal)
        return journal

    yield build
    disk.before.clear()
    for journal in opened:
        journal.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=16) as executor:
        yield executor


@pytest.fixture
def drain() -> Callable[[Journal], list[tuple[Segment, list[bytes]]]]:
    """Take every sealed segment that is there now, with its requests."""

    def take(journal: Journal) -> list[tuple[Segment, list[bytes]]]:
        taken = []
        while (segment := journal.next_sealed(timeout_seconds=0)) is not None:
            taken.append((segment, list(iter_records(segment.path))))
        return taken

    return take


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait until a condition holds; fail after ten seconds."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, "it did not happen within ten seconds"
            time.sleep(0.005)

    return wait


@pytest.fixture
def value_of(metrics) -> Callable[..., float]:
    """Read a self metric by its full name and labels."""

    def read(name: str, **labels: str) -> float:
        return metrics.registry.get_sample_value(f"otel_errors_{name}", labels) or 0.0

    return read

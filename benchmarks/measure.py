"""What the benchmarks share: a server under load, its CPU and memory, and tables."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests.e2e.running import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SETTLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run: seconds from the first request to the end (queues drained), the server's CPU seconds, its peak memory."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


@contextmanager
def plain_server() -> Iterator[tuple[str, int]]:
    """The yardstick, as (address, pid)."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.plain_server"], stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdout is None:
            raise AssertionError
        yield f"127.0.0.1:{int(process.stdout.readline())}", process.pid
        process.terminate()


@contextmanager
def collector(*arguments: str) -> Iterator[Collector]:
    """A collector with a fresh data folder."""
    with tempfile.TemporaryDirectory(prefix="oe-") as folder:
        running = Collector(Path(folder) / "d", arguments).start()
        try:
            yield running
        finally:
            running.stop()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, and of those that it started."""
    times = psutil.Process(pid).cpu_times()
    seconds = times.user + times.system + times.children_user + times.children_system
    for child in psutil.Process(pid).children():
        with suppress(psutil.NoSuchProcess):
            seconds += sum(child.cpu_times()[:2])
    return seconds


def resident_bytes(pid: int) -> int:
    """Memory of a process, and of those that it started."""
    process = psutil.Process(pid)
    resident = int(process.memory_info().rss)
    for child in process.children():
        with suppress(psutil.NoSuchProcess):
            resident += int(child.memory_info().rss)
    return resident


def under_load(
    pid: int,
    address: str,
    signal: str,
    templates: Sequence[bytes],
    count: int,
    *,
    first: int = 1,
    finish: Callable[[], None] | None = None,
) -> Run:
    """Send `count` requests and wait until `finish` returns; what the server used for that."""
    with tempfile.NamedTemporaryFile() as file:
        for template in templates:
            file.write(len(template).to_bytes(8, "big") + template)
        file.flush()
        before, begun, peak = cpu_seconds(pid), time.monotonic(), 0
        command = [sys.executable, "-m", "benchmarks.load", address, signal, file.name, str(count), str(first)]
        with subprocess.Popen(command) as load:
            while load.poll() is None:
                peak = max(peak, resident_bytes(pid))
                time.sleep(0.05)
        if load.returncode:
            raise SystemExit("the load could not be sent")
        if finish:
            finish()
        seconds = time.monotonic() - begun
        # Merges go on behind the inserts: what they used until now is counted, the rest is in the second figure of storage.
        return Run(seconds=seconds, cpu_seconds=cpu_seconds(pid) - before, peak_mb=peak / 2**20)


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table in Markdown."""
    print(f"\n### {title}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print(flush=True)


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Median, and the range in brackets."""
    return f"{statistics.median(values):.{digits}f} [{min(values):.{digits}f}..{max(values):.{digits}f}]"

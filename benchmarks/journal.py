"""What one `append` costs: appends a second and microseconds each, by threads and request size.

    python benchmarks/journal.py [--folder DIR] [--seconds 2]

Beside it, in the same run, what the parts alone cost: the digest, and a bare write and fdatasync of
the same bytes by one thread. `rest` is what remains of one thread's append when both are taken
away: hand-off, locks, bookkeeping. On /dev/shm, where a sync costs nothing, it is nearly all there
is. Latencies are medians. Segments are finished as they come, as the drain would do.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from collector.clock import SystemClock
from collector.journal import Journal
from collector.journal.digests import digest_of
from collector.self_metrics import SelfMetrics

if TYPE_CHECKING:
    from collections.abc import Callable

REQUEST_BYTES = (2_000, 240_000)
"""One batch of a chatty small client, and one of 512 spans with ten attributes each."""

THREADS = (1, 4, 16)


def measure_append(folder: Path, request_bytes: int, threads: int, seconds: float) -> dict[str, float]:
    metrics = SelfMetrics()
    journal = Journal(folder, clock=SystemClock(), metrics=metrics)
    journal.open()
    times: list[list[float]] = [[] for _ in range(threads)]
    deadline = time.perf_counter() + seconds
    body = os.urandom(request_bytes - 16)

    def send(index: int) -> None:
        while (before := time.perf_counter()) < deadline:
            journal.append("traces", b"%08d%08d" % (index, len(times[index])) + body)
            times[index].append(time.perf_counter() - before)

    def drain() -> None:
        while (segment := journal.next_sealed(timeout_seconds=60)) is not None:
            journal.finish(segment)

    drainer = threading.Thread(target=drain)
    drainer.start()
    cpu_started, started = time.process_time(), time.perf_counter()
    senders = [threading.Thread(target=send, args=(index,)) for index in range(threads)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    elapsed, cpu = time.perf_counter() - started, time.process_time() - cpu_started
    syncs = metrics.registry.get_sample_value("otel_errors_journal_syncs_total") or 1.0
    journal.close()
    drainer.join()
    appends = sum(map(len, times))
    return {
        "appends_per_second": appends / elapsed,
        "latency_us": statistics.median(itertools.chain.from_iterable(times)) * 1e6,
        "cpu_us": cpu / appends * 1e6,
        "requests_per_sync": appends / syncs,
    }


def measure_parts(folder: Path, request_bytes: int) -> tuple[float, float]:
    """Return median microseconds of one digest, and of one bare write and fdatasync."""
    request = os.urandom(request_bytes)
    path = folder / "bare"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write_and_sync() -> None:
        os.write(fd, request)
        os.fdatasync(fd)

    parts = median_us(lambda: digest_of("traces", request)), median_us(write_and_sync)
    os.close(fd)
    path.unlink()
    return parts


def median_us(action: Callable[[], object], rounds: int = 300) -> float:
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


HEADER = ("bytes", "threads", "appends/s", "MB/s", "latency us", "CPU us", "req/sync")
PARTS_HEADER = ("digest us", "write+sync us", "rest us")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="on the disk to measure (default: temporary)")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each row")
    options = parser.parse_args()
    print(" ".join(f"{title:>13}" for title in HEADER + PARTS_HEADER))
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        for request_bytes in REQUEST_BYTES:
            digest_us, bare_us = measure_parts(Path(name), request_bytes)
            for threads in THREADS:
                folder = Path(name, f"{request_bytes}-{threads}")
                row = measure_append(folder, request_bytes, threads, options.seconds)
                rest_us = row["latency_us"] - digest_us - bare_us
                columns = (
                    f"{request_bytes}",
                    f"{threads}",
                    f"{row['appends_per_second']:.0f}",
                    f"{row['appends_per_second'] * request_bytes / 1e6:.0f}",
                    f"{row['latency_us']:.0f}",
                    f"{row['cpu_us']:.1f}",
                    f"{row['requests_per_sync']:.1f}",
                    f"{digest_us:.1f}",
                    f"{bare_us:.0f}",
                    f"{rest_us:.0f}" if threads == 1 else "",
                )
                print(" ".join(f"{column:>13}" for column in columns))


if __name__ == "__main__":
    main()

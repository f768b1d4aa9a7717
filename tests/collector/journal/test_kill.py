"""kill -9 at any moment: every acknowledged request is in the journal, or was drained from it, exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from collector.clock import SystemClock
from collector.journal import Journal, iter_records
from collector.self_metrics import SelfMetrics

ROUNDS = 8
REPOSITORY = Path(__file__).parents[3]


def run_until_killed(folder: Path, round_name: str, seconds: float) -> list[str]:
    """Let the appender work in `folder` and kill it: the whole lines that it printed."""
    process = subprocess.Popen(
        [sys.executable, Path(__file__).parent / "appender.py", folder, round_name],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )
    assert process.stdout is not None
    first = process.stdout.readline()  # it has started
    os.set_blocking(process.stdout.fileno(), False)
    output = first
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        output += process.stdout.read() or b""
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    os.set_blocking(process.stdout.fileno(), True)
    output += process.stdout.read()
    assert process.wait(10) == -signal.SIGKILL
    whole = output[: output.rindex(b"\n")]  # the last line may be torn
    return whole.decode().splitlines()


def test_every_acknowledged_request_is_there_exactly_once(tmp_path):
    """Eight kills in a row on one journal, with duplicates sent and segments drained in between."""
    folder = tmp_path / "journal"
    acknowledged: set[str] = set()
    drained_in: dict[str, set[str]] = defaultdict(set)
    for number in range(ROUNDS):
        for line in run_until_killed(folder, str(number), 0.15 + 0.037 * number):
            word, *rest = line.split(" ")
            if word == "acknowledged":
                acknowledged.add(rest[0])
            else:
                drained_in[rest[1]].add(rest[0])

    journal = Journal(folder, clock=SystemClock(), metrics=SelfMetrics(), disk_free_bytes_min=0)
    journal.open()
    waiting = journal.pending()
    for segment in waiting:
        names = [request.split(b" ")[0].decode() for request in iter_records(segment.path)]
        assert len(names) == len(set(names))
        for name in names:
            # A segment that was drained but not deleted is replayed under its own name: the same place.
            drained_in[name].add(segment.name)
    journal.close()

    assert len(acknowledged) > 100
    assert len(waiting) > 1
    assert [name for name in acknowledged if len(drained_in[name]) != 1] == []
    assert [name for name, places in drained_in.items() if len(places) > 1] == []

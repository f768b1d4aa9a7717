"""Appends from eight threads and prints each acknowledged request, until it is killed. Run by test_kill.py.

    appender.py FOLDER ROUND

Every tenth request is sent twice, as by a client that did not hear the first answer; a drain finishes segments.
Prints "acknowledged ID" only after `append` has returned, and "drained ID" only before `finish` is called.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from collector.clock import SystemClock
from collector.journal import Journal, iter_records
from collector.self_metrics import SelfMetrics

THREADS = 8


def say(text: str) -> None:
    os.write(sys.stdout.fileno(), f"{text}\n".encode())


def main(folder: Path, round_name: str) -> None:
    journal = Journal(
        folder,
        clock=SystemClock(),
        metrics=SelfMetrics(),
        segment_bytes_max=100_000,
        segment_age_seconds=0.02,
        disk_free_bytes_min=0,
    )
    journal.open()

    def send(worker: int) -> None:
        for number in range(1_000_000):
            name = f"{round_name}-{worker}-{number}"
            request = name.encode() + b" " + b"x" * (number * 37 % 3000)
            assert journal.append("logs" if number % 3 else "traces", request)
            if number % 10 == 0:
                assert not journal.append("logs" if number % 3 else "traces", request)
            say(f"acknowledged {name}")

    for worker in range(THREADS):
        threading.Thread(target=send, args=(worker,), daemon=True).start()
    while True:
        segment = journal.next_sealed(timeout_seconds=60)
        assert segment is not None
        if segment.sealed_ms % 3 == 0:  # the others wait for the next opening
            names = [request.split(b" ")[0].decode() for request in iter_records(segment.path)]
            for name in names:  # one short write each: a pipe takes it whole or not at all
                say(f"drained {segment.name} {name}")
            journal.finish(segment)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

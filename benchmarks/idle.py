"""An idle collector: how soon it is ready, and how much memory it holds."""

from __future__ import annotations

import time

import psutil

from benchmarks.measure import collector, spread, table

ROUNDS = 3
IDLE_SECONDS = 5


def main() -> None:
    """Start with an empty folder, wait, look."""
    ready, resident = [], []
    for _ in range(ROUNDS):
        begun = time.monotonic()
        with collector() as running:
            ready.append(time.monotonic() - begun)
            time.sleep(IDLE_SECONDS)
            resident.append(psutil.Process(running.status["pid"]).memory_info().rss / 2**20)
    table(
        "Idle collector, embedded, new data folder",
        ("what", "value", "budget"),
        (
            ("seconds until every port answers", spread(ready, 2), "<= 5"),
            ("resident MB after 5 s", spread(resident, 0), "<= 350"),
        ),
    )


if __name__ == "__main__":
    main()

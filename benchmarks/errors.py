"""Errors per second, grouped and queryable: stacks that repeat (a storm), and stacks that all differ."""

from __future__ import annotations

from benchmarks.measure import collector, spread, table, under_load
from benchmarks.payloads import ERRORS_A_REQUEST, error_logs

ROUNDS = 3
CASES = (
    ("repeated: one stack, every message differs", False, 300, "20,000"),
    ("distinct: every stack differs", True, 100, "4,000"),
)


def main() -> None:
    """Each case in a collector of its own; counted after the queue has drained."""
    rows = []
    for title, distinct, requests, budget in CASES:
        rates, cpu, peaks = [], [], []
        with collector() as running:
            pid = running.status["pid"]
            # As many templates as requests where stacks must differ; a few where they repeat.
            warm = [error_logs(first_variant=10_000_000, distinct=distinct)]
            under_load(pid, running.status["grpc"], "logs", warm, 2, first=9_000_000, finish=running.flush)
            for number in range(ROUNDS):
                count = requests if distinct else 10
                begin = (number + 1) * 1_000_000
                templates = [
                    error_logs(first_variant=begin + n * ERRORS_A_REQUEST, distinct=distinct) for n in range(count)
                ]
                run = under_load(
                    pid, running.status["grpc"], "logs", templates, requests, first=begin, finish=running.flush
                )
                errors = requests * ERRORS_A_REQUEST
                rates.append(errors / run.seconds)
                cpu.append(run.cpu_seconds / errors * 1e6)
                peaks.append(run.peak_mb)
            stored = running.rows("SELECT sum(Events) AS n, count() AS g FROM errors")[0]
        expected = ERRORS_A_REQUEST * (2 + ROUNDS * requests)
        if stored["n"] != expected:
            raise SystemExit(f"{stored['n']} errors are counted, {expected} were sent")
        rows.append(
            (
                title,
                spread(rates, 0),
                budget,
                spread(cpu, 0),
                spread(peaks, 0),
                f"{stored['n']} in {stored['g']} groups",
            )
        )
    table(
        "Errors grouped and queryable: stacks of 30 frames as log records, counted after the queue has drained",
        ("stacks", "errors/s", "budget", "CPU us per error", "peak MB", "stored"),
        rows,
    )


if __name__ == "__main__":
    main()

"""From wire to queryable: the CPU of a million spans, as a ratio to a plain server that parses and discards them."""

from __future__ import annotations

import statistics

from benchmarks.measure import collector, plain_server, spread, table, under_load
from benchmarks.payloads import SPANS_A_REQUEST, plain_spans

ROUNDS = 3
REQUESTS = 800
TEMPLATES = 20
RATIO_BUDGET = 4.0


def main() -> None:
    """Alternate the two servers in one run, and print CPU-seconds per million spans."""
    templates = [plain_spans() for _ in range(TEMPLATES)]
    nested = [plain_spans(nested_every=10) for _ in range(TEMPLATES)]
    millions = REQUESTS * SPANS_A_REQUEST / 1e6
    plain, ours, ours_nested, rates, peaks = [], [], [], [], []
    with plain_server() as (address, pid), collector() as running:
        ours_pid = running.status["pid"]
        under_load(pid, address, "traces", templates, 50)
        under_load(ours_pid, running.status["grpc"], "traces", templates, 50, finish=running.flush)
        for number in range(ROUNDS):
            first = 1_000_000 * (number + 1)
            plain.append(under_load(pid, address, "traces", templates, REQUESTS, first=first).cpu_seconds / millions)
            run = under_load(
                ours_pid, running.status["grpc"], "traces", templates, REQUESTS, first=first, finish=running.flush
            )
            ours.append(run.cpu_seconds / millions)
            rates.append(millions * 1e6 / run.seconds)
            peaks.append(run.peak_mb)
            run = under_load(
                ours_pid,
                running.status["grpc"],
                "traces",
                nested,
                REQUESTS,
                first=first + 500_000,
                finish=running.flush,
            )
            ours_nested.append(run.cpu_seconds / millions)
        stored = running.rows("SELECT count() AS n FROM otel_traces")[0]["n"]
    expected = SPANS_A_REQUEST * (50 + 2 * ROUNDS * REQUESTS)
    if stored != expected:
        raise SystemExit(f"{stored} spans are stored, {expected} were sent")
    ratio = statistics.median(ours) / statistics.median(plain)
    table(
        f"Wire to queryable: spans of 10 attributes, {ROUNDS} x {millions:.1f} million, counted when drained",
        ("what", "CPU-seconds per million spans", "ratio", "budget"),
        (
            ("plain gRPC server: parse and discard", spread(plain), "1", ""),
            (
                "otel-errors: framed, journaled, fsynced, stored, queryable",
                spread(ours),
                f"{ratio:.2f}",
                f"<= {RATIO_BUDGET}",
            ),
            (
                "the same, a tenth of the spans with an array",
                spread(ours_nested),
                f"{statistics.median(ours_nested) / statistics.median(plain):.2f}",
                "",
            ),
        ),
    )
    table(
        "The same run",
        ("what", "value"),
        (
            ("spans/s, first request to drained", spread(rates, 0)),
            ("peak resident MB", spread(peaks, 0)),
            ("spans stored / sent", f"{stored} / {expected}"),
        ),
    )


if __name__ == "__main__":
    main()

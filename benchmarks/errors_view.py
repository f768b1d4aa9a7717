"""What 100,000 distinct fingerprints cost: the collector's memory while they come, then the views that list them.

    python -m benchmarks.errors_view [--groups 100000]

Everything goes the way that users' data goes: OTLP over gRPC into a real collector, merges over its control socket,
queries over its SQL port. The list is asked for as the command `groups` asks and with all columns, with 0, 100 and 10,000
merged groups; the trace is that of one error among 100,000 spans.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from typing import TYPE_CHECKING, Any

import psutil
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.measure import collector, cpu_seconds, table, under_load
from benchmarks.payloads import ERRORS_A_REQUEST, SPANS_A_REQUEST, plain_spans, stack_text, text
from collector.control import client
from collector.control.changes import MergeRequest
from collector.drain.error_lane import ErrorLane
from collector.drain.occurrences import Occurrences
from collector.drain.segment_reader import SegmentReader
from collector.grouping import Grouper
from collector.self_metrics import SelfMetrics
from collector.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.e2e.running import Collector

STEPS = 5
MERGED = (0, 100, 10_000)
GROUPS_A_MERGE = 990
QUERIES = 40
QUERIES_BEFORE = 3
SPANS_OF_TRACE = 50
CHILDREN_A_SPAN = 3
SPAN_REQUESTS = 200
BUDGET_MS = "300"
"""Of the list's p95."""
ALL_COLUMNS = "SELECT * FROM errors ORDER BY LastSeen DESC LIMIT 100"
TRACE = "SELECT * FROM error_trace_spans(group = {group:String})"


def errors(first: int) -> bytes:
    """200 error log records with stacks of 30 frames, each with a fingerprint of its own."""
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add()
    resource_logs.resource.attributes.extend(
        [text("service.name", "checkout"), text("telemetry.sdk.language", "python")]
    )
    scope_logs = resource_logs.scope_logs.add()
    for number in range(first, first + ERRORS_A_REQUEST):
        message = f"card of order {number} declined"
        record = scope_logs.log_records.add(
            time_unix_nano=time.time_ns(), trace_id=os.urandom(16), span_id=os.urandom(8), severity_number=17
        )
        record.attributes.extend(
            [
                text("exception.type", "shop.errors.CardDeclined"),
                text("exception.message", message),
                text("exception.stacktrace", stack_text(number, message)),
                text("user.id", f"user-{number % 5000}"),
            ]
        )
    return request.SerializeToString()


def one_trace() -> bytes:
    """A trace of 50 spans; the innermost one has an exception."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(
        [text("service.name", "traced"), text("telemetry.sdk.language", "python")]
    )
    trace_id, now = os.urandom(16), time.time_ns()
    for number in range(SPANS_OF_TRACE):
        span = resource_spans.scope_spans.add().spans.add(
            trace_id=trace_id,
            span_id=(number + 1).to_bytes(8, "big"),
            parent_span_id=((number - 1) // CHILDREN_A_SPAN + 1).to_bytes(8, "big") if number else b"",
            name=f"step {number}",
            start_time_unix_nano=now + number,
            end_time_unix_nano=now + 1000 - number,
        )
    event = span.events.add(time_unix_nano=now + SPANS_OF_TRACE, name="exception")
    for key, value in (("type", "shop.errors.Traced"), ("message", "m"), ("stacktrace", stack_text(1, "m"))):
        event.attributes.append(text(f"exception.{key}", value))
    return request.SerializeToString()


def fill(running: Collector, groups: int) -> None:
    """Send the errors in steps and print the memory after each."""
    pid = running.status["pid"]
    rows = [("0", f"{psutil.Process(pid).memory_info().rss / 2**20:.0f}", "", "")]
    step = groups // STEPS
    for begin in range(0, groups, step):
        templates = [errors(begin + number) for number in range(0, step, ERRORS_A_REQUEST)]
        run = under_load(
            pid, running.status["grpc"], "logs", templates, len(templates), first=begin + 1, finish=running.flush
        )
        rss = psutil.Process(pid).memory_info().rss / 2**20
        rows.append((f"{begin + step:,}", f"{rss:.0f}", f"{run.peak_mb:.0f}", f"{step / run.seconds:,.0f}"))
    stored = running.rows("SELECT count() AS n FROM errors")[0]["n"]
    if stored != groups:
        raise SystemExit(f"{stored} groups are stored, {groups} were sent")
    table(
        "Memory of the collector while distinct errors come (its ClickHouse included)",
        ("fingerprints so far", "resident MB", "peak MB in this step", "errors/s"),
        rows,
    )


def group_alone(groups: int) -> None:
    """Let the same errors through the grouping alone, in this process: what its caches take."""
    grouper, metrics = Grouper(), SelfMetrics()
    reader = SegmentReader(group=grouper.group, keep=lambda _seen, grouping, *_: grouping.group_id)
    lane = ErrorLane(occurrences=Occurrences(metrics=metrics), metrics=metrics)
    process, seen = psutil.Process(), set[str]()
    rows = [("0", f"{process.memory_info().rss / 2**20:.0f}")]
    step = groups // STEPS
    for begin in range(0, groups, step):
        for first in range(begin, begin + step, ERRORS_A_REQUEST):
            sealed_ms = time.time_ns() // 1_000_000
            segment = f"{sealed_ms:013d}-{first:08x}-logs"
            reading = reader.read(segment, "logs", sealed_ms, [errors(first)])
            seen |= {reading.kept[place] for place, _ in lane.decide(segment, reading.told).events}
        rows.append((f"{begin + step:,}", f"{process.memory_info().rss / 2**20:.0f}"))
    if len(seen) != groups:
        raise SystemExit(f"{len(seen)} groups were made, {groups} were sent")
    table(
        "Memory of a process that only groups them (error lane: caches and the memory of occurrences)",
        ("fingerprints so far", "resident MB"),
        rows,
    )


def send_traces(running: Collector) -> str:
    """Many spans, and one trace with an error; gives the error's group."""
    pid, address = running.status["pid"], running.status["grpc"]
    under_load(pid, address, "traces", [plain_spans()], SPAN_REQUESTS, first=1, finish=running.flush)
    under_load(pid, address, "traces", [one_trace()], 1, first=9_000_000, finish=running.flush)
    (row,) = running.rows("SELECT GroupId FROM errors WHERE ServiceName = 'traced'")
    return str(row["GroupId"])


def merge_until(running: Collector, wanted: int, ids: list[str]) -> None:
    """Merge groups of the list, ten and more into each target, until so many are merged."""
    merged = running.rows("SELECT count() AS n FROM error_group_merges")[0]["n"]
    while merged < wanted:
        count = min(GROUPS_A_MERGE, wanted - merged)
        into, *groups = (ids.pop() for _ in range(count + 1))
        client.change(running.data, "merge", MergeRequest(into=into, groups=tuple(groups), comment="benchmark"))
        merged += count


def measure(running: Collector, query: str, parameters: dict[str, Any]) -> tuple[str, str, str, str]:
    """p50 and p95 in milliseconds as a client sees them, CPU milliseconds of the collector, rows."""
    sql, pid = running.sql(), running.status["pid"]
    times, rows, before = [], 0, 0.0
    for number in range(QUERIES_BEFORE + QUERIES):
        if number == QUERIES_BEFORE:
            before = cpu_seconds(pid)
        begun = time.perf_counter()
        rows = len(sql.query(query, parameters=parameters).result_rows)
        times.append((time.perf_counter() - begun) * 1e3)
    cpu = (cpu_seconds(pid) - before) / QUERIES * 1e3
    percentiles = statistics.quantiles(times[QUERIES_BEFORE:], n=20)
    return f"{percentiles[9]:.0f}", f"{percentiles[18]:.0f}", f"{cpu:.0f}", f"{rows}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill one collector, then ask it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=100_000)
    groups = parser.parse_args(arguments).groups
    group_alone(groups)
    shown: dict[str, Any] = {"since": 30 * 86_400, "limit": 100}
    with collector() as running:
        fill(running, groups)
        traced = send_traces(running)
        found = running.rows("SELECT GroupId FROM errors WHERE ServiceName = 'checkout' ORDER BY cityHash64(GroupId)")
        ids = [str(row["GroupId"]) for row in found]
        rows = []
        for merged in MERGED:
            merge_until(running, min(merged, groups // 2), ids)
            for title, query, parameters, budget in (
                ("list, all columns", ALL_COLUMNS, {}, BUDGET_MS),
                ("list, as `groups` asks", statement("groups"), shown, BUDGET_MS),
                ("error_trace_spans", TRACE, {"group": traced}, ""),
            ):
                rows.append((title, f"{merged:,}", *measure(running, query, parameters), budget))
        counted = running.rows("SELECT sum(Events) AS n FROM errors")[0]["n"]
        if counted != groups + 1:
            raise SystemExit(f"{counted} errors are counted, {groups + 1} were sent")
    table(
        f"Views over {groups:,} groups and {SPAN_REQUESTS * SPANS_A_REQUEST:,} spans, over the SQL port; load "
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
        ("query", "merged groups", "p50 ms", "p95 ms", "CPU ms", "rows", "p95 budget"),
        rows,
    )


if __name__ == "__main__":
    main()

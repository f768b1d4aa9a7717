"""What the error lane's Python costs per error, from OTLP bytes to rows, without the insert.

    python -m benchmarks.error_lane [--errors 20000]

Four loads of 30-frame Python stacks: span events and log records, from one stack that repeats with
an id in its message (a storm), and with every stack distinct. A span carries ten attributes. Prints
CPU microseconds per error; the budget of 20,000 repeated errors a second on two cores, the insert
included, leaves this part 35 us.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import time
from typing import TYPE_CHECKING

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from collector.drain.error_lane import ErrorLane
from collector.drain.occurrences import Occurrences
from collector.drain.segment_reader import SegmentReader
from collector.grouping import Grouper
from collector.self_metrics import SelfMetrics
from collector.store.rows import Row, RowEncoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.model import Signal

FRAMES = 30
ERRORS_PER_REQUEST = 100
ERRORS_PER_SEGMENT = 10_000
START_MS = 1_800_000_000_000
RANDOM = random.Random(7)


def pair(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def stacktrace(message: str, variant: int) -> str:
    lines = ["Traceback (most recent call last):"]
    for depth in range(FRAMES):
        package = "/srv/shop" if depth % 3 else "/usr/lib/python3.11/site-packages/framework"
        lines += [
            f'  File "{package}/module_{depth}.py", line {depth + 10}, in step_{depth}_{variant}',
            f"    return step_{depth + 1}(order, retries=retries - 1)",
        ]
    return "\n".join([*lines, f"shop.errors.OrderFailed: {message}\n"])


def exception(number: int, *, distinct: bool) -> list[KeyValue]:
    message = f"order {number} has no stock"
    return [
        pair("exception.type", "shop.errors.OrderFailed"),
        pair("exception.message", message),
        pair("exception.stacktrace", stacktrace(message, number if distinct else 0)),
        pair("exception.escaped", "False"),
    ]


def span_request(first: int, *, distinct: bool) -> bytes:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.extend([pair("service.name", "shop"), pair("telemetry.sdk.language", "python")])
    spans = group.scope_spans.add().spans
    for number in range(first, first + ERRORS_PER_REQUEST):
        now_ns = START_MS * 1_000_000 + number
        span = spans.add(
            trace_id=RANDOM.randbytes(16),
            span_id=RANDOM.randbytes(8),
            parent_span_id=RANDOM.randbytes(8),
            name=f"POST /orders/{number % 20}",
            kind=2,
            start_time_unix_nano=now_ns,
            end_time_unix_nano=now_ns + 1000,
        )
        span.attributes.extend(pair(f"http.key.{k}", f"value {number % 50}") for k in range(9))
        span.attributes.append(pair("user.id", str(number)))
        event = span.events.add(time_unix_nano=now_ns + 500, name="exception")
        event.attributes.extend(exception(number, distinct=distinct))
    return request.SerializeToString()


def log_request(first: int, *, distinct: bool) -> bytes:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    group.resource.attributes.extend([pair("service.name", "shop"), pair("telemetry.sdk.language", "python")])
    records = group.scope_logs.add().log_records
    for number in range(first, first + ERRORS_PER_REQUEST):
        record = records.add(
            time_unix_nano=START_MS * 1_000_000 + number,
            trace_id=RANDOM.randbytes(16),
            span_id=RANDOM.randbytes(8),
            severity_number=17,
        )
        record.body.string_value = f"order {number} has no stock"
        record.attributes.extend(exception(number, distinct=distinct))
    return request.SerializeToString()


def measure(name: str, signal: Signal, requests: list[bytes]) -> None:
    metrics, encoder = SelfMetrics(), RowEncoder()
    reader: SegmentReader[Row] = SegmentReader(group=Grouper().group, keep=encoder.row)
    lane = ErrorLane(occurrences=Occurrences(metrics=metrics), metrics=metrics)
    per_segment = ERRORS_PER_SEGMENT // ERRORS_PER_REQUEST
    errors = 0
    cpu, wall = time.process_time(), time.perf_counter()
    for number, start in enumerate(range(0, len(requests), per_segment)):
        sealed_ms = START_MS + 1000 * number
        segment = f"{sealed_ms:013d}-00c0ffee-{signal}"
        reading = reader.read(segment, signal, sealed_ms, requests[start : start + per_segment])
        batch = lane.decide(segment, reading.told)
        for place, event_id in batch.events:
            encoder.event(reading.kept[place], event_id, segment)
        errors += len(batch.events)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:28} {errors:7} errors   {cpu / errors * 1e6:7.1f} us CPU an error   "
        f"{errors / wall:9,.0f} errors/s   {memory_mb:5.0f} MB peak"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", type=int, default=20_000)
    errors = parser.parse_args().errors
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    loads: dict[Signal, Callable[..., bytes]] = {"traces": span_request, "logs": log_request}
    for signal, make in loads.items():
        for distinct in (False, True):
            requests = [make(first, distinct=distinct) for first in range(0, errors, ERRORS_PER_REQUEST)]
            measure(f"{signal}, {'distinct' if distinct else 'repeated'}", signal, requests)


if __name__ == "__main__":
    main()

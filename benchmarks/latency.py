"""From the acknowledgement until an error is visible in SQL, while other telemetry comes in at about half load."""

from __future__ import annotations

import statistics
import threading
import time

import grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from benchmarks.measure import collector, table
from benchmarks.payloads import numbered, plain_spans, stack_text

PROBES = 100
PAUSE_SECONDS = 0.15
BACKGROUND_REQUESTS_A_SECOND = 60
SEEN_SECONDS_MAX = 30.0
P99_BUDGET = 2.0


def main() -> None:
    """Send one error after the other; ask for each until it is there."""
    waits = []
    with collector() as running, grpc.insecure_channel(running.status["grpc"]) as channel:
        stop = threading.Event()
        background = threading.Thread(target=_send_spans, args=(channel, stop))
        background.start()
        export = channel.unary_unary("/opentelemetry.proto.collector.logs.v1.LogsService/Export")
        client = running.sql()
        for number in range(PROBES):
            export(_error(number), timeout=30)
            acknowledged = time.monotonic()
            while not client.command(
                "SELECT count() FROM error_events WHERE ExceptionMessage = {m:String}",
                parameters={"m": f"probe {number}"},
            ):
                if time.monotonic() - acknowledged > SEEN_SECONDS_MAX:
                    raise SystemExit(f"probe {number} is not visible after {SEEN_SECONDS_MAX} s")
                time.sleep(0.01)
            waits.append(time.monotonic() - acknowledged)
            time.sleep(PAUSE_SECONDS)
        stop.set()
        background.join()
    percentiles = statistics.quantiles(waits, n=100)
    rows = (
        ("p50", f"{percentiles[49]:.2f} s", ""),
        ("p95", f"{percentiles[94]:.2f} s", ""),
        ("p99", f"{percentiles[98]:.2f} s", f"<= {P99_BUDGET} s"),
    )
    title = f"Acknowledged -> visible in SQL: {PROBES} errors, beside {BACKGROUND_REQUESTS_A_SECOND * 500} spans/s"
    table(title, ("", "time", "budget"), rows)


def _error(number: int) -> bytes:
    request = ExportLogsServiceRequest()
    record = (
        request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=time.time_ns(), severity_number=17)
    )
    for key, text in (
        ("type", "shop.errors.CardDeclined"),
        ("message", f"probe {number}"),
        ("stacktrace", stack_text(0, f"probe {number}")),
    ):
        record.attributes.add(key=f"exception.{key}").value.string_value = text
    return request.SerializeToString()


def _send_spans(channel: grpc.Channel, stop: threading.Event) -> None:
    export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
    template = plain_spans()
    for request in numbered(template, 1, 10_000_000):
        if stop.wait(1 / BACKGROUND_REQUESTS_A_SECOND):
            return
        export(request, timeout=30)


if __name__ == "__main__":
    main()

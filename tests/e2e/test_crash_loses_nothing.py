"""kill -9 at random moments: every acknowledged request is there exactly once after the restart."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.running import Collector

if TYPE_CHECKING:
    from pathlib import Path

METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
SPANS_A_REQUEST = 20
SEED = 20_240_607


def request(number: int) -> bytes:
    """Twenty spans of one trace, one with an exception, all carrying the request's number."""
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "crash"
    now = time.time_ns()
    for index in range(SPANS_A_REQUEST):
        span = resource_spans.scope_spans.add().spans.add(
            trace_id=number.to_bytes(16, "big"),
            span_id=(number * 100 + index + 1).to_bytes(8, "big"),
            name=f"span {index}",
            start_time_unix_nano=now,
            end_time_unix_nano=now + 1000,
        )
        span.attributes.add(key="request").value.int_value = number
        if index == 0:
            event = span.events.add(name="exception", time_unix_nano=now)
            for key, text in (
                ("type", "ValueError"),
                ("message", f"request {number}"),
                ("stacktrace", STACK.format(number)),
            ):
                event.attributes.add(key=f"exception.{key}").value.string_value = text
    return message.SerializeToString()


STACK = 'Traceback (most recent call last):\n  File "/srv/app/work.py", line 3, in work\n    raise ValueError(text)\nValueError: request {}\n'


def send(
    address: str, stop: threading.Event, numbers: list[int], acknowledged: list[int], lock: threading.Lock
) -> None:
    with grpc.insecure_channel(address) as channel:
        export = channel.unary_unary(METHOD)
        while not stop.is_set():
            with lock:
                number = len(numbers) + 1
                numbers.append(number)
            try:
                export(request(number), timeout=5)
            except grpc.RpcError:
                return
            acknowledged.append(number)


def crash_rounds(data: Path, rounds: int) -> None:
    moments = random.Random(SEED)
    numbers: list[int] = []
    acknowledged: list[int] = []
    lock = threading.Lock()
    for _ in range(rounds):
        collector = Collector(data, ("--segment-seconds", "0.2")).start()
        stop = threading.Event()
        senders = [
            threading.Thread(target=send, args=(collector.status["grpc"], stop, numbers, acknowledged, lock))
            for _ in range(4)
        ]
        for sender in senders:
            sender.start()
        time.sleep(moments.uniform(0.05, 1.5))
        collector.kill()
        stop.set()
        for sender in senders:
            sender.join()
    collector = Collector(data).start()
    collector.flush()
    spans = {
        row["n"]: row["c"]
        for row in collector.rows(
            "SELECT toUInt64(SpanAttributes['request']) AS n, count() AS c FROM otel_traces GROUP BY n"
        )
    }
    errors = {
        row["n"]: row["c"]
        for row in collector.rows(
            "SELECT toUInt64(splitByChar(' ', ExceptionMessage)[2]) AS n, sum(Weight) AS c FROM error_events GROUP BY n"
        )
    }
    grouped = collector.rows("SELECT sum(Events) AS n FROM errors")[0]["n"]
    collector.kill()

    assert acknowledged, "nothing was acknowledged: the test says nothing"
    assert not [number for number in acknowledged if spans.get(number) != SPANS_A_REQUEST]
    assert not [number for number in acknowledged if errors.get(number) != 1]
    # What was not acknowledged may be there too, but whole and once.
    assert set(spans.values()) == {SPANS_A_REQUEST}
    assert set(errors.values()) == {1}
    assert grouped == len(errors)


def test_a_few_kills_lose_and_double_nothing(data: Path) -> None:
    crash_rounds(data, rounds=4)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_kills_lose_and_double_nothing(data: Path) -> None:
    crash_rounds(data, rounds=40)

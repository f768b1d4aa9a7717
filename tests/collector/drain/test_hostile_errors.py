"""No client can make a row that the engine refuses, or stop the lane: errors with extreme values are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.internal.encoder import _VarintBytes
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from collector.drain.error_lane import ErrorLane
from collector.drain.error_rows import ErrorRowsLane
from collector.drain.occurrences import Occurrences
from collector.grouping import Grouper
from collector.journal.dead_letters import DeadLetters
from collector.journal.segment import Segment
from collector.self_metrics import SelfMetrics
from collector.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from collector.store.embedded import EmbeddedConnection

SEALED_MS = 1_790_000_000_123
U64 = 2**64 - 1
HOSTILE_TEXTS = (
    "",
    "\0",
    "a\0b",
    "\n" * 2000,
    "🔥" * 500,
    "\u202e\u0007",
    "x" * 1_200_000,
    "Traceback (most recent call last):\n",
)


def log(attributes: dict[str, Any], **record: Any) -> bytes:
    request = ExportLogsServiceRequest()
    made = request.resource_logs.add().scope_logs.add().log_records.add(**record)
    for key, value in {"exception.type": "ValueError", "exception.message": "m", **attributes}.items():
        pair = made.attributes.add(key=key)
        if isinstance(value, int):
            pair.value.int_value = value
        elif isinstance(value, float):
            pair.value.double_value = value
        else:
            pair.value.string_value = value
    return request.SerializeToString()


CASES = {
    "severity of the lowest kind": log({}, severity_number=1),
    "time at the end of time": log({}, time_unix_nano=U64, observed_time_unix_nano=U64),
    "no time": log({}),
    "count of zero": log({"otel_errors.count": 0}),
    "count negative": log({"otel_errors.count": -(2**63)}),
    "count beyond": log({"otel_errors.count": 2**63 - 1}),
    "count as text": log({"otel_errors.count": "many"}),
    "count not a number": log({"otel_errors.count": float("nan")}),
    "event id of a megabyte": log({"otel_errors.event_id": "f" * 1_000_000}),
    "ids of the wrong size": log({}, trace_id=b"\x01" * 40, span_id=b"\x02" * 3),
    "many attributes": log({f"key {number}": "v" * 50 for number in range(5000)}),
    "user of a megabyte": log({"user.id": "u" * 1_000_000}),
    **{f"message {number}": log({"exception.message": text}) for number, text in enumerate(HOSTILE_TEXTS)},
    **{f"stack {number}": log({"exception.stacktrace": text}) for number, text in enumerate(HOSTILE_TEXTS)},
    **{f"type {number}": log({"exception.type": text}) for number, text in enumerate(HOSTILE_TEXTS)},
}


def negative_severity() -> bytes:
    """An enum is a varint of any size on the wire."""
    request = ExportLogsServiceRequest.FromString(log({}))
    record = request.resource_logs[0].scope_logs[0].log_records[0].SerializeToString() + b"\x10" + b"\xff" * 9 + b"\x01"
    scope = b"\x12" + _VarintBytes(len(record)) + record
    resource = b"\x12" + _VarintBytes(len(scope)) + scope
    return b"\x0a" + _VarintBytes(len(resource)) + resource


def broken_text() -> bytes:
    return log({"exception.message": "BROKEN"}).replace(b"BROKEN", b"\xff\xfe\xed\xa0\x80\x00")


CASES |= {"severity negative": negative_severity(), "text that is not UTF-8": broken_text()}


def span_with_strange_kind() -> bytes:
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(trace_id=b"\x01" * 16, span_id=b"\x02" * 8, start_time_unix_nano=U64, end_time_unix_nano=1)
    )
    event = span.events.add(name="exception", time_unix_nano=U64)
    event.attributes.add(key="exception.type").value.string_value = "E"
    return request.SerializeToString()


@pytest.fixture
def lane(connection: EmbeddedConnection, tmp_path: Path) -> ErrorRowsLane:
    metrics = SelfMetrics()
    return ErrorRowsLane(
        group=Grouper().group,
        error_lane=ErrorLane(occurrences=Occurrences(metrics=metrics), metrics=metrics),
        store=Store(connection),
        dead_letters=DeadLetters(tmp_path / "dead"),
        metrics=metrics,
        temporary=tmp_path,
    )


def segment(tmp_path: Path, signal: Any, *requests: bytes, sealed_ms: int = SEALED_MS) -> Segment:
    name = f"{sealed_ms}-0a1b2c3d-{signal}"
    path = tmp_path / f"{name}.segment"
    path.write_bytes(b"".join(_VarintBytes(len(data)) + data for data in requests))
    return Segment(name=name, signal=signal, sealed_ms=sealed_ms, path=path, size_bytes=path.stat().st_size)


def test_extreme_errors_are_stored(
    lane: ErrorRowsLane, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    """One segment for each, so that none counts as another one delivered again."""
    for number, request in enumerate(CASES.values()):
        lane.store_segment(segment(tmp_path, "logs", request, sealed_ms=SEALED_MS + number))

    rows = connection.rows(f"SELECT Segment, Weight, toYear(Timestamp) AS year FROM {database}.error_events")
    stored = {int(row["Segment"][:13]) - SEALED_MS for row in rows}
    assert [case for number, case in enumerate(CASES) if number not in stored] == []
    assert len(rows) == len(CASES)
    assert all(row["Weight"] >= 1 and row["year"] == 2026 for row in rows)


def test_a_span_at_the_end_of_time_is_stored(
    lane: ErrorRowsLane, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    lane.store_segment(segment(tmp_path, "traces", span_with_strange_kind()))

    assert connection.rows(f"SELECT count() AS n FROM {database}.error_events") == [{"n": 1}]

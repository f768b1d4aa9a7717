"""What the engine refuses costs only itself; everything else of the segment is stored, once, under the segment's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.protobuf.internal.encoder import _VarintBytes
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from collector.drain.find_bad_record import find_refused
from collector.drain.telemetry_lane import TelemetryLane
from collector.journal.dead_letters import DeadLetters
from collector.journal.segment import Segment
from collector.self_metrics import SelfMetrics
from collector.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from collector.store.embedded import EmbeddedConnection

NOW_NS = 1_790_000_000_123_456_789
NAME = "1790000000123-0a1b2c3d-traces"


def request(first: int, count: int, *, broken: Sequence[int] = ()) -> bytes:
    """Spans by number; a broken one has a status that only the engine looks into."""
    message = ExportTraceServiceRequest()
    scope_spans = message.resource_spans.add().scope_spans.add()
    for number in range(first, first + count):
        span = scope_spans.spans.add(
            span_id=(number + 1).to_bytes(8, "big"),
            name=f"span {number}",
            start_time_unix_nano=NOW_NS,
            end_time_unix_nano=NOW_NS,
        )
        span.status.message = "BROKEN HERE" if number in broken else "whole"
    # The message's length points beyond the status; the span around it is whole.
    return message.SerializeToString().replace(b"\x12\x0bBROKEN HERE", b"\x12\x7fBROKEN HERE")


@pytest.fixture
def dead_letters(tmp_path: Path) -> DeadLetters:
    return DeadLetters(tmp_path / "dead")


@pytest.fixture
def lane(connection: EmbeddedConnection, tmp_path: Path, dead_letters: DeadLetters) -> TelemetryLane:
    return TelemetryLane(
        store=Store(connection),
        dead_letters=dead_letters,
        metrics=SelfMetrics(),
        temporary=tmp_path,
    )


def segment(tmp_path: Path, *requests: bytes, behind: bytes = b"") -> Segment:
    path = tmp_path / f"{NAME}.segment"
    path.write_bytes(b"".join(_VarintBytes(len(data)) + data for data in requests) + behind)
    return Segment(name=NAME, signal="traces", sealed_ms=1_790_000_000_123, path=path, size_bytes=path.stat().st_size)


def names(connection: EmbeddedConnection, database: str) -> list[str]:
    return [row["SpanName"] for row in connection.rows(f"SELECT SpanName FROM {database}.otel_traces ORDER BY SpanId")]


def test_a_whole_segment_is_stored_as_it_is(
    lane: TelemetryLane, connection: EmbeddedConnection, database: str, tmp_path: Path, dead_letters: DeadLetters
) -> None:
    lane.store_segment(segment(tmp_path, request(0, 2), request(2, 1)))

    assert names(connection, database) == ["span 0", "span 1", "span 2"]
    assert not dead_letters.list()


def test_a_refused_span_is_a_dead_letter_and_the_rest_is_stored_once(
    lane: TelemetryLane, connection: EmbeddedConnection, database: str, tmp_path: Path, dead_letters: DeadLetters
) -> None:
    damaged = segment(tmp_path, request(0, 3), request(3, 4, broken=[4, 6]), request(7, 2))
    for _ in range(2):
        lane.store_segment(damaged)

    assert names(connection, database) == [f"span {number}" for number in (0, 1, 2, 3, 5, 7, 8)]
    assert connection.rows(f"SELECT count() AS n FROM {database}.otel_traces_trace_id_ts") == [{"n": 0}]
    letters = dead_letters.list()
    assert len(letters) == 2
    assert {letter.signal for letter in letters} == {"traces"}


def test_the_end_of_a_damaged_file_is_a_dead_letter(
    lane: TelemetryLane, connection: EmbeddedConnection, database: str, tmp_path: Path, dead_letters: DeadLetters
) -> None:
    lane.store_segment(segment(tmp_path, request(0, 2), behind=b"\xff\xff\xff\x7fgarbage"))

    assert names(connection, database) == ["span 0", "span 1"]
    assert len(dead_letters.list()) == 1


@pytest.mark.parametrize("guilty", [(), (0,), (6,), (2, 3), tuple(range(7))])
def test_halving_finds_every_refused_piece(guilty: tuple[int, ...]) -> None:
    pieces = [bytes([number]) for number in range(7)]
    asked = []

    def refuses(some: Sequence[bytes]) -> bool:
        asked.append(len(some))
        return any(piece[0] in guilty for piece in some)

    assert find_refused(pieces, refuses) == list(guilty)
    assert len(asked) <= 1 + 6 * max(1, len(guilty))


def test_a_small_segment_that_is_many_rows_of_a_large_resource_is_stored_in_parts_and_once(
    lane: TelemetryLane, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    """Each row repeats the resource: 160 KB of requests are 200 MB of rows."""

    def large(first: int) -> bytes:
        message = ExportTraceServiceRequest.FromString(request(first, 1000))
        message.resource_spans[0].resource.attributes.add(key="service.name").value.string_value = "x" * 100_000
        return message.SerializeToString()

    inflated = segment(tmp_path, large(0), large(1000))
    for _ in range(2):
        lane.store_segment(inflated)

    (row,) = connection.rows(
        f"SELECT count() AS n, uniqExact(SpanId) AS ids, min(length(ServiceName)) AS long FROM {database}.otel_traces"
    )
    assert row == {"n": 2000, "ids": 2000, "long": 100_000}

"""Error events become rows, groups and views; storing them again changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.internal.encoder import _VarintBytes
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from collector.fingerprint.versions import VERSIONS
from collector.grouping import Grouper
from collector.model import ExceptionSighting
from collector.store.proto_files import message_class
from collector.store.rows import ROWS_PROTO
from collector.store.store import Store
from tests.collector.errors import StoredError, insert_errors

if TYPE_CHECKING:
    from pathlib import Path

    from collector.store.embedded import EmbeddedConnection

NOW_NS = 1_790_000_000_123_456_789
TRACE = "ab" * 16
STACK = """Traceback (most recent call last):
  File "/srv/app/shop/cart.py", line 12, in checkout
    pay(order)
  File "/srv/app/shop/payment.py", line 34, in pay
    raise CardDeclined(f"card of order {order} declined")
shop.payment.CardDeclined: card of order 4711 declined
"""


def sighting(number: int = 0, **given: Any) -> ExceptionSighting:
    values: dict[str, Any] = {
        "seen_in": "log_record",
        "timestamp_ns": NOW_NS + number * 1000,
        "observed_ns": NOW_NS + 1,
        "trace_id": TRACE,
        "span_id": "cd" * 8,
        "exception_type": "shop.payment.CardDeclined",
        "exception_message": "card of order 4711 declined",
        "exception_stacktrace": STACK,
        "severity_number": 17,
        "resource": {
            "service.name": "checkout",
            "service.namespace": "shop",
            "service.version": "1.2",
            "deployment.environment.name": "prod",
        },
        "attributes": {"user.id": f"user-{number % 3}"},
        **given,
    }
    return ExceptionSighting(**values)


def event(number: int = 0, *, segment: str = "segment-1", **given: Any) -> StoredError:
    seen = sighting(number, **given)
    return StoredError(
        event_id=f"{number:032x}",
        segment=segment,
        sighting=seen,
        grouping=GROUPER.group(seen),
        sighting_key="k",
        timestamp_ns=seen.timestamp_ns,
        weight=seen.weight,
    )


GROUPER = Grouper()


@pytest.fixture
def store(connection: EmbeddedConnection, tmp_path: Path) -> Store:
    return Store(connection)


@pytest.mark.parametrize(
    ("table", "message"), [("error_events", "ErrorEventRow"), ("error_sightings", "ErrorSightingRow")]
)
def test_the_rows_have_exactly_the_columns_of_their_table(
    table: str, message: str, connection: EmbeddedConnection, database: str
) -> None:
    columns = {
        row["name"].split(".")[0]
        for row in connection.rows(
            "SELECT name FROM system.columns WHERE database = {d:String} AND table = {t:String}",
            {"d": database, "t": table},
        )
    }

    assert {field.name for field in message_class(ROWS_PROTO, message).DESCRIPTOR.fields} == columns


def test_an_event_is_a_row_with_its_frames(store: Store, connection: EmbeddedConnection, database: str) -> None:
    insert_errors(store, [event(1, weight=3)], segment="segment-1")

    (row,) = connection.rows(
        f"SELECT * REPLACE toUnixTimestamp64Nano(Timestamp) AS Timestamp FROM {database}.error_events"
    )

    expected = {
        "Timestamp": NOW_NS + 1000,
        "EventId": f"{1:032x}",
        "Weight": 3,
        "Segment": "segment-1",
        "ServiceNamespace": "shop",
        "ServiceName": "checkout",
        "Environment": "prod",
        "Release": "1.2",
        "UserId": "user-1",
        "TraceId": TRACE,
        "SpanId": "cd" * 8,
        "ExceptionType": GROUPER.group(sighting()).exception_type,
        "ExceptionMessage": "card of order 4711 declined",
        "ExceptionStacktrace": STACK,
        "Severity": "error",
        "SeenIn": "log_record",
        "Language": "python",
    }
    assert {name: row[name] for name in expected} == expected
    assert row["Fingerprint"].startswith(f"{VERSIONS.current.name}:")
    assert row["Frames.Function"] == ["pay", "checkout"]
    assert row["Frames.Line"] == [34, 12]
    assert row["Chain.Message"] == ["card of order 4711 declined"]


def test_the_list_of_groups_counts_weights_and_users(
    store: Store, connection: EmbeddedConnection, database: str
) -> None:
    insert_errors(
        store,
        [event(n) for n in range(9)] + [event(9, weight=10, exception_message="ignored: the stack tells")],
        segment="one",
    )

    (row,) = connection.rows(f"SELECT * FROM {database}.errors")

    assert (row["Events"], row["Users"]) == (19, 3)
    assert (row["ServiceName"], row["Message"], row["LastTraceId"]) == (
        "checkout",
        "card of order 4711 declined",
        TRACE,
    )
    assert "pay" in row["Culprit"]
    assert row["FirstSeen"] < row["LastSeen"]


def test_events_stored_again_count_once_everywhere(store: Store, connection: EmbeddedConnection, database: str) -> None:
    later = event(50)
    seen = StoredError(
        event_id=later.event_id,
        segment="one",
        sighting=later.sighting,
        grouping=later.grouping,
        sighting_key="k",
        timestamp_ns=NOW_NS,
        weight=0,
    )
    for _ in range(3):
        insert_errors(store, [event(n) for n in range(5)], [seen], segment="one")

    counted = connection.rows(
        f"SELECT (SELECT count() FROM {database}.error_events) AS events, (SELECT count() FROM {database}.error_sightings) AS sightings, "
        f"(SELECT sum(Events) FROM {database}.errors) AS grouped, (SELECT sum(Events) FROM {database}.error_group_minutes) AS minutes"
    )
    assert counted == [{"events": 5, "sightings": 1, "grouped": 5, "minutes": 5}]


def test_a_time_beyond_what_the_table_holds_is_stored_at_its_end(
    store: Store, connection: EmbeddedConnection, database: str
) -> None:
    insert_errors(store, [event(0, timestamp_ns=2**64 - 1, observed_ns=-5)], segment="one")

    assert connection.rows(f"SELECT toYear(OriginalTimestamp) AS y FROM {database}.error_events") == [{"y": 2262}]


def test_the_trace_of_a_group_reads_as_a_tree(
    store: Store, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    trace_id = bytes.fromhex(TRACE)

    def span(number: int, parent: int, at: int) -> None:
        spans.add(
            trace_id=trace_id,
            span_id=bytes([number]) * 8,
            parent_span_id=bytes([parent]) * 8 if parent else b"",
            name=f"s{number}",
            start_time_unix_nano=NOW_NS + at,
            end_time_unix_nano=NOW_NS + at + 1,
        )

    span(4, 2, 30)  # sent before its parent
    span(2, 1, 10)
    span(3, 1, 20)
    span(5, 2, 25)
    span(1, 0, 0)
    span(6, 9, 40)  # its parent never arrived
    span(7, 8, 50)  # two spans that name each other as parents belong to no tree
    span(8, 7, 51)
    raw = request.SerializeToString()
    path = tmp_path / "segment"
    path.write_bytes(_VarintBytes(len(raw)) + raw)
    store.insert_segment("traces", path, segment="one")
    happened = event()
    insert_errors(store, [happened], segment="one")

    rows = connection.rows(
        f"SELECT SpanName, Depth FROM {database}.error_trace_spans(group = {{group:String}})",
        {"group": happened.grouping.group_id},
    )

    assert [(row["SpanName"], row["Depth"]) for row in rows] == [
        ("s1", 0),
        ("s2", 1),
        ("s5", 2),
        ("s4", 2),
        ("s3", 1),
        ("s6", 0),
    ]


def test_a_minute_of_a_service_tells_requests_failures_and_errors(
    store: Store, connection: EmbeddedConnection, database: str, tmp_path: Path
) -> None:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "checkout"
    for number in range(4):
        resource_spans.scope_spans.add().spans.add(
            span_id=bytes([number + 1]) * 8,
            kind=2,
            start_time_unix_nano=NOW_NS,
            end_time_unix_nano=NOW_NS + 100,
            status={"code": 2 if number == 0 else 0},
        )
    raw = request.SerializeToString()
    path = tmp_path / "segment"
    path.write_bytes(_VarintBytes(len(raw)) + raw)
    store.insert_segment("traces", path, segment="one")
    insert_errors(store, [event(0), event(1)], segment="one")

    (row,) = connection.rows(f"SELECT * EXCEPT Minute FROM {database}.error_service_minutes")

    assert row == {
        "ServiceName": "checkout",
        "Requests": 4,
        "FailedRequests": 1,
        "Errors": 2,
        "FailedRatio": 0.25,
        "DurationP50": 100.0,
        "DurationP95": 100.0,
        "DurationP99": 100.0,
    }

"""The error lane as a whole: what becomes of a segment's records."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from collector.drain.segment_reader import TIMESTAMP_FUTURE_NS_MAX, TIMESTAMP_PAST_NS_MAX

DAY_NS = 86_400 * 10**9


def failing(program, text="no stock", **attributes):
    with pytest.raises(ValueError), program.span("order", attributes=attributes):
        raise ValueError(text)


def test_rows_carry_the_whole_way(program, collector):
    """From the SDK's bytes to the row: ids, texts, group, segment."""
    failing(program, **{"user.id": "7"})
    batch = collector.read("traces", program.one_span_request())
    (event,) = batch.events

    assert event.grouping.exception_type == "ValueError"
    assert event.grouping.message == "no stock"
    assert event.sighting.attributes == {"user.id": "7"}
    assert event.sighting.resource["service.name"] == "shop"
    assert event.segment.endswith("traces")
    assert len(event.event_id) == 32


def test_the_same_data_has_the_same_event_id_in_any_segment(program, make_collector):
    """An event id does not depend on when and with what its sighting was drained."""
    failing(program)
    failing(program, "other")
    ids = []
    for requests in ([program.one_span_request()], program.span_requests()):
        collector = make_collector()
        collector.read("metrics")
        for request in requests:
            collector.read("traces", request)
        ids.append({event.event_id for event in collector.events})

    assert ids[0] == ids[1]


def test_secrets_are_not_in_the_rows(program, collector):
    """Attributes and resource are scrubbed like the texts of the exception."""
    failing(program, "password=hunter2", **{"db.password": "hunter2", "url": "http://u:hunter2@h/"})
    try:
        raise ValueError("password=hunter2")
    except ValueError as error:
        program.log(error, header="Authorization: Bearer hunter2hunter2")
    collector.read_each(program.requests())
    for event in collector.events:
        stored = (event.grouping, event.sighting.attributes)

        assert "hunter2" not in repr(stored)
    assert len(collector.events) == 2


def with_time(request, time_ns):
    parsed = ExportTraceServiceRequest.FromString(request)
    span = parsed.resource_spans[0].scope_spans[0].spans[0]
    span.events[0].time_unix_nano = time_ns
    if not time_ns:
        span.start_time_unix_nano = span.end_time_unix_nano = 0
    return parsed.SerializeToString()


RECEIVED_NS = 1_800_000_000_000 * 10**6


@pytest.mark.parametrize(
    ("sent_ns", "stored_ns"),
    [
        (RECEIVED_NS, RECEIVED_NS),
        (RECEIVED_NS - TIMESTAMP_PAST_NS_MAX, RECEIVED_NS - TIMESTAMP_PAST_NS_MAX),
        (RECEIVED_NS - 8 * DAY_NS, RECEIVED_NS - TIMESTAMP_PAST_NS_MAX),
        (RECEIVED_NS + DAY_NS, RECEIVED_NS + TIMESTAMP_FUTURE_NS_MAX),
        (2**64 - 1, RECEIVED_NS + TIMESTAMP_FUTURE_NS_MAX),
        (0, RECEIVED_NS),
    ],
)
def test_times_out_of_range_are_moved_into_it(program, collector, sent_ns, stored_ns):
    """A wrong clock does not hide an error; the time as sent is kept, and it is counted."""
    failing(program)
    (event,) = collector.read("traces", with_time(program.one_span_request(), sent_ns)).events

    assert stored_ns == event.timestamp_ns
    assert sent_ns == event.sighting.timestamp_ns
    assert collector.metric("clamped_timestamps") == (sent_ns != stored_ns)


def test_a_damaged_item_costs_itself_alone(program, collector):
    """What can't be read is handed back with the reason; its neighbours become rows."""
    for text in ("one", "two", "three"):
        failing(program, text)
    requests = program.span_requests()
    # The wire type of an attribute's key becomes one that protobuf does not know.
    requests[1] = requests[1].replace(b"\x0a\x0eexception.type", b"\x0f\x0eexception.type")
    batch = collector.read("traces", *requests)

    assert [event.grouping.message for event in batch.events] == ["one", "three"]
    ((item, reason),) = batch.damaged
    assert b"exception.message" in item
    assert "damaged" in reason


def test_items_without_exceptions_are_not_touched(program, collector):
    """A span that is broken inside, and holds no exception, is the telemetry lane's matter."""
    with program.span("fine", attributes={"key": "value"}):
        pass
    broken = program.one_span_request().replace(b"\x0a\x03key", b"\x0f\x03key")
    batch = collector.read("traces", broken)

    assert not batch.events
    assert not batch.damaged


def test_metrics_have_no_errors(collector):
    """A segment of metrics is empty for the error lane."""
    assert not collector.read("metrics", b"exception.").damaged


def test_what_was_decided_is_counted(program, collector):
    """Rows, re-deliveries and parsers are in the service's own metrics."""
    with pytest.raises(ValueError), program.span("outer"), program.span("inner"):
        raise ValueError
    for _ in range(2):
        collector.read("traces", program.one_span_request())

    assert [collector.metric(f"error_{what}") for what in ("events", "sightings", "redeliveries")] == [1, 1, 2]
    labels = {"parser": "python"}
    assert collector.metrics.registry.get_sample_value("otel_errors_stacks_parsed_total", labels) == 4

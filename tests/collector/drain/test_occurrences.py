"""Which sightings of real programs are one occurrence."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from opentelemetry import trace
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest


class OrderFailed(Exception):
    pass


def fail(text="no stock"):
    raise OrderFailed(text)


def five_nested_spans(p):
    with p.span("1"), p.span("2"), p.span("3"), p.span("4"), p.span("5"):
        fail()


def five_nested_functions(p, level=5):
    with p.span(f"level {level}"):
        if level > 1:
            five_nested_functions(p, level - 1)
        else:
            fail()


def three_retries_in_siblings(p):
    with p.span("order"):
        for _ in range(3):
            try:
                with p.span("attempt"):
                    fail()
            except OrderFailed:
                pass


def retries_of_which_the_last_propagates(p):
    with p.span("request"), p.span("order"):
        for attempt in range(3):
            try:
                with p.span("attempt"):
                    fail()
            except OrderFailed:
                if attempt == 2:
                    raise


def retries_two_spans_deep(p):
    with p.span("order"):
        for _ in range(3):
            try:
                with p.span("attempt"), p.span("call"):
                    fail()
            except OrderFailed:
                pass


def ten_bad_rows_in_one_span(p):
    with p.span("import") as span:
        for _ in range(10):
            try:
                fail("bad row")
            except OrderFailed as error:
                span.record_exception(error)


def ten_bad_rows_logged_in_one_span(p):
    with p.span("import"):
        for _ in range(10):
            try:
                fail("bad row")
            except OrderFailed as error:
                p.log(error)


def ten_bad_rows_recorded_and_logged(p):
    with p.span("import") as span:
        for _ in range(10):
            try:
                fail("bad row")
            except OrderFailed as error:
                span.record_exception(error)
                p.log(error)


def ten_bad_rows_each_in_a_child_span(p):
    with p.span("import") as span:
        for _ in range(10):
            try:
                with p.span("row"):
                    fail("bad row")
            except OrderFailed as error:
                span.record_exception(error)


def ten_bad_rows_and_the_last_is_raised(p):
    with p.span("import") as span:
        for row in range(10):
            try:
                fail("bad row")
            except OrderFailed as error:
                span.record_exception(error)
                if row == 9:
                    raise


def record_then_raise(p):
    with p.span("order") as span:
        try:
            fail()
        except OrderFailed as error:
            span.record_exception(error)
            raise


def record_then_raise_through_three_spans(p):
    with p.span("request"), p.span("order"):
        record_then_raise(p)


def logged_and_raised(p):
    with p.span("order"):
        try:
            fail()
        except OrderFailed as error:
            p.log(error)
            raise


def caught_and_logged_in_the_parent(p):
    with p.span("order"):
        try:
            with p.span("attempt"):
                fail()
        except OrderFailed as error:
            p.log(error)


def logged_on_every_level(p, level=4):
    with p.span(f"level {level}"):
        try:
            if level > 1:
                logged_on_every_level(p, level - 1)
            else:
                fail()
        except OrderFailed as error:
            p.log(error)
            raise


def span_left_twice(p):
    with p.tracer.start_span("order") as span, trace.use_span(span):
        fail()


def three_logs_outside_any_span(p):
    for _ in range(3):
        try:
            fail()
        except OrderFailed as error:
            p.log(error)


def other_errors_in_the_same_span(p):
    with p.span("order") as span:
        for text in ("no stock", "no money", "no address"):
            try:
                fail(text)
            except OrderFailed as error:
                span.record_exception(error)


def two_traces(p):
    for _ in range(2):
        try:
            with p.span("order"):
                fail()
        except OrderFailed:
            pass


PROGRAMS = {
    five_nested_spans: 1,
    five_nested_functions: 1,
    three_retries_in_siblings: 3,
    retries_of_which_the_last_propagates: 3,
    retries_two_spans_deep: 3,
    ten_bad_rows_in_one_span: 10,
    ten_bad_rows_logged_in_one_span: 10,
    ten_bad_rows_recorded_and_logged: 10,
    ten_bad_rows_each_in_a_child_span: 10,
    ten_bad_rows_and_the_last_is_raised: 10,
    record_then_raise: 1,
    record_then_raise_through_three_spans: 1,
    logged_and_raised: 1,
    caught_and_logged_in_the_parent: 1,
    logged_on_every_level: 1,
    span_left_twice: 1,
    three_logs_outside_any_span: 3,
    other_errors_in_the_same_span: 3,
    two_traces: 2,
}


@pytest.fixture(params=PROGRAMS, ids=lambda function: function.__name__)
def ran(request, program):
    """Run a program; with it, how many errors a person would count in it."""
    with contextlib.suppress(OrderFailed):
        request.param(program)
    return program, PROGRAMS[request.param]


def test_one_segment(ran, collector):
    """All spans in one request, then all logs, are counted as a person counts."""
    program, expected = ran
    collector.read("traces", program.one_span_request())
    collector.read("logs", *program.log_requests())

    assert expected == collector.count() == len(collector.events)
    assert not collector.retractions


def test_each_request_in_a_segment_of_its_own(ran, collector):
    """The split over segments changes nothing, nor does it take a row back, when inner spans come first."""
    program, expected = ran
    collector.read_each(program.requests())

    assert expected == collector.count() == len(collector.events)


def test_split_at_every_boundary(ran, make_collector):
    """Two segments instead of one change nothing, wherever the border lies and whichever comes first."""
    program, expected = ran
    spans, logs = program.span_requests(), program.log_requests()
    for border in range(len(spans) + 1):
        for first, second in ((spans[:border], spans[border:]), (spans[border:], spans[:border])):
            collector = make_collector()
            collector.read("traces", *first)
            collector.read("logs", *logs)
            collector.read("traces", *second)

            assert expected == collector.count()


def test_logs_before_spans(ran, collector):
    """Logs that come first are joined by the spans."""
    program, expected = ran
    collector.read_each(reversed(program.requests()))

    assert expected == collector.count()


def test_delivered_again(ran, collector):
    """The same requests again add no row, also after a restart."""
    program, expected = ran
    collector.read_each(program.requests())
    rows = len(collector.events), len(collector.sightings)
    collector.read_each(program.requests())
    collector.restart()
    collector.read_each(program.requests())

    assert expected == collector.count()
    assert rows == (len(collector.events), len(collector.sightings))
    assert 2 * sum(rows) == collector.metric("error_redeliveries")


@pytest.mark.parametrize("run", [five_nested_spans, five_nested_functions])
def test_every_order_of_five_spans(run, program, make_collector):
    """Five spans in five segments are one occurrence in each of the 120 orders, restarts included."""
    with pytest.raises(OrderFailed):
        run(program)
    for order in itertools.permutations(program.requests()):
        collector = make_collector()
        for signal, request in order:
            collector.read(signal, request)
            collector.restart()

        assert collector.count() == 1


def test_rows_are_taken_back_only_when_three_exports_swap(program, make_collector):
    """Spans that come inner first, or as two batches that swapped places, never cost a retraction."""
    with pytest.raises(OrderFailed):
        five_nested_spans(program)
    spans = program.span_requests()
    for border in range(6):
        collector = make_collector()
        collector.read("traces", *spans[border:])
        collector.read("traces", *spans[:border])

        assert len(collector.events) == 1
        assert not collector.retractions


def test_sighting_order_in_a_segment_does_not_matter(program, make_collector):
    """Within a segment the middle span may come last: nothing is stored yet that would have to be taken back."""
    with pytest.raises(OrderFailed):
        five_nested_spans(program)
    for order in itertools.permutations(program.span_requests()):
        collector = make_collector()
        collector.read("traces", *order)

        assert (len(collector.events), len(collector.sightings)) == (1, 4)
        assert not collector.retractions


def test_services_are_apart(make_program, collector):
    """The same exception in another service of the same trace is another occurrence."""
    for service in ("shop", "payments"):
        program = make_program(**{"service.name": service})
        program.tracer.id_generator = FixedIds()
        with pytest.raises(OrderFailed), program.span("order"):
            fail()
        collector.read_each(program.requests())

    assert collector.count() == 2


class FixedIds:
    """Gives every process the same ids."""

    def generate_trace_id(self):
        return 7

    def generate_span_id(self):
        return 8

    def is_trace_id_random(self):
        return False


def test_two_pods_in_one_tick(make_program, collector):
    """Equal log records without a trace from two processes are two, though their clocks agree."""
    for pod in ("a", "b"):
        program = make_program(**{"service.instance.id": pod})
        try:
            fail()
        except OrderFailed as error:
            program.log(error)
        for request in program.log_requests():
            collector.read("logs", same_time(request))

    assert collector.count() == 2


def same_time(request):
    parsed = ExportLogsServiceRequest.FromString(request)
    parsed.resource_logs[0].scope_logs[0].log_records[0].observed_time_unix_nano = 10**18
    return parsed.SerializeToString()

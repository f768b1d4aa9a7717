"""A storm of one error: the first are told in full, the rest by their number, and the sum is exact."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from concurrent.futures import Future

import pytest

import otel_errors


def fail(message="boom"):
    raise ValueError(message)


def fail_in_span(app, message="boom"):
    with pytest.raises(ValueError), app.tracer.start_as_current_span("request"):
        fail(message)


def count_of(app):
    return sum(error.attributes.get("otel_errors.count", 1) for error in app.errors())


@pytest.fixture
def stormy_app(make_app):
    app = make_app()
    app.install(storm_burst_max=3, storm_window_ms=60_000)
    return app


def test_burst_in_full_then_one_event_with_the_count_of_the_rest(stormy_app):
    for number in range(10):
        fail_in_span(stormy_app, f"order {number}")
    assert len(stormy_app.errors()) == 3
    stormy_app.tracer_provider.force_flush()
    *told, carrier = stormy_app.errors()
    assert [error.attributes["exception.message"] for error in told] == ["order 0", "order 1", "order 2"]
    assert (carrier.attributes["otel_errors.count"], carrier.attributes["exception.message"]) == (7, "order 3")
    assert count_of(stormy_app) == 10


def test_copies_of_the_carried_have_the_carriers_id_and_do_not_count(stormy_app):
    for _ in range(5):
        with (
            pytest.raises(ValueError),
            stormy_app.tracer.start_as_current_span("outer"),
            stormy_app.tracer.start_as_current_span("inner"),
        ):
            fail()
    otel_errors.uninstall()
    carrier = stormy_app.errors()[-1].attributes
    events = [event.attributes for event in stormy_app.span_events()]
    assert [attributes.get("otel_errors.count") for attributes in events] == [None] * 6 + [0] * 4
    assert {attributes["otel_errors.event_id"] for attributes in events[6:]} == {carrier["otel_errors.event_id"]}
    assert len({attributes["otel_errors.event_id"] for attributes in events}) == 4


def test_other_types_and_lines_have_windows_of_their_own(stormy_app):
    for _ in range(3):
        fail_in_span(stormy_app)
        with pytest.raises(KeyError), stormy_app.tracer.start_as_current_span("request"):
            raise KeyError
    assert len(stormy_app.errors()) == 6


def test_carrier_is_sent_when_the_window_ends(make_app):
    app = make_app()
    app.install(storm_burst_max=1, storm_window_ms=100)
    for _ in range(4):
        fail_in_span(app)
    until = time.monotonic() + 10
    while count_of(app) < 4 and time.monotonic() < until:
        time.sleep(0.02)
    assert count_of(app) == 4
    time.sleep(0.1)
    fail_in_span(app)  # another window
    assert app.errors()[-1].attributes.get("otel_errors.count") is None


def test_zero_tells_all_in_full(make_app):
    app = make_app()
    app.install(storm_burst_max=0)
    for _ in range(300):
        fail_in_span(app)
    assert len(app.errors()) == 300


def test_many_different_errors_are_bounded_and_exact(stormy_app):
    errors = [type(f"Error{number}", (Exception,), {}) for number in range(1_200)]
    for error in errors:
        for _ in range(5):
            otel_errors.capture(error())
    otel_errors.uninstall()
    assert count_of(stormy_app) == 6_000


def test_sum_is_exact_from_many_threads(make_app):
    app = make_app()
    app.install(storm_burst_max=2, storm_window_ms=100)

    def work():
        for _ in range(200):
            otel_errors.capture(ValueError("boom"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    otel_errors.uninstall()
    assert count_of(app) == 1_600


def test_future_that_dies_while_the_exporter_holds_its_lock_does_not_stop_the_program(make_app):
    """The garbage collector may run anywhere: what it finds is emitted elsewhere."""
    app = make_app()
    lock = threading.Lock()  # as exporters have: a thread can't take it twice
    emitted = []

    class Locked:
        def on_emit(self, record):
            with lock:
                emitted.append(record.log_record.attributes["exception.message"])

        def shutdown(self): ...

        def force_flush(self, _timeout=0):
            return True

    app.logger_provider.add_log_record_processor(Locked())
    app.install()
    future = Future()
    future.me = future
    future.set_exception(ValueError("unread"))
    with lock:
        del future
        gc.collect()
    until = time.monotonic() + 10
    while not emitted and time.monotonic() < until:
        time.sleep(0.01)
    assert emitted == ["unread"]


FORKING = """
    import os
    import sys
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    import otel_errors

    trace.set_tracer_provider(TracerProvider(resource=Resource.create()))
    otel_errors.install(storm_burst_max=1)
    for _ in range(5):
        otel_errors.capture(ValueError("parent"))
    child = os.fork()
    for _ in range(3 if child else 7):
        otel_errors.capture(ValueError("parent" if child else "child"))
    if child:
        assert os.waitpid(child, 0)[1] == 0
"""


def test_forked_child_counts_its_own_alone(run_python, receiver, attributes_of):
    ended = run_python(FORKING, **receiver.environment())
    assert (ended.returncode, ended.stderr) == (0, "")
    counts = {"parent": 0, "child": 0}
    for record in receiver.log_records():
        attributes = attributes_of(record)
        counts[attributes["exception.message"]] += attributes.get("otel_errors.count", 1)
    assert counts == {"parent": 8, "child": 7}


CHILDREN = """
    import multiprocessing
    import sys
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    import otel_errors

    def work():
        raise ValueError("in the child")

    def leave():
        sys.exit(3)

    if __name__ == "__main__":
        trace.set_tracer_provider(TracerProvider(resource=Resource.create()))
        otel_errors.install()
        context = multiprocessing.get_context("fork")
        with trace.get_tracer("app").start_as_current_span("request") as span:
            print(format(span.get_span_context().trace_id, "032x"))
            for target in (work, leave):
                child = context.Process(target=target)
                child.start()
                child.join()
                print(child.exitcode)
"""


def test_exception_that_ends_a_child_process_arrives_with_the_trace_that_started_it(
    run_python, receiver, attributes_of
):
    ended = run_python(CHILDREN, **receiver.environment())
    trace_id, *codes = ended.stdout.split()
    assert codes == ["1", "3"]
    told = {attributes_of(record)["exception.type"]: record for record in receiver.log_records()}
    assert set(told) == {"ValueError", "SystemExit"}
    assert told["ValueError"].trace_id.hex() == trace_id
    assert told["ValueError"].severity_number == 21
    assert attributes_of(told["ValueError"])["otel_errors.mechanism"] == "process"
    assert "Traceback" in ended.stderr
    assert "otel_errors failed" not in ended.stderr


TERMINATED = """
    import os
    import signal
    import time
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    import otel_errors

    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    BEFORE
    otel_errors.install(storm_burst_max=1)
    try:
        with trace.get_tracer("app").start_as_current_span("request"):
            raise ValueError("declined")
    except ValueError:
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(30)
"""


def test_sigterm_sends_what_waits_and_ends_the_program_as_ever(run_python, receiver):
    ended = run_python(TERMINATED.replace("BEFORE", ""), **receiver.environment())
    assert (ended.returncode, ended.stderr) == (-signal.SIGTERM, "")
    assert len(receiver.log_records()) == 1
    assert "request" in receiver.spans()


def test_handler_that_the_application_has_stays(run_python, receiver):
    own = 'signal.signal(signal.SIGTERM, lambda *_: (print("own", flush=True), os._exit(5)))'
    ended = run_python(TERMINATED.replace("BEFORE", own), **receiver.environment())
    assert (ended.returncode, ended.stdout) == (5, "own\n")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform can't fork")
def test_sigterm_is_as_before_after_uninstall(make_app):
    before = signal.getsignal(signal.SIGTERM)
    make_app().install()
    assert signal.getsignal(signal.SIGTERM) is not before
    otel_errors.uninstall()
    assert signal.getsignal(signal.SIGTERM) is before

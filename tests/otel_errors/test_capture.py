"""The stamp on an exception object decides whether it was told before."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import gc
import pickle
import threading
import weakref

import pytest
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, detach, set_value

from otel_errors._capture import STAMP_ATTRIBUTE, read_stamp


class Slotted(ValueError):
    __slots__ = ("code",)


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    code: int = 0


class Inventing(Exception):
    def __getattr__(self, name):
        return f"invented {name}"

    def __setattr__(self, name, value):
        raise TypeError("read only")


@pytest.mark.parametrize("kind", [ValueError, Slotted, Frozen, Inventing, OSError, StopIteration])
def test_every_kind_of_exception_takes_the_stamp(app, kind):
    error = kind()
    for _ in range(2):
        with app.tracer.start_as_current_span("s") as span:
            span.record_exception(error)
            span.record_exception(error)
    assert len(app.errors()) == 2  # two traces
    assert read_stamp(error).event_id == app.errors()[1].attributes["otel_errors.event_id"]


def test_stamp_is_a_tuple_of_plain_values_that_survives_pickle_and_copy(app):
    error = ValueError("x")
    with app.tracer.start_as_current_span("s") as span:
        span.record_exception(error)
        arrived = pickle.loads(pickle.dumps(error))  # noqa: S301 - as a process pool does it
        assert [type(part) for part in vars(arrived)[STAMP_ATTRIBUTE]] == [str, int, int, int, bool, bool]
        span.record_exception(arrived)
        span.record_exception(copy.copy(error))
    assert len(app.errors()) == 1


@pytest.mark.parametrize("foreign", [None, "x", (), ("a", 1), (1, 2, 3, 4, 5), ["a", 1, 2, 3, True]])
def test_what_a_stranger_left_under_our_name_does_not_count(app, foreign):
    error = ValueError("x")
    error.__otel_errors__ = foreign
    with app.tracer.start_as_current_span("s") as span:
        span.record_exception(error)
    assert len(app.errors()) == 1


def test_threads_that_record_one_object_in_one_trace_tell_it_once(app):
    error = ValueError("shared")
    start = threading.Barrier(8)
    with app.tracer.start_as_current_span("s") as span:

        def record():
            start.wait()
            span.record_exception(error)

        threads = [threading.Thread(target=record) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(app.errors()) == 1
    assert len({e.attributes["otel_errors.event_id"] for e in app.span_events()}) == 1


def test_no_frame_outlives_the_call(app):
    class Big:
        pass

    def fail():
        local = Big()
        alive.append(weakref.ref(local))
        with app.tracer.start_as_current_span("s"):
            raise ValueError("x")

    alive: list[weakref.ref[Big]] = []
    gc.disable()  # frames must go by reference counting alone
    try:
        with contextlib.suppress(ValueError):
            fail()
        assert alive[0]() is None
    finally:
        gc.enable()
    assert len(app.errors()) == 1


def test_nothing_is_captured_where_instrumentation_is_suppressed(app):
    token = attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
    try:
        with pytest.raises(ValueError), app.tracer.start_as_current_span("s"):
            raise ValueError("x")
    finally:
        detach(token)
    assert app.errors() == []

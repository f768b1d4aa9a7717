"""A method that another library has wrapped is still called as the method that it is."""

from __future__ import annotations

import wrapt

from otel_errors import _method_patch


class Thread:
    def start(self, *args):
        return (self, args)


def counting(calls):
    def replace(original):
        def start(self, *args):
            calls.append("ours")
            return original(self, *args)

        return start

    return replace


def test_over_a_wrapper_that_looks_like_a_function(monkeypatch):
    calls = []

    @wrapt.decorator
    def theirs(wrapped, instance, args, kwargs):
        calls.append(("theirs", instance))
        return wrapped(*args, **kwargs)

    monkeypatch.setattr(Thread, "start", theirs(Thread.start))
    wrapped, thread, holder = Thread.__dict__["start"], Thread(), Thread()
    _method_patch.hold(Thread, "start", holder, counting(calls))
    assert thread.start(1) == (thread, (1,))
    assert calls == ["ours", ("theirs", thread)]
    _method_patch.release(Thread, "start", holder)
    assert Thread.__dict__["start"] is wrapped


def test_under_a_wrapper_it_stays_and_passes_through(monkeypatch):
    calls, holder = [], Thread()
    monkeypatch.setattr(Thread, "start", Thread.start)
    _method_patch.hold(Thread, "start", holder, counting(calls))

    @wrapt.decorator
    def theirs(wrapped, instance, args, kwargs):
        return wrapped(*args, **kwargs)

    monkeypatch.setattr(Thread, "start", theirs(Thread.__dict__["start"]))
    _method_patch.release(Thread, "start", holder)
    thread = Thread()
    assert thread.start() == (thread, ())
    assert calls == ["ours"]


def test_one_that_its_holder_left_under_a_wrapper_is_made_anew_for_the_next(monkeypatch):
    first, second = [], []
    monkeypatch.setattr(Thread, "start", Thread.start)
    original, holders = Thread.__dict__["start"], (Thread(), Thread())
    _method_patch.hold(Thread, "start", holders[0], counting(first))
    ours = Thread.__dict__["start"]
    monkeypatch.setattr(Thread, "start", lambda self: (ours(self), "theirs"))  # another library's, for a while
    _method_patch.release(Thread, "start", holders[0])
    monkeypatch.setattr(Thread, "start", ours)

    _method_patch.hold(Thread, "start", holders[1], counting(second))
    Thread().start()
    assert (first, second) == ([], ["ours"])
    _method_patch.release(Thread, "start", holders[1])
    assert Thread.__dict__["start"] is original

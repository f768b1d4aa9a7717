"""Who was there: `set_user()` for a trace, else the baggage; hashed unless asked otherwise."""

from __future__ import annotations

import contextlib
import threading

import pytest
from opentelemetry import baggage
from opentelemetry.context import attach, detach

import otel_errors
from otel_errors._content.by_trace import ByTrace


@contextlib.contextmanager
def carrying(**items):
    context = None
    for name, value in items.items():
        context = baggage.set_baggage(name.replace("_", "."), value, context)
    token = attach(context)
    yield
    detach(token)


def fail(app, work=lambda: None):
    with contextlib.suppress(ValueError), app.tracer.start_as_current_span("s"):
        work()
        raise ValueError("x")
    return app.errors()[-1].attributes


def test_nobody(app):
    assert not {"user.id", "user.hash", "session.id"} & fail(app).keys()


def test_baggage_is_hashed(app):
    with carrying(user_id="joe@example.com", session_id="s-17", tenant="acme"):
        told = fail(app)
        again = fail(app)
    with carrying(user_id="ann@example.com"):
        other = fail(app)
    assert len(told["user.hash"]) == len(told["session.id"]) == 32
    assert told["user.hash"] == again["user.hash"] != other["user.hash"]
    assert not {"user.id", "tenant"} & told.keys()
    assert "joe@example.com" not in repr(told)
    (event, *_) = app.span_events()
    assert event.attributes["user.hash"] == told["user.hash"]


def test_key_and_service_make_the_hash(make_app):
    hashes = []
    for key in ("", "secret", "other", "secret"):
        app = make_app()
        app.install(user_hash_key=key)
        with carrying(user_id="7"):
            hashes.append(fail(app)["user.hash"])
        otel_errors.uninstall()
    assert hashes[1] == hashes[3]
    assert len(set(hashes)) == 3


def test_ids_as_they_are_and_other_keys_where_asked_for(make_app, monkeypatch):
    monkeypatch.setenv("OTEL_ERRORS_RAW_USER_IDS", "true")
    monkeypatch.setenv("OTEL_ERRORS_BAGGAGE_KEYS", "user.id, tenant,token")
    app = make_app()
    app.install()
    with carrying(user_id="joe@example.com", tenant="of ann@example.com", token="hunter2", session_id="4"):
        told = fail(app)
    assert (told["user.id"], told["tenant"], told["token"]) == ("joe@example.com", "of [email]", "***")
    assert not {"user.hash", "session.id"} & told.keys()


def test_user_of_the_trace_is_known_wherever_it_fails(app):
    def in_another_thread():
        with app.tracer.start_as_current_span("inner"):
            thread = threading.Thread(target=set_user_here, args=(otel_errors,))
            thread.start()
            thread.join()

    def set_user_here(sdk):
        otel_errors.set_user("nobody")  # no trace here
        token = attach(context[0])
        sdk.set_user("7", session="s")
        detach(token)

    context = []

    def work():
        from opentelemetry.context import get_current  # noqa: PLC0415 - the context in here

        context.append(get_current())
        in_another_thread()

    told = fail(app, work)
    assert len(told["user.hash"]) == 32
    assert "user.hash" not in fail(app)  # another trace


def test_user_comes_before_baggage_and_can_be_taken_back(app):
    with carrying(user_id="7"):
        by_baggage = fail(app)["user.hash"]
        assert fail(app, lambda: otel_errors.set_user("8"))["user.hash"] != by_baggage
        assert fail(app, lambda: (otel_errors.set_user("8"), otel_errors.set_user(None)))["user.hash"] == by_baggage


def test_what_a_span_says_stays(app):
    said = {"user.id": "9", "session.id": "mine"}
    with carrying(user_id="7"), contextlib.suppress(ValueError), app.tracer.start_as_current_span("s", attributes=said):
        raise ValueError("x")
    told = app.errors()[0].attributes
    assert (told["user.id"], told["session.id"]) == ("9", "mine")


def test_nothing_without_install():
    otel_errors.set_user("7")


@pytest.mark.parametrize("user", ["", "x" * 100_000, "\ud800", 7])
def test_any_id(app, user):
    assert len(fail(app, lambda: otel_errors.set_user(user))["user.hash"]) == 32


def test_traces_that_are_remembered_are_bounded():
    kept: ByTrace[int] = ByTrace(3)
    for trace_id in range(10):
        kept.replace(trace_id, trace_id)
        assert kept.keep(trace_id, -1) == trace_id
    assert [kept.get(trace_id) for trace_id in range(6, 10)] == [None, 7, 8, 9]
    kept.forget(9)
    kept.forget(9)
    assert kept.get(9) is None

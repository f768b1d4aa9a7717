"""The chain and its frames as data, source lines and local variables: only where they are asked for."""

from __future__ import annotations

import contextlib
import datetime as dt
import enum
import json
import sys
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_errors._content.details import DETAILS_CHARS_MAX, is_in_app
from otel_errors._content.values import TEXT_CHARS_MAX, Printer
from otel_errors._guard import Guard
from otel_errors._redact import Redactor


def charge(order):
    password = "hunter2"
    note = f"of joe@example.com for {order}"
    try:
        return {}[order]
    except KeyError as error:
        raise ValueError(note, password) from error


def described(make_app, fail=charge, **settings):
    app = make_app()
    app.install(**settings)
    with contextlib.suppress(Exception), app.tracer.start_as_current_span("s"):
        fail(17)
    return app.errors()[0].attributes


def details(make_app, **settings):
    return json.loads(described(make_app, **settings)["otel_errors.exceptions"])


def test_nothing_unless_asked_for(make_app):
    assert "otel_errors.exceptions" not in described(make_app)


def test_chain_with_all_frames(make_app):
    reported, cause = details(make_app, structured=True)
    assert (reported["type"], "relation" in reported) == ("ValueError", False)
    assert (cause["type"], cause["message"], cause["relation"], cause["of"]) == ("KeyError", "17", "cause", 0)
    frame = reported["frames"][0]
    assert frame["function"] == "charge"
    assert frame["module"] == __name__
    assert (frame["file"], frame["in_app"]) == (__file__, True)
    assert frame["line"] == charge.__code__.co_firstlineno + 6
    assert [f["function"] for f in reported["frames"]][1] == "described"
    assert "[email]" in reported["message"]
    assert not {"source", "locals"} & frame.keys()


def test_source_lines_around_in_app_frames(make_app):
    frame = details(make_app, source_lines=1)[0]["frames"][0]
    assert frame["first_line"] == frame["line"] - 1
    assert frame["source"] == [
        "    except KeyError as error:",
        "        raise ValueError(note, password) from error",
        "",
    ]


def test_variables_of_in_app_frames_are_redacted(make_app):
    frame = details(make_app, locals=True)[0]["frames"][0]
    assert frame["locals"] == {"order": "17", "password": "***", "note": "'of [email] for 17'"}


def test_only_in_app_frames_where_all_are_not_asked_for(make_app):
    def fail(order):
        json.loads("{" + str(order))

    app_only = json.loads(described(make_app, fail, locals=True)["otel_errors.exceptions"])[0]["frames"]
    assert app_only[0]["function"].endswith("fail")
    assert is_in_app(__file__)
    assert not is_in_app(json.__file__)
    assert not is_in_app("/srv/venv/lib/python3.12/site-packages/requests/api.py")
    assert not is_in_app("<frozen importlib._bootstrap>")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups and notes")
def test_groups_and_notes(make_app):
    def fail(order):
        error = ValueError("one")
        error.add_note("password=hunter2")
        raise ExceptionGroup("both", [error, TypeError("two")])  # noqa: F821 - Python 3.11

    chain = json.loads(described(make_app, fail, structured=True)["otel_errors.exceptions"])
    assert [(e["message"], e.get("relation"), e.get("of")) for e in chain] == [
        ("both (2 sub-exceptions)", None, None),
        ("one", "member", 0),
        ("two", "member", 0),
    ]
    assert chain[1]["notes"] == ["password=***"]


@pytest.mark.parametrize("depth", [17, 200])
def test_attribute_is_bounded_and_stays_json(make_app, depth):
    def fail(_order, left=depth):
        variables = ["x" * 10_000] * 8  # noqa: F841 - a local variable
        if left == 0:
            raise ValueError("y" * 100_000)
        fail(_order, left - 1)

    text = described(make_app, fail, structured=True, locals=True, source_lines=5)["otel_errors.exceptions"]
    assert DETAILS_CHARS_MAX / 2 < len(text) <= DETAILS_CHARS_MAX
    assert json.loads(text)[0]["frames"][0]["function"].endswith("fail")


class Order:
    def __init__(self):
        self.number = 4
        self.token = "hunter2"
        self.lines = [1, 2]

    def __repr__(self):
        raise AssertionError("the application's own code ran")

    __str__ = __hash__ = __len__ = __iter__ = __bool__ = __getattribute__ = __eq__ = __repr__


class Colour(enum.IntEnum):
    RED = 1


class Sly(dict):
    def __init__(self):
        super().__init__(a=1)

    def items(self):
        raise AssertionError("the application's own code ran")

    __repr__ = __len__ = __iter__ = items


class Slotted:
    __slots__ = ("x",)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (17, "17"),
        (True, "True"),
        (None, "None"),
        (1.5, "1.5"),
        ("it's", '"it\'s"'),
        ("password=hunter2", "'password=***'"),
        (b"token=hunter2", "b'token=***'"),
        ([1, "a", [2, [3, [4]]]], "[1, 'a', [2, [3, <list>]]]"),
        ({"a": 1, "token": ["x"]}, "{'a': 1, 'token': ***}"),
        ({4111111111111111}, "{***}"),
        (list(range(20)), "[0, 1, 2, 3, 4, 5, 6, 7, ... 20 in all]"),
        (dt.date(2026, 11, 24), "datetime.date(2026, 11, 24)"),
        (uuid.UUID(int=4), "UUID('00000000-0000-0000-0000-000000000004')"),
        (1 << 5000, "<number of 5001 bits>"),
        (Slotted, f"<{__name__}.Slotted>"),
        (Order, f"<{__name__}.Order number=4, token=***, lines=[1, 2]>"),
        (Colour.RED, f"{__name__}.Colour(1)"),
        (Sly, f"{__name__}.Sly({{'a': 1}})"),
    ],
)
def test_value_is_printed_without_code_of_the_application(value, text):
    if isinstance(value, type):  # made here: pytest would run its code
        value = value()
    assert Printer(redactor().value).text("value", value) == text


def redactor():
    return Redactor(guard=Guard())


def test_value_that_holds_itself_is_bounded():
    loop: list[object] = []
    loop.extend([loop] * 100)
    assert len(Printer(redactor().value).text("loop", loop)) <= TEXT_CHARS_MAX


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes() | st.decimals(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner) | st.frozensets(st.text()),
    max_leaves=30,
)


@given(st.text(), VALUES)
@settings(deadline=None)
def test_any_value_is_printed_within_bounds(name, value):
    text = Printer(redactor().value).text(name, value)
    assert len(text) <= TEXT_CHARS_MAX
    assert text != "<unprintable>"

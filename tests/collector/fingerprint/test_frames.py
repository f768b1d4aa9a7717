"""Which frames count, and why not the others."""

from __future__ import annotations

import pytest

from collector.fingerprint.v1 import frames as v1
from collector.fingerprint.v1 import key
from collector.fingerprint.v1.languages.python import RULES
from collector.fingerprint.v1.message import template
from collector.model import Frame, StackException


def app(name: str, function: str = "f") -> Frame:
    return Frame(module=name, function=function, file=f"/srv/{name}.py", in_app=True)


def lib(module: str, function: str = "g") -> Frame:
    return Frame(module=module, function=function, file=f"/x/site-packages/{module}.py")


def value(*exceptions: StackException, message: str = "") -> str:
    return key.complete(key.select(exceptions, (), "python"), template(message)).value


def one(*frames: Frame, kind: str = "E", message: str = "") -> str:
    return value(StackException(type=kind, frames=frames), message=message)


def test_every_view_of_one_raise_is_one_fingerprint() -> None:
    """[get], [load, get] and [<module>, handler, load, get] agree, with libraries between or below."""
    get, load, handler, module = (
        app("pay", "get"),
        app("pay", "load"),
        app("web", "handler"),
        app("web", "<module>"),
    )
    near = one(get)
    assert near == one(get, load) == one(get, load, handler, module)
    assert near == one(lib("requests.api"), get, lib("contextlib"), load)


@pytest.mark.parametrize("other", [one(app("pay", "put")), one(app("cart", "get")), one(app("pay", "get"), kind="F")])
def test_function_module_and_type_keep_errors_apart(other: str) -> None:
    """A different place or type is a different error."""
    assert other != one(app("pay", "get"))


def test_without_in_app_frames_all_but_middleware_count() -> None:
    """Each function once; the web server's frames say nothing."""
    why = v1.reasons(
        [
            lib("yaml.reader"),
            lib("yaml"),
            lib("yaml"),
            lib("starlette.routing"),
            lib("opentelemetry.trace"),
        ],
        RULES,
        recursion=False,
        any_in_app=False,
    )
    assert why == [v1.COUNTED, v1.COUNTED, v1.RECURSION, v1.MIDDLEWARE, v1.TELEMETRY]


def test_an_in_app_frame_anywhere_in_the_chain_makes_libraries_count_by_type_alone() -> None:
    """A library's inner frames change with its version."""
    cause = StackException(type="Timeout", frames=(lib("urllib3.pool"),), relation="cause")
    newer = StackException(type="Timeout", frames=(lib("urllib3.pool2"),), relation="cause")
    outer = StackException(type="E", frames=(app("pay"),))
    assert value(outer, cause) == value(outer, newer)


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("/src/opentelemetry-api/src/opentelemetry/trace/__init__.py", False),
        ("/src/otel/otel_errors/_capture.py", False),
        ("/src/otel/otel_errors/_paths/futures.py", False),
        ("/home/bob/otel_errors/examples/shop.py", True),
        ("/srv/opentelemetry/pay.py", True),
    ],
)
def test_opentelemetry_frames_are_dropped_from_checkouts_too(file: str, *, counts: bool) -> None:
    """A program in a folder of that name is still a program."""
    frame = Frame(module="m", function="f", file=file, in_app=True)
    found = v1.reasons([frame], RULES, recursion=False, any_in_app=True)
    assert found == [v1.COUNTED if counts else v1.TELEMETRY]


def test_generated_names_do_not_matter() -> None:
    """Long numbers, hashes and the counters of generated files."""
    assert one(app("<ipython-input-3-ab12cd34ef56>")) == one(app("<ipython-input-17-ff12cd34ef56>"))
    assert one(app("12345")) == one(app("67890"))
    assert one(app("step_a")) != one(app("step_b"))


def test_the_module_of_a_type_does_not_matter() -> None:
    """`__main__.E` in one signal is `E` in another."""
    assert one(app("a"), kind="json.decoder.E") == one(app("a"), kind="E")


def test_members_of_a_group_are_a_set() -> None:
    """Their number and order vary from run to run."""
    group = StackException(type="ExceptionGroup", frames=(app("a"),))
    bad = StackException(type="ValueError", frames=(app("b"),), relation="member")
    gone = StackException(type="KeyError", frames=(app("c"),), relation="member")
    assert value(group, bad, gone) == value(group, gone, bad, bad)
    assert value(group, bad) != value(group, gone)


def test_retries_in_a_chain_count_once() -> None:
    """The same exception while handling itself, any number of times."""
    first = StackException(type="E", frames=(app("a"),))
    again = StackException(type="E", frames=(app("a"),), relation="context")
    assert value(first) == value(first, again, again)


@pytest.mark.parametrize(
    ("kind", "function", "counts"),
    [
        ("RuntimeError", "pay", True),
        ("builtins.Exception", "pay", True),
        ("shop.Order.DoesNotExist", "pay", True),
        ("ValueError", "pay", False),
        ("ValueError", "fail", True),
        ("ValueError", "_raise_for_status", True),
        ("ValueError", "failover", False),
    ],
)
def test_the_message_counts_where_the_stack_cannot_tell(kind: str, function: str, *, counts: bool) -> None:
    """Generic types and raise helpers; elsewhere the message is free to vary."""
    frame = app("a", function)
    one_message, other = (
        one(frame, kind=kind, message="no stock"),
        one(frame, kind=kind, message="no money"),
    )
    assert (one_message != other) is counts
    assert one(frame, kind=kind, message="id 1") == one(frame, kind=kind, message="id 22")


def test_no_two_lists_of_components_look_alike() -> None:
    """The encoding is unambiguous."""
    assert key._hash(("ab", "c"), 8) != key._hash(("a", "bc"), 8)

"""The text is the standard library's, bounded, and keeps the raise point and the last line."""

from __future__ import annotations

import builtins
import os
import time
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_errors._traceback import EXCEPTIONS_MAX, fit, render

# Python 3.10 has no groups: a plain error takes their place there.
Group = getattr(builtins, "ExceptionGroup", ValueError)
LIMITS = {"frames_max": 100, "message_length_max": 8_192}


def raised(error: BaseException, depth: int = 3) -> BaseException:
    """`error`, raised `depth` frames down."""

    def descend(left):
        if left <= 1:
            raise error
        ascend(left - 1)

    def ascend(left):  # two functions in turn, or the lines would be folded into "repeated"
        if left <= 1:
            raise error
        descend(left - 1)

    try:
        descend(depth)
    except BaseException as caught:
        return caught
    raise AssertionError


def chained(*errors: BaseException, cause: bool = True) -> BaseException:
    previous = None
    for error in errors:
        try:
            if cause:
                raise error from previous
            error.__context__ = previous
            raise error
        except BaseException as caught:
            previous = caught
    return previous


def with_notes(error: BaseException) -> BaseException:
    error.__notes__ = ["seen by the till"]
    return error


def a_syntax_error() -> BaseException:
    try:
        compile("1 +", "price.py", "eval")
    except SyntaxError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    "error",
    [
        raised(ValueError("boom")),
        raised(ValueError("two\nlines")),
        raised(ValueError()),
        ValueError("never raised"),
        chained(KeyError("a"), OSError("b"), RuntimeError("c")),
        chained(OSError("b"), RuntimeError("c"), cause=False),
        raised(Group("two", [raised(ValueError("a")), chained(KeyError("b"), OSError())])),
        with_notes(raised(ValueError("noted"))),
        a_syntax_error(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_within_the_limits_the_text_is_the_standard_librarys(error):
    assert fit(render(error, **LIMITS), 65_536) == "".join(traceback.format_exception(error))


def lines_of(error: BaseException, length_max: int, **limits) -> list[str]:
    text = fit(render(error, **(LIMITS | limits)), length_max)
    assert len(text) <= length_max
    return text.splitlines()


def test_deep_stack_loses_its_outermost_frames():
    lines = lines_of(raised(ValueError("boom"), depth=80), 2_000)
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].endswith("outer frames cut]")
    assert "raise error" in lines[-2]
    assert lines[-1] == "ValueError: boom"


def test_number_of_frames_is_limited_before_they_are_formatted():
    text = fit(render(raised(ValueError("boom"), depth=200), frames_max=10, message_length_max=99), 65_536)
    assert text.count("  File ") == 10
    assert "raise error" in text


def test_long_message_does_not_push_the_raise_point_out():
    lines = lines_of(raised(ValueError("x" * 100_000)), 1_500)
    assert any("raise error" in line for line in lines)
    assert lines[-1].startswith("ValueError: xxx")
    assert lines[-1].endswith("characters, cut]")


def test_chain_loses_outer_frames_of_each_exception():
    error = chained(*(raised(ValueError(f"number {n}"), depth=40) for n in range(3)))
    lines = lines_of(error, 4_000)
    assert [line for line in lines if line.startswith("ValueError")] == [f"ValueError: number {n}" for n in range(3)]


@pytest.mark.skipif(Group is ValueError, reason="needs Python 3.11")
def test_group_keeps_its_own_raise_point_which_is_at_the_top():
    group = raised(Group("many", [raised(ValueError(str(n)), 20) for n in range(40)]))
    lines = lines_of(group, 3_000)
    assert "Exception Group Traceback" in lines[0]
    assert any("ExceptionGroup: many" in line for line in lines)


def an_endless_chain() -> BaseException:
    error: BaseException = KeyError("first")
    for n in range(5_000):
        following = ValueError(n)
        following.__context__ = error
        error = following
    return raised(error)


def a_wide_group() -> BaseException:
    return raised(Group("wide", [ValueError(n) for n in range(100_000)]))


def a_circle() -> BaseException:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    return raised(first)


@pytest.mark.parametrize("make", [an_endless_chain, a_wide_group, a_circle])
def test_monstrous_chain_is_rendered_in_bounded_time(make):
    error = make()
    start = time.process_time()
    text = fit(render(error, **LIMITS), 65_536)
    assert time.process_time() - start < 0.5
    assert "raised" in text
    assert text.count("Error: ") <= 2 * EXCEPTIONS_MAX


class Hostile(Exception):
    def __str__(self):
        raise RuntimeError("no str")

    def __repr__(self):
        raise RuntimeError("no repr")


class HostileNotes(Exception):
    @property
    def __notes__(self):
        raise RuntimeError("no notes")


class HostileCause(Exception):
    @property
    def __cause__(self):
        raise RuntimeError("no cause")


class NotAString(Exception):
    def __str__(self):
        return 42  # noqa: PLE0307 - that is the point


@pytest.mark.parametrize("kind", [Hostile, HostileNotes, HostileCause, NotAString])
def test_hostile_exception_is_rendered_with_its_raise_point(kind):
    rendered = render(raised(kind()), **LIMITS)
    text = fit(rendered, 65_536)
    assert rendered.type.endswith(kind.__name__)
    assert "in descend" in text
    assert kind.__name__ in text.splitlines()[-1] or "Error" in text


def test_recursion_error_is_rendered():
    def forever():
        forever()

    try:
        forever()
    except RecursionError as error:
        lines = lines_of(error, 65_536)
    assert lines[-1].startswith("RecursionError: maximum recursion depth exceeded")


@given(
    depth=st.integers(1, 60),
    messages=st.lists(st.text(max_size=400), min_size=1, max_size=4),
    length_max=st.integers(256, 20_000),
)
def test_any_chain_fits_any_limit_and_keeps_its_type(depth, messages, length_max):
    error = chained(*(raised(ValueError(message), depth) for message in messages))
    text = fit(render(error, **LIMITS), length_max)
    assert len(text) <= length_max
    whole = "".join(traceback.format_exception(error))
    if len(whole) <= length_max:
        assert text == whole
    elif length_max >= 1_500:
        assert "raise error" in text
        assert "ValueError" in text


def test_type_of_builtins_is_bare_and_others_are_qualified():
    assert render(ValueError("x"), **LIMITS).type == "ValueError"
    assert render(Hostile(), **LIMITS).type == f"{__name__}.Hostile"


def test_text_that_no_exporter_can_encode_is_written_as_python_prints_it() -> None:
    """A lone surrogate, of a file name that is no UTF-8 say, would cost the whole batch."""
    name = os.fsdecode(b"/data/caf\xe9")
    error = chained(ValueError(name), FileNotFoundError(2, "No such file", name))

    rendered = render(error, **LIMITS)

    assert rendered.message == "[Errno 2] No such file: '/data/caf\\udce9'"
    text = fit(rendered, 10_000)
    assert text.count("/data/caf\\udce9") == 2
    assert (rendered.title + text).encode()

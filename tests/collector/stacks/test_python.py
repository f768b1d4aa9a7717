"""Python stacks that no golden file shows: cut off, wrapped in logs, ended differently."""

from __future__ import annotations

import pytest

from collector.grouping import explain
from collector.stacks import python

HEADER = "Traceback (most recent call last):\n"
GET = '  File "/srv/pay.py", line 3, in get\n    raise PaymentError(1)\n'
LOAD = '  File "/srv/pay.py", line 9, in load\n    get()\n    ^^^^^\n'
PLAIN = HEADER + LOAD + GET + "pay.PaymentError: order 1\n"
CHAIN = (
    HEADER + '  File "/srv/db.py", line 2, in ask\nKeyError: 7\n\n'
    "During handling of the above exception, another exception occurred:\n\n" + PLAIN
)


def frames(text: str) -> list[str]:
    return [f"{f.module}.{f.function}" for f in explain(text).stack.exceptions[0].frames]


def chain(text: str) -> list[tuple[str, str]]:
    return [(error.relation, error.type) for error in explain(text).stack.exceptions]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.rstrip(),
        "2026-11-24 11:04 ERROR payment failed\nmore words\n" + PLAIN,
        "Exception in thread Thread-1 (work):\n" + PLAIN,
        PLAIN.replace("    raise PaymentError(1)\n", "").replace("    get()\n    ^^^^^\n", ""),
        PLAIN.replace(GET, GET + "  [Previous line repeated 12 more times]\n"),
    ],
    ids=["crlf", "no last newline", "log text before", "thread", "no source lines", "repeats"],
)
def test_the_wrapping_of_a_stack_changes_nothing(text: str) -> None:
    """Line ends, log lines and source lines don't matter."""
    grouping = explain(text)
    assert grouping.exception_type == "pay.PaymentError"
    assert grouping.message == "order 1"
    assert grouping.fingerprint.value == explain(PLAIN).fingerprint.value


def test_a_stack_without_its_head_is_read_from_its_first_whole_frame() -> None:
    """A cut-off beginning costs the outer frames only."""
    assert frames("in load\n    get()\n" + GET + "pay.PaymentError: order 1\n") == ["pay.get"]


def test_a_stack_without_its_tail_takes_the_type_that_was_sent() -> None:
    """A length limit of the SDK cuts the last line off; the attribute has the type."""
    cut = explain(HEADER + LOAD + GET, exception_type="pay.PaymentError", exception_message="order 1")
    assert cut.exception_type == "pay.PaymentError"
    assert cut.message == "order 1"
    assert cut.fingerprint.value == explain(PLAIN).fingerprint.value


def test_a_chain_has_the_reported_exception_first() -> None:
    """Text has the root cause first, `Stack` the reported one."""
    found = [(e.type, e.relation) for e in explain(CHAIN).stack.exceptions]
    assert found == [("pay.PaymentError", ""), ("KeyError", "context")]


def test_a_cause_that_was_never_raised_has_no_frames() -> None:
    """`raise A from B()` prints B as one line before the marker."""
    text = "OSError: x\n\nThe above exception was the direct cause of the following exception:\n\n" + PLAIN
    stack = explain(text).stack
    assert [(e.type, len(e.frames)) for e in stack.exceptions] == [
        ("pay.PaymentError", 2),
        ("OSError", 0),
    ]


def test_empty_lines_between_frames_are_passed_over() -> None:
    """Loguru prints them, with values below source lines."""
    text = (
        "2026-11-24 11:04:00.1 | ERROR    | shop:run:17 - failed\n"
        + HEADER
        + '\n  File "/srv/run.py", line 1, in run\n'
        "    pay(order)\n    │   └ 17\n    └ <function pay at 0x7f3d>\n"
        '\n  File "/srv/pay.py", line 3, in pay\n    raise Declined(order)\n\nDeclined: 17\n'
    )
    assert frames(text) == ["pay.pay", "run.run"]
    assert explain(text).exception_type == "Declined"


def test_a_known_opening_that_goes_on_after_an_empty_line_is_none() -> None:
    """The same text is cut in the same way, whatever came before it."""
    opening = python.outline(PLAIN).opening
    text = opening + "\n" + LOAD + "\nKeyError: 7\n"
    assert python.outline(text, [opening]) == python.outline(text)


def test_what_another_process_raised_is_one_exception() -> None:
    """A pool chains it to itself: as a quoted text, and where it was waited for."""
    there = HEADER + '  File "/srv/pay.py", line 3, in pay\n    raise Declined(order)\nDeclined: 17\n'
    here = HEADER + '  File "/srv/run.py", line 1, in run\n    pool.submit(pay, order).result()\nDeclined: 17\n'
    cause = "\nThe above exception was the direct cause of the following exception:\n\n"
    text = f'concurrent.futures.process._RemoteTraceback: \n"""\n{there}"""\n{cause}{here}'
    assert chain(text) == [("", "Declined")]
    assert explain(text).message == "17"
    assert explain(text).fingerprint.value == explain(there).fingerprint.value
    wrapped = text + cause + here.replace("Declined: 17", "Failed: 17")
    assert chain(wrapped) == [("", "Failed"), ("cause", "Declined")]


def test_three_exceptions_in_a_chain_keep_their_relations() -> None:
    """Every marker ties the exception before it to the one after it."""
    text = PLAIN + "\nThe above exception was the direct cause of the following exception:\n\n" + CHAIN
    found = [(e.type, e.relation) for e in explain(text).stack.exceptions]
    assert found == [
        ("pay.PaymentError", ""),
        ("KeyError", "context"),
        ("pay.PaymentError", "cause"),
    ]


def test_the_outermost_frame_of_the_sdk_shows_an_escape() -> None:
    """`use_span` outermost means that the exception left the span."""
    sdk = '  File "/x/site-packages/opentelemetry/trace/__init__.py", line 602, in use_span\n    yield span\n'
    assert explain(HEADER + sdk + GET + "E: 1").stack.escaped_span
    assert not explain(HEADER + LOAD + sdk + GET + "E: 1").stack.escaped_span


def test_the_raise_site_is_the_innermost_frame_from_every_view() -> None:
    """File, line and function of the raise."""
    near, far = explain(HEADER + GET + "E: 1"), explain(PLAIN)
    assert near.stack.raise_site == far.stack.raise_site == "/srv/pay.py:3:get"


def test_a_message_of_megabytes_leaves_the_frames() -> None:
    """The text is bounded at its end when its end holds no frame."""
    assert frames(PLAIN + "x" * 2_000_000) == ["pay.get", "pay.load"]


def test_of_endless_frames_the_innermost_stay() -> None:
    """The text is bounded at its beginning."""
    assert frames(HEADER + LOAD * 50_000 + GET + "E: 1")[:2] == ["pay.get", "pay.load"]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("ValueError: a: b\n", ("ValueError", "a: b")),
        ("a.b.<locals>.Err: x", ("a.b.<locals>.Err", "x")),
        ("KeyError\n", ("KeyError", "")),
        ("E: one\ntwo\n", ("E", "one\ntwo")),
        ("not a type: x", ("", "not a type: x")),
        ("E: one\n  | two\n  | three\n", ("E", "one\ntwo\nthree")),
        ("", ("", "")),
    ],
)
def test_a_head_is_type_and_message(head: str, expected: tuple[str, str]) -> None:
    """The type ends at the first colon, if it is a name."""
    assert python.read_head(head) == expected

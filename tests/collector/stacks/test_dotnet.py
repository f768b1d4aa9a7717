""".NET stacks that no golden file shows: cut off, in logs, of other runtimes, hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.grouping import explain
from collector.stacks import dotnet
from collector.stacks.in_app.dotnet import locate
from collector.stacks.outline import STACK_CHARS_MAX

CONNECT = "   at Acme.Gateway.Connect(String host) in /srv/Gateway.cs:line 12\n"
CHARGE = "   at Acme.Gateway.Charge(Int32 order) in /srv/Gateway.cs:line 20\n"
PLAIN = "Acme.PaymentError: order 1\n" + CONNECT + CHARGE
END = "   --- End of inner exception stack trace ---\n"
CHAIN = "Acme.PaymentError: order 1\n ---> System.IO.IOException: down\n" + CONNECT + END + CHARGE
PIECES = [
    *("Acme.PaymentError: order 1", "Acme.PaymentError: order 2", "System.AggregateException: many (a)", "E", "x"),
    *("\n", " ", CONNECT, CHARGE, END, "\n" + CONNECT.rstrip(), "\n" + CHARGE.rstrip(), "\n ---> ", " ---> ", "<---"),
    *("---> (Inner Exception #0) ", " ---> (Inner Exception #1) ", "--- End of stack trace from previous location ---"),
    *(
        "   at Acme.Cut",
        "   at (wrapper x) A.B (",
        "  at A.B (System.Int32 x) [0x00001] in <ab12>:0 ",
        "Unhandled exception. ",
    ),
]


def chain(text: str) -> list[tuple[str, str, list[str]]]:
    errors = explain(text).stack.exceptions
    return [(e.type, e.relation, [f"{f.module}.{f.function}" for f in e.frames]) for e in errors]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.rstrip(),
        "Unhandled exception. " + PLAIN,
        "Unhandled Exception:\n" + PLAIN,
        "[ERROR] FATAL UNHANDLED EXCEPTION: " + PLAIN,
        "fail: Acme.Orders[0]\n2026-11-24 payment failed\n" + PLAIN,
        "fail: Acme.Orders[0]\n" + "".join(f"      {line}\n" for line in ("it failed\n" + PLAIN).splitlines()),
        PLAIN + "ClientConnectionId:6d1c\nError Number:1205,State:51,Class:13\n",
        PLAIN + "   at Acme.Program.Ma",
        PLAIN.replace(" in /srv/Gateway.cs:line 12", ""),
        PLAIN.replace("order 1\n", "order 1\n  in two lines (or more)\n"),
        PLAIN.replace(CHARGE, "--- End of stack trace from previous location ---\n" + CHARGE),
    ],
    ids=[
        "crlf",
        "end",
        "unhandled",
        "older",
        "mono",
        "log",
        "console",
        "appended",
        "cut line",
        "no symbols",
        "lines",
        "async",
    ],
)
def test_the_wrapping_of_a_stack_changes_nothing(text: str) -> None:
    """Line ends, log lines, symbols and what a type adds after its stack don't matter."""
    grouping = explain(text)
    assert grouping.exception_type == "Acme.PaymentError"
    assert grouping.message.startswith("order 1")
    assert grouping.fingerprint.value == explain(PLAIN).fingerprint.value


def test_a_stack_without_its_head_takes_the_type_that_was_sent() -> None:
    """`Exception.StackTrace` has frames alone, perhaps trimmed."""
    for text in (CONNECT + CHARGE, (CONNECT + CHARGE).strip()):
        grouping = explain(text, exception_type="Acme.PaymentError", exception_message="order 1")
        assert grouping.message == "order 1"
        assert grouping.fingerprint.value == explain(PLAIN).fingerprint.value


@pytest.mark.parametrize("blanks", [" ", "  ", "   "])
def test_a_marker_may_be_indented_otherwise(blanks: str) -> None:
    """Mono's of old by two."""
    assert chain(CHAIN.replace("   --- ", blanks + "--- ")) == chain(CHAIN)


def test_the_frames_before_a_marker_are_the_inner_exceptions() -> None:
    """All heads come first; each marker ends one exception, the innermost first."""
    expected = [
        ("Acme.PaymentError", "", ["Acme.Gateway.Charge"]),
        ("System.IO.IOException", "cause", ["Acme.Gateway.Connect"]),
    ]
    assert chain(CHAIN) == expected
    assert chain(CHAIN.replace("\n --->", " --->")) == expected


def test_an_arrow_in_a_message_is_no_exception() -> None:
    """On one line only a type can follow an arrow."""
    assert len(chain(PLAIN.replace("order 1", "a ---> b: c"))) == 1


def test_a_stack_cut_off_before_the_marker_has_its_frames_inside() -> None:
    """The frames that are left are those of the innermost exception."""
    cut = CHAIN.partition(END)[0]
    assert [frames for _, _, frames in chain(cut)] == [[], ["Acme.Gateway.Connect"]]


def test_more_markers_than_exceptions_lose_nothing() -> None:
    """A cut-off head leaves a marker without its arrow."""
    assert chain(CONNECT + END + CHARGE) == [("", "", ["Acme.Gateway.Connect", "Acme.Gateway.Charge"])]


def test_a_group_has_members_on_every_runtime() -> None:
    """Older runtimes number the first member too, after having printed it; newer ones do not."""
    newer = "System.AggregateException: many\n ---> A.E: 1\n" + CONNECT + END + CHARGE.rstrip()
    older = newer.replace("\n --->", " --->") + "\n---> (Inner Exception #0) A.E: 1\n" + CONNECT.rstrip() + "<---\n"
    expected = [("System.AggregateException", "", ["Acme.Gateway.Charge"]), ("A.E", "member", ["Acme.Gateway.Connect"])]
    assert chain(newer) == chain(older) == expected


def test_the_raise_site_is_the_reported_exceptions_innermost_frame() -> None:
    """Not that of its cause, which comes first in the text."""
    assert explain(CHAIN).stack.raise_site == "/srv/Gateway.cs:20:Acme.Gateway.Charge"


def test_a_message_of_megabytes_leaves_the_frames() -> None:
    """The frames come after it."""
    grouping = explain(PLAIN.replace("order 1", "order 1 " + "x" * 2_000_000), language="dotnet")
    assert grouping.fingerprint.value == explain(PLAIN).fingerprint.value


def test_of_endless_frames_the_innermost_stay() -> None:
    """The text is bounded at its end."""
    assert chain("A.E: x\n" + CONNECT + CHARGE * 50_000)[0][2][:2] == ["Acme.Gateway.Connect", "Acme.Gateway.Charge"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Acme.Pay.Charge", ("Acme.Pay", "Charge", True)),
        ("Acme.Pay.<Charge>d__5.MoveNext", ("Acme.Pay", "Charge", True)),
        ("Acme.Pay.<>c__DisplayClass3_0.<Charge>b__1", ("Acme.Pay", "Charge", True)),
        ("Acme.Pay.<>c.<<Charge>b__0_0>d.MoveNext", ("Acme.Pay", "Charge", True)),
        ("async Task<List<Order>> Acme.Pay.Charge", ("Acme.Pay", "Charge", True)),
        ("Acme.Pay.<Charge>g__Check|3_0", ("Acme.Pay", "Charge.Check", True)),
        ("Acme.Pay.<System.Collections.IEnumerable.GetEnumerator>d__3.MoveNext", ("Acme.Pay", "GetEnumerator", True)),
        ("Acme.Pay+<Charge>c__AnonStorey0.<>m__0", ("Acme.Pay", "Charge", True)),
        ("<>f__AnonymousType0`1.ToString", ("<>f__AnonymousType0", "ToString", True)),
        ("Acme.Box`1[T].Put[TItem]", ("Acme.Box", "Put", True)),
        ("Acme.Box`1[[System.Int32, mscorlib]].Put", ("Acme.Box", "Put", True)),
        ("Acme.Box.System.Collections.Generic.IEnumerable<T>.Get", ("Acme.Box.System.Collections.Generic.IEnumerable", "Get", True)),
        ("Acme.Pay..ctor", ("Acme.Pay", ".ctor", True)),
        ("Acme.Pay..cctor", ("Acme.Pay", ".cctor", True)),
        ("Program.<<Main>$>g__Start|0_1", ("Program", "Main.Start", True)),
        ("Acme.Stock.find@12-3.Invoke", ("Acme.Stock", "find", True)),
        ("Acme.Stock.clo@12.Invoke", ("Acme.Stock", "<lambda>", True)),
        ("Acme.Stock.Pipe #1 input at line 23@24.Invoke", ("Acme.Stock", "<lambda>", True)),
        ("<StartupCode$Acme>.$Program.main@", ("Program", "main", True)),
        ("Acme.Desk.VB$StateMachine_1_Load.MoveNext", ("Acme.Desk", "Load", True)),
        ("Acme.Desk._Closure$__1-0._Lambda$__0", ("Acme.Desk", "<lambda>", True)),
        ("(wrapper managed-to-native) System.IO.MonoIO.Open", ("System.IO.MonoIO", "Open", False)),
        ("lambda_method123", ("", "lambda_method", False)),
        ("CallSite.Target", ("CallSite", "Target", False)),
        ("Microsoft.AspNetCore.Mvc.Controller.Run", ("Microsoft.AspNetCore.Mvc.Controller", "Run", False)),
        ("SystemTools.Clock.Tick", ("SystemTools.Clock", "Tick", True)),
        ("", ("", "", False)),
    ],
)  # fmt: skip
def test_generated_names_lead_back_to_the_source(name: str, expected: tuple[str, str, bool]) -> None:
    """Compilers' names have numbers that move with every edit."""
    assert locate(name) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("System.IO.IOException: a: b", ("System.IO.IOException", "a: b")),
        ("System.Net.Sockets.SocketException (111): Connection refused", ("System.Net.Sockets.SocketException", "Connection refused")),
        ("Acme.Refused`1[System.String]: x", ("Acme.Refused", "x")),
        ("Acme.Outer+Inner", ("Acme.Outer+Inner", "")),
        ("A.E: \n  one\ntwo", ("A.E", "one\ntwo")),
        ("not a type: x", ("", "not a type: x")),
        ("", ("", "")),
    ],
)  # fmt: skip
def test_a_head_is_type_and_message(head: str, expected: tuple[str, str]) -> None:
    """Codes and type arguments are left out of the type."""
    assert dotnet.read_head(head) == expected


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.lists(st.sampled_from(PIECES)).map("".join))
def test_an_outline_is_the_text_with_and_without_openings(text: str, other: str) -> None:
    """The pieces put together are the text; openings of other texts change nothing."""
    found = dotnet.outline(text)
    pieces = "".join(body + head for body, head in zip(found.bodies, found.heads, strict=True))
    assert found.preamble + pieces + found.tail == text
    openings = [dotnet.outline(one).opening for one in (text, other, PLAIN, "A.B: x" + PLAIN)]
    assert dotnet.outline(text, [one for one in openings if one]) == found
    explain(text, language="dotnet")


@pytest.mark.parametrize("piece", PIECES)
def test_endless_repeats_are_read_to_a_bounded_stack(piece: str) -> None:
    """What repeats without end is bounded; nothing fails."""
    grouping = explain("A.B: x\n" + CONNECT + piece * (2 * STACK_CHARS_MAX // len(piece)), language="dotnet")
    assert grouping.exception_type == "A.B"

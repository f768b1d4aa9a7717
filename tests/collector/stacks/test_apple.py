"""Swift and Objective-C stacks that no golden file shows: spellings of names, wrappings, cut off, hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.grouping import explain
from collector.stacks import apple
from collector.stacks.apple_names import read_name
from collector.stacks.in_app.apple import locate
from collector.stacks.outline import STACK_CHARS_MAX

THROWN = "*** Terminating app due to uncaught exception 'NSRangeException', reason: 'index 3 beyond bounds [0 .. 2]'\n"
CALLED = "*** First throw call stack:\n(\n"
SYSTEM = "\t0   CoreFoundation                      0x00007ff80045478b __exceptionPreprocess + 242\n"
ITEM = "\t1   Shop                                0x0000000104c1e2f4 -[SHCart itemAtRow:] + 52\n"
END = ")\nlibc++abi: terminating due to uncaught exception of type NSException\n"
PLAIN = THROWN + CALLED + SYSTEM + ITEM + END
PIECES = [
    *(THROWN, CALLED, SYSTEM, ITEM, END, "\n", " ", "x", "Thread 0 Crashed:\n", "Thread 0 crashed:\n", "Last Exception Backtrace:\n"),
    *("0 [ra] 0x000055d0c4e01234 Cart.add() + 14 in shop at /srv/Cart.swift:3:5\n", "1 main in shop at /srv/main.swift:7:1\n"),
    *("0   Shop  0x000000010 ", "$s4Shop", "closure #1 in ", "(", "<", ": file a.swift, line 3", "a.swift:3: Fatal error: x\n", "'", "reason: '"),
]  # fmt: skip


def names(text: str) -> list[str]:
    return [f"{f.module}|{f.function}" for f in explain(text).stack.exceptions[0].frames]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.removesuffix(END),
        PLAIN.replace("\t", "    "),
        PLAIN.replace("\t", ""),
        "2026-11-24 10:00:00.123+0100 Shop[812:93311] " + PLAIN,
        PLAIN.replace("index 3", "index 17")
        .replace("0x0000000104c1e2f4", "0x000000010201e2f4")
        .replace("+ 52", "+ 60"),
        PLAIN.replace("itemAtRow:] + 52", "itemAtRow:] + 52 (SHCart.m:31)"),
        PLAIN.replace("itemAtRow:] + 52", "itemAtRow:] (in Shop) + 52"),
    ],
    ids=["crlf", "end", "blanks", "no indent", "log", "addresses", "line", "atos"],
)
def test_the_wrapping_of_a_stack_changes_nothing(text: str) -> None:
    """Line ends, log lines, indentation, addresses and offsets don't matter."""
    grouping = explain(text)
    assert grouping.exception_type == "NSRangeException"
    assert grouping.message.endswith("beyond bounds [0 .. 2]")
    assert grouping.fingerprint.value == explain(PLAIN).fingerprint.value


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (THROWN, ("NSRangeException", "index 3 beyond bounds [0 .. 2]")),
        (
            "uncaught exception 'E', reason: 'it's one\nand two'\n*** First throw call stack:\n(",
            ("E", "it's one\nand two"),
        ),
        ("a/Cart.swift:3: Fatal error: no cart", ("Fatal error", "no cart")),
        ("Fatal error: no cart: file a/Cart.swift, line 3", ("Fatal error", "no cart")),
        ("a.swift:3: Fatal error", ("Fatal error", "")),
        ("Precondition failed: x: file a.swift, line 3", ("Precondition failed", "x")),
        (
            "Exception Type:  EXC_BAD_ACCESS (SIGSEGV)\nException Subtype: KERN_X at 0x1",
            ("EXC_BAD_ACCESS", "KERN_X at 0x1"),
        ),
        ("*** Program crashed: Bad pointer dereference at 0x10 ***", ("Bad pointer dereference", "at 0x10")),
        ("Shop.PaymentError: declined", ("Shop.PaymentError", "declined")),
        ("payment failed: x", ("", "payment failed: x")),
        ("", ("", "")),
    ],
)
def test_a_head_says_type_and_message(head: str, expected: tuple[str, str]) -> None:
    """The runtimes have words of their own; other words are a message."""
    assert apple.read_head(head) == expected


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("-[SHCart addItem:count:]", ("SHCart", "addItem:count:")),
        ("+[SHCart(Making) cart]", ("SHCart", "cart")),
        ("__16-[SHCart addItem:]_block_invoke_2", ("SHCart", "addItem:")),
        ("Shop.Cart.add(item: Swift.Int) throws -> ()", ("Shop.Cart", "add")),
        ("Cart.add(item:)", ("Cart", "add")),
        ("closure #1 () -> () in closure #2 (Swift.Int) -> () in Shop.Cart.add() -> ()", ("Shop.Cart", "add")),
        ("partial apply for closure #1 in Cart.add()", ("Cart", "add")),
        ("implicit closure #1 in Cart.add()", ("Cart", "add")),
        ("inner #1 () -> () in Shop.outer() -> ()", ("Shop", "outer.inner")),
        ("@objc Shop.Cart.add() -> ()", ("Shop.Cart", "add")),
        ("static Shop.Cart.make() -> Shop.Cart", ("Shop.Cart", "make")),
        ("Shop.Cart.total.getter : Swift.Int", ("Shop.Cart", "total.getter")),
        ("Shop.Cart.init(order: Swift.Int) -> Shop.Cart", ("Shop.Cart", "init")),
        ("Shop.Cart.(sign in _6F9A0D3B7E6C4D2E)() -> ()", ("Shop.Cart", "sign")),
        ("protocol witness for Shop.P.add() -> () in conformance Shop.Cart : Shop.P in Shop", ("Shop.P", "add")),
        ("generic specialization <Swift.Int> of Shop.Table.put<A>(A) -> ()", ("Shop.Table", "put")),
        ("function signature specialization <Arg[0] = Dead> of Shop.Cart.add() -> ()", ("Shop.Cart", "add")),
        ("(2) suspend resume partial function for Shop.Sync.run() async -> ()", ("Shop.Sync", "run")),
        ("(extension in Shop):Swift.Array.sum() -> A", ("Swift.Array", "sum")),
        ("reabstraction thunk helper from @callee_guaranteed () -> ()", ("", "")),
        ("$s4Shop4CartC3add4itemySi_tKF", ("Shop.Cart", "add")),
        ("$s4main5crashyyF", ("main", "crash")),
        ("$s4Shop4CartC3addyyFyycfU_", ("Shop.Cart", "add")),
        ("$s4Shop0A4CartV3addyyF", ("Shop.ShopCart", "add")),
        ("$s4ShopAAV3addyyF", ("Shop.Shop", "add")),
        ("_$s4Shop4CartC5orderACSi_tcfC", ("Shop.Cart", "init")),
        ("$s4Shop4CartC5totalSivg", ("Shop.Cart", "total.getter")),
        ("$s4Shop4BankC4sign33_0A1B2C3D4E5F60718293A4B5C6D7E8F9LLyyF", ("Shop.Bank", "sign")),
        ("$s99", ("", "")),
        ("shop::check(int)", ("shop", "check")),
        ("_ZN4shop5checkEi", ("shop", "check")),
        ("main", ("", "main")),
        ("", ("", "")),
    ],
)  # fmt: skip
def test_every_spelling_of_a_name_is_one_name(symbol: str, expected: tuple[str, str]) -> None:
    """Arguments, results, closures and what the compiler makes around a function are no part of a name."""
    assert read_name(symbol) == expected


@pytest.mark.parametrize(
    ("symbol", "binary", "expected"),
    [
        ("Shop.Cart.add() -> ()", "Shop", ("Cart", "add", True)),
        ("Cart.add()", "Shop", ("Cart", "add", True)),
        ("main", "Shop", ("Shop", "main", True)),
        ("Payments.Gateway.charge() -> ()", "Shop", ("Payments.Gateway", "charge", True)),
        ("-[NSString(Shop) trimmed]", "Shop", ("NSString", "trimmed", True)),
        ("Swift.Array.subscript.getter : A", "Shop", ("Swift.Array", "subscript.getter", False)),
        ("OpenTelemetrySdk.Tracer.end() -> ()", "Shop", ("OpenTelemetrySdk.Tracer", "end", False)),
        ("-[UIView layoutSubviews]", "UIKitCore", ("UIView", "layoutSubviews", False)),
        ("_dispatch_client_callout", "libdispatch.dylib", ("libdispatch.dylib", "_dispatch_client_callout", False)),
        ("__libc_start_main", "libc.so.6", ("libc.so.6", "__libc_start_main", False)),
        ("0x104c18000", "Shop", ("Shop", "??", True)),
        ("<redacted>", "UIKitCore", ("UIKitCore", "??", False)),
    ],
)
def test_the_binary_and_the_module_tell_whose_a_function_is(
    symbol: str, binary: str, expected: tuple[str, str, bool]
) -> None:
    """The program's own module is dropped: crash reports leave it out."""
    assert locate(symbol, binary) == expected


def test_the_exceptions_own_stack_comes_before_the_threads() -> None:
    """A crash report has both; the thread shows only that the program ended."""
    thread = "Thread 0 Crashed:\n0   libsystem_kernel.dylib  0x00000001dbf2eca4 __pthread_kill + 8\n\n"
    report = (
        "Exception Type:  EXC_CRASH (SIGABRT)\n\n"
        + thread
        + "Last Exception Backtrace:\n0   Shop  0x104c1e2f4 -[SHCart pay] + 8\n"
    )
    assert names(report) == ["SHCart|pay"]


def test_a_binary_with_blanks_in_its_name_is_read() -> None:
    """Apps may be called so."""
    assert names("0   My Shop App                        0x0000000104c1e2f4 Cart.add() + 52\n") == ["Cart|add"]


def test_a_stack_ends_where_its_numbers_do() -> None:
    """The next thread begins at 0 again."""
    assert names(SYSTEM + ITEM + "0   Other  0x0000000104c1e2f4 Other.run() + 2\n") == [
        "CoreFoundation|__exceptionPreprocess",
        "SHCart|itemAtRow:",
    ]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.lists(st.sampled_from(PIECES)).map("".join))
def test_an_outline_is_the_text_with_and_without_openings(text: str, other: str) -> None:
    """The pieces put together are the text; openings of other texts change nothing."""
    found = apple.outline(text)
    pieces = "".join(body + head for body, head in zip(found.bodies, found.heads, strict=True))
    assert found.preamble + pieces + found.tail == text
    openings = [apple.outline(one).opening for one in (text, other, SYSTEM + ITEM)]
    again = apple.outline(text, [one for one in openings if one])
    assert (again.bodies, again.heads, again.tail) == (found.bodies, found.heads, found.tail)
    explain(text, language="swift")


@pytest.mark.parametrize("piece", PIECES)
def test_endless_repeats_are_read_to_a_bounded_stack(piece: str) -> None:
    """What repeats without end is bounded; nothing fails."""
    assert (
        explain(PLAIN + piece * (2 * STACK_CHARS_MAX // len(piece)), language="swift").exception_type
        == "NSRangeException"
    )

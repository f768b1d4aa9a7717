"""Rust stacks that no golden file shows: cut off, wrapped in logs, without symbols, hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.grouping import Grouper, explain, group
from collector.model import ExceptionSighting, Stack
from collector.stacks import rust
from collector.stacks.in_app.rust import locate
from collector.stacks.sniff import choose

FMT = "   0: core::panicking::panic_fmt\n             at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/panicking.rs:80:14\n"
GET = "   1: shop::store::Store::get\n             at ./src/store.rs:31:13\n"
LOAD = "   2: shop::load\n             at ./src/main.rs:40:5\n"
MAIN = "   3: main\n   4: __libc_start_main\n"
NOTE = "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\n"
PANIC = (
    "\nthread 'main' (25310) panicked at src/store.rs:31:13:\nno stock for item 4\nstack backtrace:\n"
    + FMT
    + GET
    + LOAD
    + NOTE
)
REPORT = "cannot reserve order 9\n\nCaused by:\n    no stock for item 4\n\nStack backtrace:\n" + GET + LOAD + MAIN
HOOK = "   0: shop::report::{{closure}}\n             at ./src/hook.rs:3:1\n   1: std::panicking::rust_panic_with_hook\n   2: rust_begin_unwind\n"
DEBUG = 'Backtrace [{ fn: "shop::store::Store::get", file: "./src/store.rs", line: 31 }, { fn: "main" }]'


def frames(text: str) -> list[str]:
    return [f"{f.module}|{f.function}" for f in explain(text).stack.exceptions[0].frames]


@pytest.mark.parametrize(
    "text",
    [
        PANIC.replace("\n", "\r\n"),
        PANIC.rstrip(),
        PANIC.replace(NOTE, ""),
        PANIC.replace(" (25310)", ""),
        PANIC.replace("'main'", "'tokio-runtime-worker'"),
        PANIC.replace("'main'", "'<unnamed>'"),
        "2026-11-24T11:04:05Z ERROR shop: request failed\n" + PANIC,
        PANIC.replace("(25310) panicked at src/store.rs:31:13:\nno stock for item 4\n", "panicked at 'no stock for item 4', src/store.rs:31:13\n"),
        PANIC.replace(":31:13", ":77:1").replace("item 4", "item 17"),
        PANIC.replace("shop::store::Store::get\n", "<shop::store::Store as shop::store::Shelf>::get::{{closure}}::h4e6d80e4da6ab82a\n"),
        PANIC.replace("1: shop::", "1:     0x55e59cf98eec - shop::"),
        PANIC.replace("./src/store.rs", "/home/ci/42/src/store.rs"),
        PANIC.replace("             at ./src/store.rs:31:13\n", "").replace("             at ./src/main.rs:40:5\n", ""),
        PANIC.replace(FMT, HOOK + FMT),
        PANIC + "thread 'worker' panicked at src/a.rs:1:1:\nagain\nstack backtrace:\n" + LOAD,
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_the_wrapping_of_a_panic_changes_nothing(text: str) -> None:
    """Threads, forms, addresses, folders, missing places, hooks and later panics don't matter."""
    grouping = explain(text)
    assert grouping.exception_type == "panic"
    assert grouping.fingerprint.value == explain(PANIC).fingerprint.value
    assert grouping.culprit == "shop::store in Store::get"


@pytest.mark.parametrize(
    "text",
    [
        PANIC.replace("Store::get", "Store::put"),
        PANIC.replace("no stock for", "too many of"),
        PANIC.replace("shop::store", "shop::depot"),
    ],
)
def test_another_function_or_message_is_another_error(text: str) -> None:
    """What tells errors apart stays apart."""
    assert explain(text).fingerprint.value != explain(PANIC).fingerprint.value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (REPORT, "cannot reserve order 9: no stock for item 4"),
        ("Error: " + REPORT, "cannot reserve order 9: no stock for item 4"),
        (REPORT.replace("    no stock for item 4", "    0: the store is shut\n    1: no stock for item 4"),
         "cannot reserve order 9: the store is shut: no stock for item 4"),
        (REPORT.replace("\n\nStack", "\n\nLocation:\n    src/main.rs:61:13\n\nStack"), "cannot reserve order 9: no stock for item 4"),
        ("cannot reserve order 9\n\nCaused by:\n    no stock for item 4", "cannot reserve order 9: no stock for item 4"),
        ("cannot reserve order 9\n\nStack backtrace:\n" + GET, "cannot reserve order 9"),
    ],
)  # fmt: skip
def test_a_report_is_one_error_with_all_its_messages(text: str, message: str) -> None:
    """The message is that of `{:#}`: the outermost first."""
    grouping = explain(text)
    assert (grouping.message, grouping.stack.parser) == (message, "rust")
    assert grouping.fingerprint.message_counted


def test_the_root_cause_tells_reports_of_one_function_apart() -> None:
    """One context, two causes: two errors."""
    assert (
        explain(REPORT).fingerprint.value != explain(REPORT.replace("no stock for item", "recalled:")).fingerprint.value
    )


def test_a_panic_without_a_backtrace_has_its_place() -> None:
    """The file that the panic names is a frame without a function."""
    text = (
        PANIC[: PANIC.index("stack backtrace")]
        + "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n"
    )
    stack = explain(text).stack
    assert frames(text) == ["store|"]
    assert (stack.raise_site, explain(text).message) == ("src/store.rs:31:store::", "no stock for item 4")
    assert explain(text).fingerprint.value != explain(text.replace("store.rs", "depot.rs")).fingerprint.value


@pytest.mark.parametrize("text", [DEBUG, "no stock\n" + DEBUG, "NoStock { item: 4, backtrace: " + DEBUG + " }"])
def test_the_debug_form_of_a_backtrace_is_read(text: str) -> None:
    """As an error prints it that derives `Debug`."""
    assert frames(text) == ["shop::store|Store::get", "|main"]


def test_the_name_of_a_struct_is_the_type_unless_one_was_sent() -> None:
    """`Debug` of a struct begins with its name."""
    assert explain("NoStock { item: 4, backtrace: " + DEBUG + " }").exception_type == "NoStock"


@pytest.mark.parametrize(
    ("text", "causes"),
    [
        ("[]", []),
        ('["no stock"]', ["no stock"]),
        ('["the store is shut", "no, \\"none\\""]', ["the store is shut", 'no, \\"none\\"']),
    ],
)
def test_a_list_of_causes_is_a_chain(text: str, causes: list[str]) -> None:
    """tracing-opentelemetry sends the causes' messages, and the error's own beside them."""
    grouping = explain(text, language="rust", exception_message="cannot reserve order 9")
    assert grouping.message == "cannot reserve order 9"
    assert [(e.message, e.relation) for e in grouping.stack.exceptions[1:]] == [(cause, "cause") for cause in causes]


@pytest.mark.parametrize(
    "text",
    [
        '["at f (a.js:1:2)"]',
        '["a\\nb"]',
        "[1, 2]",
        "[",
        '["a',
        "   0: no stock\n   1: none\n",
        "0: a::b",
        "Caused by: x",
        "thread 'x' died",
    ],
)
def test_other_texts_are_left_to_others(text: str) -> None:
    """Nothing but Rust's own forms is claimed."""
    assert choose(text, "rust").name == "raw"


@pytest.mark.parametrize(
    ("symbol", "file", "expected"),
    [
        ("shop::main", "./src/main.rs", ("shop", "main", True)),
        ("shop::main", "", ("shop", "main", True)),
        ("shop::store::Pick<T>::first", "src/a.rs", ("shop::store", "Pick::first", True)),
        ("<shop::store::Pick<alloc::string::String>>::first", "src/a.rs", ("shop::store", "Pick::first", True)),
        ("<shop::a::B as core::fmt::Display>::fmt::h4e6d80e4da6ab82a", "src/a.rs", ("shop::a", "B::fmt", True)),
        ("<alloc::string::String as shop::Shelf>::take", "src/a.rs", ("shop", "Shelf::take", True)),
        ("shop::pay::<impl shop::Pay for shop::Visa>::pay", "src/a.rs", ("shop", "Visa::pay", True)),
        ("shop::pay::<impl shop::Store<T>>::get", "src/a.rs", ("shop", "Store::get", True)),
        ("<T as shop::Shelf>::take", "src/a.rs", ("shop", "Shelf::take", True)),
        ("<&mut T as shop::Shelf>::take", "", ("shop", "Shelf::take", True)),
        ("shop::f::<u32, fn(i32) -> i32>", "src/a.rs", ("shop", "f", True)),
        ("shop::run::{{closure}}::{{closure}}", "src/a.rs", ("shop", "run", True)),
        ("shop::run::{closure#0}::{async_block#1}", "src/a.rs", ("shop", "run", True)),
        ("shop[e28293b1aa0f68bd]::run", "src/a.rs", ("shop", "run", True)),
        ("{async_fn#0}", "./src/orders.rs", ("orders", "", True)),
        ("reserve", "./src/orders/mod.rs", ("orders", "reserve", True)),
        ("anyhow::error::<impl anyhow::Error>::msg", "/root/.cargo/registry/src/index.crates.io-1/anyhow-1.0.1/src/a.rs",
         ("anyhow", "Error::msg", False)),
        ("rand::fill", "C:\\Users\\a\\.cargo\\registry\\src\\rand\\a.rs", ("rand", "fill", False)),
        ("tokio::runtime::task::core::Core<T,S>::poll", "", ("tokio::runtime::task::core", "Core::poll", False)),
        ("<shop::main::{closure#0} as core::ops::function::FnOnce<()>>::call_once::{shim:vtable#0}", "", ("shop::main", "call_once", False)),
        ("<usize as core::slice::index::SliceIndex<[T]>>::index", "/rustc/5/library/core/src/slice/index.rs",
         ("core::slice::index", "SliceIndex::index", False)),
        ("__libc_start_main_impl", "./csu/../csu/libc-start.c", ("", "__libc_start_main_impl", False)),
        ("main", "", ("", "main", False)),
    ],
)  # fmt: skip
def test_a_symbol_is_module_function_and_whose_it_is(symbol: str, file: str, expected: tuple[str, str, bool]) -> None:
    """Hashes, closures and type arguments are left out."""
    assert locate(symbol, file) == expected


def test_a_message_of_megabytes_leaves_the_frames() -> None:
    """The text is bounded in the message when no frame is before that."""
    assert "shop::store|Store::get" in frames(PANIC.replace("no stock", "x" * 2_000_000))


PIECES = (PANIC, REPORT, DEBUG, FMT, GET, LOAD, HOOK, "stack backtrace:\n", "Stack backtrace:\n", "thread 'a' panicked at 'b', src/c.rs:1:2\n",
          "thread 'a' panicked at src/c.rs:1:2:\nb\n", "\n\nCaused by:\n    c\n", "\n\nLocation:\n    src/a.rs:1:2\n", "note: run with `RUST_BACKTRACE=1`\n",
          "   0: x\n", " \u2501\u2501 BACKTRACE \u2501\u2501\n\n", " \u2501\u2501 SPANTRACE \u2501\u2501\n\n", "\x1b[91m", "\n", " ", '["a", "b"]', "', src/a.rs:1:2")  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=10), st.lists(st.sampled_from(PIECES), max_size=4))
def test_an_outline_loses_nothing_and_remembering_changes_nothing(pieces: list[str], others: list[str]) -> None:
    """The pieces make the text again, and openings of other texts change the speed alone."""
    text = "".join(pieces)
    plain = rust.outline(text)
    joined = "".join(body + head for body, head in zip(plain.bodies, plain.heads, strict=True))
    assert plain.preamble + joined + plain.tail == text
    known = [opening for opening in (rust.outline("".join(others)).opening, plain.opening) if opening]
    assert rust.outline(text, known)._replace(opening="") == plain._replace(opening="")
    grouper = Grouper()
    for sent in ("".join(others), text, text):
        sighting = ExceptionSighting(seen_in="log_record", timestamp_ns=0, observed_ns=0, exception_stacktrace=sent)
        assert grouper.group(sighting) == group(sighting)


MEBIBYTE = 2**20


def hostile(body: str) -> tuple[str, ...]:
    return body, PANIC + body, REPORT + body, "thread 'a' panicked at '" + body, "stack backtrace:\n   0: a::b\n" + body


@pytest.mark.parametrize(
    "piece",
    [GET, "   0: a::b\n", "   0: ", "<", "<a as ", "thread '", "thread 'a' panicked at ", "stack backtrace:\n", "\u2501", " \u2501 BACKTRACE \u2501\n", "\x1b[",
     "', a:1", '["a",', '"', '{ fn: "', 'Backtrace [{ fn: "', "::{{", "a::", "\n\nCaused by:\n    0: ", "Location:\n   ", "             at ", "::h0123456789abcdef",
     "   0: " + "a" * 599 + "\n"],
)  # fmt: skip
def test_hostile_texts_are_read(piece: str) -> None:
    """Any text is a stack; the time is measured by the benchmarks."""
    for text in hostile(piece * (MEBIBYTE // len(piece))):
        assert isinstance(explain(text, language="rust", exception_message=text).stack, Stack)

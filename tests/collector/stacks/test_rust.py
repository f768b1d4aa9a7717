"""Rust's panics and backtraces in odd states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.grouping import explain
from collector.stacks import rust

PANIC = (
    "thread 'main' panicked at src/main.rs:4:5:\norder 17 is lost\nstack backtrace:\n"
    "   0: rust_begin_unwind\n             at /rustc/59807616e1fa/library/std/src/panicking.rs:689:5\n"
    "   1: core::panicking::panic_fmt\n             at /rustc/59807616e1fa/library/core/src/panicking.rs:80:14\n"
    "   2: shop::store::lose\n             at ./src/main.rs:4:5\n"
    "   3: shop::main\n             at ./src/main.rs:9:5\n"
    "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\n"
)


@pytest.mark.parametrize(
    "text",
    [
        PANIC,
        PANIC.replace("\n", "\r\n"),
        PANIC.replace("src/main.rs:4:5", "src/main.rs:40:9").replace("17", "4"),
        PANIC.replace("shop::store::lose", "shop::store::lose::h0123456789abcdef"),
        PANIC.replace("'main'", "'worker-3'"),
        PANIC[: PANIC.index("   3: ")],
        "2026-11-24 ERROR worker died\n" + PANIC,
    ],
)
def test_one_panic_is_one_fingerprint(text: str) -> None:
    """Line ends, lines, ids, hashes, threads, a cut tail and a log line before it do not matter."""
    grouping = explain(text, language="rust")
    assert grouping.stack.parser == "rust"
    assert grouping.fingerprint.value == explain(PANIC, language="rust").fingerprint.value
    assert "in shop::store|lose" in grouping.fingerprint.components


@given(
    st.lists(
        st.sampled_from([*PANIC.split("\n"), "", "Caused by:", "    0: x", "Stack backtrace:", '["a", "b"]']),
        max_size=30,
    )
)
def test_the_pieces_of_an_outline_are_the_text(lines: list[str]) -> None:
    """Nothing is lost or moved."""
    text = "\n".join(lines)
    outline = rust.outline(text, ())
    pieces = "".join(body + head for body, head in zip(outline.bodies, outline.heads, strict=True))
    assert outline.preamble + pieces + outline.tail == text

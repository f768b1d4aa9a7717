"""What is remembered of names, and what a hostile sender can make of that."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from collector.stacks.in_app import apple, dotnet, go, jvm, native, python, rust
from collector.stacks.remember import TEXT_CHARS_MAX, remember

if TYPE_CHECKING:
    from collections.abc import Callable

MEBIBYTE = 2**20
LONG = "a" * 60_000


def test_short_texts_are_read_once_and_long_ones_every_time() -> None:
    """The answers are the same."""
    read: list[str] = []

    @remember(2)
    def first(text: str) -> str:
        read.append(text)
        return text[:1]

    long = "b" * (TEXT_CHARS_MAX + 1)
    assert [first("a"), first("a"), first(long), first(long)] == ["a", "a", "b", "b"]
    assert read == ["a", long, long]


@pytest.mark.parametrize(
    "read",
    [
        lambda name: apple.locate(name, "Shop"),
        dotnet.locate,
        lambda name: go.locate(name, "/srv/a.go"),
        lambda name: go.locate_file("/srv/a.go", name),
        jvm.locate,
        lambda name: native.locate(name, "a.cpp", "shop"),
        python.locate,
        lambda name: rust.locate(name, "src/a.rs"),
        rust.locate_file,
    ],
)
def test_names_as_long_as_a_stack_do_not_stay_in_memory(read: Callable[[str], object]) -> None:
    """200 of them are 12 MB."""
    tracemalloc.start()
    try:
        for number in range(200):
            read(f"shop.f{number}{LONG}")
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < MEBIBYTE

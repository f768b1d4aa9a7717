"""What is remembered of names, and what a hostile sender can make of that."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from collector.stacks.in_app import apple, dotnet, go, jvm, native, python, rust
from collector.stacks.remember import BYTES_MAX, TEXT_CHARS_MAX, remember

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


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_is_remembered_is_bounded_in_bytes(count: int) -> None:
    """8,192 entries of names as long as a name may be, four bytes a character, would be 64 MB and more."""

    @remember(8192)
    def of_one(text: str) -> str:
        return text[1:]

    @remember(8192)
    def of_two(text: str, other: str) -> str:
        return text[1:] + other

    @remember(8192)
    def of_three(text: str, other: str, third: str) -> str:
        return text[1:] + other + third

    long = "\U0001f600" * (TEXT_CHARS_MAX // count - 8)
    tracemalloc.start()
    try:
        for number in range(8192):
            texts = [f"{long}{number:06}{place}" for place in range(count)]
            (of_one, of_two, of_three)[count - 1](*texts)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < BYTES_MAX

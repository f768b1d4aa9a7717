"""The table of parsers: one row a language family, in the order in which they are sniffed."""

from __future__ import annotations

from collector.stacks import python, raw
from collector.stacks.outline import StackParser

PARSERS: tuple[StackParser, ...] = (
    StackParser(
        name="python",
        languages=frozenset({"python"}),
        looks_like=python.looks_like,
        cut=python.cut,
        outline=python.outline,
        read_bodies=python.read_bodies,
        read_head=python.read_head,
    ),
)

RAW = StackParser(
    name="raw",
    languages=frozenset(),
    looks_like=raw.looks_like,
    cut=raw.cut,
    outline=raw.outline,
    read_bodies=raw.read_bodies,
    read_head=raw.read_head,
)
"""Takes what no other parser takes."""

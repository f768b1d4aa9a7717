"""The table of parsers: one row a language family, in the order in which they are sniffed."""

from __future__ import annotations

from collector.stacks import (
    apple,
    apple_frames,
    dotnet,
    dotnet_frames,
    go,
    go_frames,
    jvm,
    native,
    native_frames,
    python,
    raw,
    rust,
    rust_frames,
)
from collector.stacks.long_text import keep_head
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
    StackParser(
        name="dotnet",
        languages=frozenset({"dotnet"}),
        looks_like=dotnet.looks_like,
        cut=dotnet.cut,
        outline=dotnet.outline,
        read_bodies=dotnet_frames.read_bodies,
        read_head=dotnet.read_head,
    ),
    StackParser(
        name="apple",
        languages=frozenset({"swift"}),
        looks_like=apple.looks_like,
        cut=keep_head,
        outline=apple.outline,
        read_bodies=apple_frames.read_bodies,
        read_head=apple.read_head,
    ),
    StackParser(
        name="native",
        languages=frozenset({"cpp"}),
        looks_like=native.looks_like,
        cut=keep_head,
        outline=native.outline,
        read_bodies=native_frames.read_bodies,
        read_head=native.read_head,
    ),
    StackParser(
        name="go",
        languages=frozenset({"go"}),
        looks_like=go.looks_like,
        cut=go.cut,
        outline=go.outline,
        read_bodies=go_frames.read_bodies,
        read_head=go.read_head,
    ),
    StackParser(
        name="rust",
        languages=frozenset({"rust"}),
        looks_like=rust.looks_like,
        cut=rust.cut,
        outline=rust.outline,
        read_bodies=rust_frames.read_bodies,
        read_head=rust.read_head,
    ),
    StackParser(
        name="jvm",
        languages=frozenset({"java", "kotlin", "scala", "groovy", "clojure", "android"}),
        looks_like=jvm.looks_like,
        cut=jvm.cut,
        outline=jvm.outline,
        read_bodies=jvm.read_bodies,
        read_head=jvm.read_head,
    ),
)

RAW = StackParser(
    name="raw",
    languages=frozenset(),
    looks_like=raw.looks_like,
    cut=keep_head,
    outline=raw.outline,
    read_bodies=raw.read_bodies,
    read_head=raw.read_head,
)
"""Takes what no other parser takes."""

"""Jobs that a worker imports by name."""

from __future__ import annotations


def fail() -> None:
    raise ValueError("boom")

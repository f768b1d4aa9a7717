"""How commands put things on a terminal: plain text that is stable when piped."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_STEPS = ((60, "s"), (3600, "m"), (86_400, "h"))


def say_nothing_more() -> None:
    """The reader of standard output has gone: what is buffered must not be flushed into the closed pipe at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(value: Any) -> None:
    """A value as JSON, times in ISO 8601."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns of text, as wide as they need; control characters can't play with the terminal."""
    lines = [tuple(heads), *(tuple(clean(cell) for cell in row) for row in rows)]
    widths = [max(len(line[number]) for line in lines) for number in range(len(heads))]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def clean(text: str) -> str:
    """Text of others on one line, without what a terminal would take for a command."""
    return "".join(character if character.isprintable() else " " for character in text)


def clean_lines(text: str) -> list[str]:
    """Text of others as lines, each as `clean` has it."""
    return [clean(line) for line in text.expandtabs(4).splitlines()]


def cut(text: str, length: int) -> str:
    """The beginning of a text, with an ellipsis where it goes on."""
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= length else one_line[: length - 1] + "…"


def some(words: Sequence[str], count_max: int) -> str:
    """The first of some words, and how many more there are: `a b +7`."""
    more = len(words) - count_max
    return " ".join(words[:count_max]) + (f" +{more}" if more > 0 else "")


def ago(moment: datetime) -> str:
    """How long ago a moment was: `12s`, `3m`, `5h`, `2d`. Times without a zone are in UTC."""
    seconds = max(0, int((datetime.now(UTC) - utc(moment)).total_seconds()))
    before = 1
    for limit, unit in _STEPS:
        if seconds < limit:
            return f"{seconds // before}{unit}"
        before = limit
    return f"{seconds // before}d"


def utc(moment: datetime) -> datetime:
    """A moment in UTC; without a zone it is that already."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return utc(value).isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return str(value)

"""`otel-errors sql "SELECT ..."`: ask anything."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.progress import working
from collector.cli.reach import DatabaseOption, DataOption, ServerOption, reader
from collector.failures import SettingsInvalid

if TYPE_CHECKING:
    from collections.abc import Iterator

QUERY_BYTES_MAX = 2**18
"""ClickHouse reads no longer query by itself (max_query_size)."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sql", help="Run a query and print its answer.")(sql)


def sql(
    query: Annotated[str, typer.Argument(metavar="SQL", help="The query, or - to read it from standard input.")],
    *,
    fmt: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="Any output format of ClickHouse; by default PrettyCompact on a terminal, TabSeparatedWithNames in a pipe.",
        ),
    ] = None,
    server: ServerOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Run a query."""
    text = _query(query)
    chosen = fmt or ("PrettyCompact" if sys.stdout.isatty() else "TabSeparatedWithNames")
    with reader(server, data, database) as opened:
        answer = opened.stream(text, chosen)
        with working("The query runs ..."):
            first = next(answer, b"")
        _write(first, answer)


def _query(given: str) -> str:
    data = sys.stdin.buffer.read(QUERY_BYTES_MAX + 1) if given == "-" else os.fsencode(given)
    if len(data) > QUERY_BYTES_MAX:
        raise SettingsInvalid(f"the query is longer than {QUERY_BYTES_MAX} bytes, which is what ClickHouse reads")
    try:
        text = data.decode()
    except UnicodeDecodeError as failure:
        raise SettingsInvalid(f"the query is not UTF-8: {failure.reason} at byte {failure.start}") from None
    if not text.strip():
        raise SettingsInvalid("the query is empty: give it as the argument, or - and standard input")
    return text


def _write(first: bytes, rest: Iterator[bytes]) -> None:
    """Pass the answer on as it comes: it can be longer than the memory."""
    sys.stdout.buffer.write(first)
    for piece in rest:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()

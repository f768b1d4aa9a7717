"""`otel-errors sql "SELECT ..."`: ask anything."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from collector.cli.progress import working
from collector.cli.reach import DEFAULT_DATA, DatabaseOption, DataOption, ServerOption, reader
from collector.failures import SettingsInvalid


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
            help="Any output format of ClickHouse; by default PrettyCompact on a terminal, TabSeparatedWithNames in a pipe.",
        ),
    ] = None,
    server: ServerOption = None,
    data: DataOption = DEFAULT_DATA,
    database: DatabaseOption = "otel",
) -> None:
    """Run a query."""
    text = sys.stdin.read() if query == "-" else query
    if not text.strip():
        raise SettingsInvalid("the query is empty: give it as the argument, or - and standard input")
    chosen = fmt or ("PrettyCompact" if sys.stdout.isatty() else "TabSeparatedWithNames")
    with reader(server, data, database) as opened, working("The query runs ..."):
        answer = opened.raw(text, chosen)
    sys.stdout.flush()
    sys.stdout.buffer.write(answer)

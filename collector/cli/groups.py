"""`otel-errors groups`: the list of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.reach import DatabaseOption, DataOption, ServerOption, reader
from collector.cli.text import ago, cut, print_json, print_table, some
from collector.failures import SettingsInvalid
from collector.settings import parse_duration
from collector.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS_ALL = 50 * 365 * 86_400
"""Further back than any error lies, and no further than ClickHouse can reckon."""
MERGED_SHOWN_MAX = 2
"""Ids of merged groups in a line of the list; `show` and `--json` have them all."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("groups", help="List the groups of errors, the latest first.")(groups)


def groups(
    *,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Seen within this time, such as 24h or 30d; 0 for all.")
    ] = "30d",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON array of objects, with the columns of the view `errors` as keys.")
    ] = False,
    server: ServerOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """List the groups of errors."""
    try:
        seconds = parse_duration(since)
    except ValueError as failure:
        raise SettingsInvalid(f"--since can't be {since!r}: {failure}") from None
    with reader(server, data, database) as opened:
        rows = opened.rows(statement("groups"), {"since": min(seconds, SECONDS_ALL) or SECONDS_ALL, "limit": limit})
    if as_json:
        print_json(rows)
    elif rows:
        print_groups(rows)
    else:
        typer.echo(f"No errors within {since}.")


def print_groups(rows: Sequence[dict[str, Any]]) -> None:
    """The groups as a table; with a column for what was merged into them if that is anything."""
    merged = any(row["MergedGroups"] for row in rows)
    print_table(
        (
            "GROUP",
            *(("WITH",) if merged else ()),
            "EVENTS",
            "USERS",
            "LAST SEEN",
            "SEVERITY",
            "SERVICE",
            "ERROR",
            "WHERE",
        ),
        [
            (
                row["GroupId"],
                *((some(row["MergedGroups"], MERGED_SHOWN_MAX),) if merged else ()),
                f"{row['Events']}",
                f"{row['Users']}",
                ago(row["LastSeen"]),
                row["Severity"],
                row["ServiceName"],
                cut(f"{row['ExceptionType']}: {row['Message']}", 60),
                cut(row["Culprit"], 40),
            )
            for row in rows
        ],
    )

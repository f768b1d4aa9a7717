"""`otel-errors schema`: the SQL of all tables and views, for people who create them themselves."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from collector.failures import SettingsInvalid
from collector.store.render import render_schema

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.{}-]{0,100}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema", help="Print the SQL that creates the tables and views.")(schema)


def schema(
    *,
    cluster: Annotated[
        str | None, typer.Option(metavar="NAME", help="For this cluster: ON CLUSTER, Replicated, Distributed.")
    ] = None,
    database: Annotated[str, typer.Option(envvar="OTEL_ERRORS_DATABASE", help="The database.")] = "otel",
) -> None:
    """Print the schema."""
    for option, name in (("--cluster", cluster), ("--database", database)):
        if name is not None and not _NAME.fullmatch(name):
            raise SettingsInvalid(f"{option} {name!r} is no name: letters, digits, _ - . and macros in braces")
    typer.echo(render_schema(cluster, database), nl=False)

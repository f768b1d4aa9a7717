"""`otel-errors merge` and `unmerge`: several groups are one error, or no longer."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from collector.cli.change import change_groups
from collector.cli.reach import DatabaseOption, DataOption, ServerOption  # noqa: TC001  typer reads annotations
from collector.cli.text import print_json
from collector.control.changes import MergeRequest, UnmergeRequest

CommentOption = Annotated[str, typer.Option(metavar="TEXT", help="Why; kept in the history, error_group_aliases.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="An object with `group` and `groups`, which became part of it or no longer are.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("merge", help="Make groups part of the first one, now and for what comes. No event is changed.")(merge)
    app.command(
        "unmerge", help="Take a merged group out again, or all that people merged into a group. Nothing is lost."
    )(unmerge)


def merge(
    into: Annotated[
        str, typer.Argument(metavar="GROUP", help="The group that stays: its id, or its first characters.")
    ],
    groups: Annotated[list[str], typer.Argument(metavar="OTHER...", help="The groups that become part of it.")],
    *,
    across_services: Annotated[
        bool, typer.Option(help="Merge groups of different services too; they count in the first one's.")
    ] = False,
    comment: CommentOption = "",
    as_json: JsonOption = False,
    server: ServerOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Merge groups."""
    asked = MergeRequest(
        into=into, groups=tuple(groups), across_services=across_services, created_by=_user(), comment=comment
    )
    done = change_groups(asked, server=server, data=data, database=database)
    if as_json:
        print_json(done)
        return
    for group in done["groups"]:
        typer.echo(f"{group} is now part of {done['group']}; `otel-errors unmerge {group}` takes it out again")


def unmerge(
    group: Annotated[str, typer.Argument(metavar="GROUP", help="A group's id, or its first characters.")],
    *,
    comment: CommentOption = "",
    as_json: JsonOption = False,
    server: ServerOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Take groups apart."""
    asked = UnmergeRequest(group=group, created_by=_user(), comment=comment)
    done = change_groups(asked, server=server, data=data, database=database)
    if as_json:
        print_json(done)
        return
    for taken in done["groups"]:
        typer.echo(f"{taken} is no longer part of {done['group']}")


def _user() -> str:
    """Who asks, for the history; empty where the system has no name for the user."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""

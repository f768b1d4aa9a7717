"""`otel-errors show GROUP`: one error, its latest stack, and its trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.reach import DEFAULT_DATA, DatabaseOption, DataOption, ServerOption, reader
from collector.cli.text import ago, clean, clean_lines, cut, print_json
from collector.failures import Failure
from collector.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.store.read import Reader

NANOSECONDS_A_MILLISECOND = 1_000_000
CANDIDATES_MAX = 5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show", help="Show one group: what broke, the latest stack, and its trace as a tree.")(show)


def show(
    group: Annotated[str, typer.Argument(metavar="GROUP", help="A group's id, or its first characters.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="An object with `group`, `event` and `trace`.")] = False,
    server: ServerOption = None,
    data: DataOption = DEFAULT_DATA,
    database: DatabaseOption = "otel",
) -> None:
    """Show one group."""
    with reader(server, data, database) as opened:
        found = find_group(opened, group)
        given = {"group": found["GroupId"]}
        events = opened.rows(statement("latest_event"), given)
        trace = opened.rows(statement("trace_spans"), given)
    event = events[0] if events else {}
    if as_json:
        print_json({"group": found, "event": event, "trace": trace})
        return
    _print_group(found)
    if event:
        _print_event(event)
    print_trace(trace)


def find_group(opened: Reader, prefix: str) -> dict[str, Any]:
    """The one group whose id begins so.

    Raises:
        Failure: there is none, or several.
    """
    found = opened.rows(statement("find_groups"), {"prefix": prefix.lower(), "limit": CANDIDATES_MAX})
    if not found:
        raise Failure(f"there is no group {prefix!r}; `otel-errors groups` lists them")
    if len(found) > 1 and found[0]["GroupId"] != prefix:
        raise Failure(f"{prefix!r} is the beginning of several groups: {', '.join(row['GroupId'] for row in found)}")
    return found[0]


def print_trace(spans: Sequence[dict[str, Any]]) -> None:
    """Spans, in the order of their tree, as a tree."""
    if not spans:
        typer.echo("\nNo trace: the error was outside any span, or its spans were not sent.")
        return
    typer.echo(f"\nTrace {spans[0]['TraceId']}")
    for span in spans:
        mark = "✗" if span["IsError"] else "·"
        told = f"  {span['ExceptionType'] or span['StatusMessage']}" if span["IsError"] else ""
        name = clean(f"{span['ServiceName']}: {span['SpanName']}")
        milliseconds = span["Duration"] / NANOSECONDS_A_MILLISECOND
        typer.echo(
            f"  {'  ' * span['Depth']}{mark} {name}  {milliseconds:.1f} ms{cut(clean(told), 80) and '  ' + cut(clean(told), 80)}"
        )


def _print_group(found: dict[str, Any]) -> None:
    releases = " to ".join(
        dict.fromkeys(release for release in (found["FirstRelease"], found["LastRelease"]) if release)
    )
    typer.echo(f"{clean(found['ExceptionType'])}: {cut(clean(found['Message']), 200)}")
    typer.echo(f"  in          {clean(found['Culprit'])}")
    typer.echo(f"  service     {clean(found['ServiceName'])}")
    typer.echo(f"  group       {found['GroupId']}  ({found['Fingerprint']})")
    typer.echo(f"  events      {found['Events']}, users {found['Users']}, severity {found['Severity']}")
    typer.echo(f"  seen        first {ago(found['FirstSeen'])} ago, last {ago(found['LastSeen'])} ago")
    if releases:
        typer.echo(f"  release     {clean(releases)}")


def _print_event(event: dict[str, Any]) -> None:
    typer.echo(f"\nLatest event {event['EventId']}, frames innermost first (> in your code)")
    frames = zip(
        event["FrameModules"],
        event["FrameFunctions"],
        event["FrameFiles"],
        event["FrameLines"],
        event["FramesInApp"],
        event["FrameExceptions"],
        strict=True,
    )
    shown = False
    before = 0
    for module, function, file, line, in_app, number in frames:
        if number != before:
            typer.echo("    because of")
            before = number
        where = f"{file}:{line}" if line else file
        typer.echo(clean(f"  {'>' if in_app else ' '} {function or '?'}  {module}  {where}"))
        shown = True
    if not shown:
        for text in clean_lines(event["ExceptionStacktrace"]) or ["(no stack)"]:
            typer.echo(f"    {text}")

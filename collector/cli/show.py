"""`otel-errors show GROUP`: one error, its latest stack, and its trace.

An exception that passes several spans is seen several times, each time with more of the stack: the longest one is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.reach import DatabaseOption, DataOption, ServerOption, reader
from collector.cli.text import ago, clean, clean_lines, cut, print_json, some, utc
from collector.failures import Failure
from collector.grouping import as_json as grouping_as_json
from collector.grouping import explain
from collector.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from collector.store.read import Reader

NANOSECONDS_A_MILLISECOND = 1_000_000
CANDIDATES_MAX = 5
SIGHTINGS_MAX = 50
"""More spans than this that one exception passed are not listed."""
FRAMES_MAX = 10_000
"""Frames of one event that are read: a chain of exceptions has hundreds."""
MESSAGE_CHARS_MAX = 200
MERGED_SHOWN_MAX = 10
TOLD_CHARS_MAX = 80
RELATIONS = {"cause": "caused by", "context": "raised while handling", "member": "of the group"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("show", help="Show one group: what broke, the latest stack, and its trace as a tree.")(show)


def show(
    group: Annotated[
        str,
        typer.Argument(metavar="GROUP", help="A group's id, or its first characters; that of a merged one works too."),
    ],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="An object with `group`, `event`, `stack`, `sightings` and `trace`.")
    ] = False,
    server: ServerOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Show one group."""
    with reader(server, data, database) as opened:
        found = find_group(opened, group)
        given = {"group": found["GroupId"]}
        events = opened.rows(statement("latest_event"), given)
        event = events[0] if events else {}
        sightings = (
            opened.rows(statement("event_sightings"), {"event": event["EventId"], "limit": SIGHTINGS_MAX})
            if event
            else []
        )
        trace = opened.rows(statement("trace_spans"), given)
        frames = (
            opened.rows(statement("event_frames"), {**given, "event": event["EventId"], "limit": FRAMES_MAX})
            if event and event["Rules"]
            else []
        )
    stack = _longest_stack(event, sightings)
    _mark(stack, frames)
    if as_json:
        print_json({"group": found, "event": event, "stack": stack, "sightings": sightings, "trace": trace})
        return
    _print_group(found)
    if event:
        _print_event(event, sightings)
        _print_stack(stack)
    print_trace(trace)


def find_group(opened: Reader, prefix: str) -> dict[str, Any]:
    """The one group whose id begins so.

    Raises:
        Failure: there is none, or several.
    """
    wanted = prefix.strip().lower()
    found = opened.rows(statement("find_groups"), {"prefix": wanted, "limit": CANDIDATES_MAX})
    if not found:
        raise Failure(f"there is no group {prefix!r}; `otel-errors groups` lists them")
    if len(found) > 1:
        raise Failure(
            f"{prefix!r} is the beginning of several groups: {', '.join(row['GroupId'] for row in found)}; give more of it"
        )
    return found[0]


def print_trace(spans: Sequence[Mapping[str, Any]]) -> None:
    """Spans, in the order of their tree, as a tree."""
    if not spans:
        typer.echo("\nNo trace: the error was outside any span, or its spans were not sent.")
        return
    typer.echo(f"\nTrace {spans[0]['TraceId']} (x failed)")
    for span in spans:
        name = clean(f"{span['ServiceName']}: {span['SpanName']}")
        told = cut(clean(span["ExceptionType"] or span["StatusMessage"]), TOLD_CHARS_MAX) if span["IsError"] else ""
        line = f"  {'x' if span['IsError'] else '-'} {'  ' * span['Depth']}{name}  {_milliseconds(span)}  {told}"
        typer.echo(line.rstrip())


def _milliseconds(span: Mapping[str, Any]) -> str:
    return f"{span['Duration'] / NANOSECONDS_A_MILLISECOND:.1f} ms"


def _longest_stack(event: Mapping[str, Any], sightings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if not event:
        return {}
    texts = [event["ExceptionStacktrace"], *(sighting["ExceptionStacktrace"] for sighting in sightings)]
    told = grouping_as_json(explain(max(texts, key=len), language=event["Language"]))
    return {name: told[name] for name in ("parser", "language", "exceptions", "raw_lines")}


def _mark(stack: Mapping[str, Any], frames: Sequence[Mapping[str, Any]]) -> None:
    """Put what rules made of the event's frames in the place of what they are without rules."""
    stored = {(frame["Module"], frame["Function"], frame["File"]): frame for frame in frames}
    for error in stack.get("exceptions", ()):
        for frame in error["frames"]:
            known = stored.get((frame["module"], frame["function"], frame["file"]))
            if known is not None:
                frame.update(in_app=known["InApp"], counted=known["Counted"], reason=known["Reason"])


def _print_group(found: Mapping[str, Any]) -> None:
    releases = " to ".join(dict.fromkeys(filter(None, (found["FirstRelease"], found["LastRelease"]))))
    typer.echo(f"{clean(found['ExceptionType'])}: {cut(clean(found['Message']), MESSAGE_CHARS_MAX)}")
    _print_facts(
        ("in", found["Culprit"]),
        ("service", " of ".join(filter(None, (found["ServiceName"], found["ServiceNamespace"])))),
        ("group", f"{found['GroupId']}  ({found['Fingerprint']})"),
        ("with", f"{some(found['MergedGroups'], MERGED_SHOWN_MAX)}, merged into it" if found["MergedGroups"] else ""),
        ("events", f"{found['Events']}, users {found['Users']}, severity {found['Severity']}"),
        ("seen", f"first {ago(found['FirstSeen'])} ago, last {ago(found['LastSeen'])} ago"),
        ("release", releases),
    )


def _print_event(event: Mapping[str, Any], sightings: Sequence[Mapping[str, Any]]) -> None:
    typer.echo(f"\nLatest event {event['EventId']}")
    _print_facts(
        ("at", f"{utc(event['Timestamp']):%Y-%m-%d %H:%M:%S.%f} UTC"),
        ("severity", event["Severity"]),
        ("grouped", _origin(event)),
        ("rules", ", ".join(event["Rules"])),
        ("environment", event["Environment"]),
        ("host", event["HostName"]),
        ("instance", event["ServiceInstanceId"]),
        ("user", event["UserId"]),
        ("trace", event["TraceId"]),
        ("seen in", ", ".join(dict.fromkeys(_place(sighting) for sighting in (event, *sightings)))),
    )


def _origin(event: Mapping[str, Any]) -> str:
    """What the fingerprint was made of, where somebody said it."""
    if event["FingerprintOrigin"] == "override":
        return "by what the application says"
    return f"by the rule {event['FingerprintRule']}" if event["FingerprintRule"] else ""


def _place(sighting: Mapping[str, Any]) -> str:
    return "a log record" if sighting["SeenIn"] == "log_record" else f"span {sighting['SpanName']!r}"


def _print_facts(*facts: tuple[str, str]) -> None:
    for name, value in facts:
        if value:
            typer.echo(f"  {name:<12}{clean(value)}")


def _print_stack(stack: Mapping[str, Any]) -> None:
    if not stack["exceptions"]:
        typer.echo("\nStack, as it was sent")
        for text in stack["raw_lines"] or ["(none)"]:
            for line in clean_lines(text):
                typer.echo(f"    {line}")
        return
    typer.echo("\nStack, innermost first (> in your code)")
    for error in stack["exceptions"]:
        if error["relation"]:
            relation = RELATIONS[error["relation"]]
            typer.echo(f"  {relation} {clean(error['type'])}: {cut(clean(error['message']), MESSAGE_CHARS_MAX)}")
        for frame in error["frames"]:
            where = f"{frame['file']}:{frame['line']}" if frame["line"] else frame["file"]
            mark = ">" if frame["in_app"] else " "
            typer.echo(clean(f"    {mark} {frame['function'] or '?'}  {frame['module']}  {where}").rstrip())

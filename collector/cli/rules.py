"""`otel-errors rules check FILE` and `rules test FILE`: is a rules file right, and what would it do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.progress import counting
from collector.cli.reach import DatabaseOption, DataOption, ServerOption, reader
from collector.cli.rules_effects import Effects
from collector.cli.text import clean, cut, print_json, print_table
from collector.grouping import Grouper, RulesInUse
from collector.model import ExceptionSighting
from collector.rules.load import load
from collector.settings import read_rules_file
from collector.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collector.rules.rule import Rules
    from collector.store.read import Reader

PAGE_ROWS = 500
"""Events that are held at a time, with their stacks: 50 MB at most."""

STEP_SECONDS_MIN = 60
STEPS_MAX = 20_000
"""Events are asked for by times of so many seconds at least, and by so many at most."""

LISTED_MAX = 20
"""Merges and splits that are printed; `--json` has all."""

TITLE_CHARS_MAX = 70
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A YAML file of rules.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        name="rules", help="Check a rules file, and see what it would do.", add_completion=False, rich_markup_mode=None
    )
    group.command("check", help="Read a rules file; tell every mistake with its line.")(check_rules)
    group.command("test", help="Show what rules would do to the groups of the last days. Nothing is changed.")(
        try_rules
    )
    app.add_typer(group)


def read_rules(file: Path) -> Rules:
    """The rules of a file.

    Raises:
        SettingsInvalid: it can't be read. RulesInvalid: it has mistakes.
    """
    return load(read_rules_file(file), str(file))


def check_rules(file: FileArgument) -> None:
    """Read a rules file."""
    rules = read_rules(file)
    count = len(rules.rules)
    typer.echo(f"{file}: {count} rule{'' if count == 1 else 's'}, no mistake")


def try_rules(
    file: FileArgument,
    *,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Events of so many days.")] = 7,
    limit: Annotated[int, typer.Option(min=1, max=100_000_000, help="At most so many events, the latest.")] = 100_000,
    as_json: Annotated[
        bool, typer.Option("--json", help="An object with `rules`, `merges`, `splits` and `renamed`.")
    ] = False,
    server: ServerOption = None,
    data: DataOption = None,
    database: DatabaseOption = None,
) -> None:
    """Group stored events without rules and with them."""
    rules = read_rules(file)
    effects = Effects(rules.rules)
    without, with_rules = Grouper(), Grouper(RulesInUse(rules))
    with reader(server, data, database) as opened:
        step = max(STEP_SECONDS_MIN, days * 86_400 // STEPS_MAX)
        found = opened.rows(statement("rules_test_spans"), {"days": days, "step": step})
        stored = sum(span["Rows"] for span in found)
        with counting("Grouping stored events", min(stored, limit)) as advance:
            for page in _pages(opened, found, limit):
                for row in page:
                    sighting = _sighting(row)
                    effects.add(row["Weight"], without.group(sighting), with_rules.group(sighting))
                advance(len(page))
    report = {"days": days, "stored_rows": stored, **effects.report()}
    if as_json:
        print_json(report)
    else:
        _print(report)


def _pages(opened: Reader, spans: list[dict[str, Any]], limit: int) -> Iterator[list[dict[str, Any]]]:
    """Events, the latest first. A page is looked for in its own time alone, or each would cost as much as a whole day."""
    left = limit
    for span in _joined(spans):
        key = {"before": span["Latest"] + 1, "before_event": "", "before_segment": "", "before_weight": 0}
        while left > 0:
            asked = min(PAGE_ROWS, left)
            page = opened.rows(statement("rules_test_events"), {"since": span["Since"], "limit": asked, **key})
            left -= len(page)
            yield page
            if len(page) < asked:
                break
            last = page[-1]
            key = {
                "before": last["TimestampNs"],
                "before_event": last["EventId"],
                "before_segment": last["Segment"],
                "before_weight": last["Weight"],
            }


def _joined(spans: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Times with few events put together, within a day, until they fill a page."""
    joined: dict[str, Any] = {}
    for span in spans:
        if joined and joined["Day"] == span["Day"] and joined["Rows"] + span["Rows"] <= PAGE_ROWS:
            joined = {**joined, "Since": span["Since"], "Rows": joined["Rows"] + span["Rows"]}
            continue
        if joined:
            yield joined
        joined = span
    if joined:
        yield joined


def _sighting(row: Mapping[str, Any]) -> ExceptionSighting:
    """A stored event as it was seen: grouping the stored texts again gives what was stored."""
    return ExceptionSighting(
        seen_in=row["SeenIn"],
        timestamp_ns=row["TimestampNs"],
        observed_ns=row["TimestampNs"],
        span_name=row["SpanName"],
        span_status=row["SpanStatus"],
        exception_type=row["ExceptionType"],
        exception_message=row["ExceptionMessage"],
        exception_stacktrace=row["ExceptionStacktrace"],
        escaped=row["Escaped"],
        severity_number=row["SeverityNumber"],
        resource=row["ResourceAttributes"],
        attributes=row["Attributes"],
    )


def _print(report: Mapping[str, Any]) -> None:
    if not report["rows"]:
        typer.echo(f"No errors within {_days(report['days'])}: nothing to test the rules on.")
        return
    print_table(
        ("RULE", "LINE", "EVENTS", "GROUPS", "MERGED", "SPLIT", "DROPPED", "SEVERITY"),
        [
            (
                rule["name"],
                f"{rule['line']}",
                *(
                    f"{rule[key] or ''}"
                    for key in ("events", "groups", "merged_groups", "split_groups", "dropped_events")
                ),
                ", ".join(f"{change} {count}" for change, count in rule["severities"].items()),
            )
            for rule in report["rules"]
        ],
    )
    older = f", the latest of {report['stored_rows']}" if report["rows"] < report["stored_rows"] else ""
    typer.echo(
        f"\n{report['rows']} rows of the last {_days(report['days'])}{older}, {report['events']} events: "
        f"{report['groups_before']} groups without the rules, {report['groups_after']} with them, "
        f"{report['dropped_events']} events dropped."
    )
    if report["untold_events"]:
        typer.echo(f"{report['untold_events']} events are in none of the lists: there are too many groups.")
    _print_moves(report["merges"], "These become one group:", "into", "from")
    _print_moves(report["splits"], "These become several groups:", "from", "into")
    if report["renamed"]:
        typer.echo(f"\n{len(report['renamed'])} groups go on under another id.")
    typer.echo("\nNothing was changed. Rules hold for errors that come after `otel-errors serve --rules FILE` starts.")


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _print_moves(moves: list[dict[str, Any]], head: str, one: str, several: str) -> None:
    if not moves:
        return
    typer.echo(f"\n{head}")
    for told in moves[:LISTED_MAX]:
        typer.echo(f"  {_told(told[one])}")
        for other in told[several][:LISTED_MAX]:
            typer.echo(f"    {'<-' if one == 'into' else '->'} {_told(other)}")
        if len(told[several]) > LISTED_MAX:
            typer.echo(f"       and {len(told[several]) - LISTED_MAX} more")
    if len(moves) > LISTED_MAX:
        typer.echo(f"  and {len(moves) - LISTED_MAX} more; --json has all")


def _told(group: Mapping[str, Any]) -> str:
    return f"{group['group_id']}  {cut(clean(group['title']), TITLE_CHARS_MAX)}  ({group['events']} events)"

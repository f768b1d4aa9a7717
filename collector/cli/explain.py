"""`otel-errors explain FILE`: which frames and words make the fingerprint of a stack trace, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.rules import read_rules
from collector.cli.text import clean, cut, print_json
from collector.failures import SettingsInvalid
from collector.grouping import as_json as grouping_as_json
from collector.grouping import explain as explain_text
from collector.rules.matcher import RuleMatcher
from collector.scrub import scrub_attributes

if TYPE_CHECKING:
    from collector.model import Grouping

ORIGINS = {
    "stack": "the stack",
    "raw": "the text's lines",
    "message": "type and message",
    "override": "what the application says",
    "rule": "the rule ",
}
FILE_BYTES_MAX = 16 * 2**20
"""More than any stack: what lies beyond is not read."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain", help="Explain the fingerprint of a stack trace: which frames counted, and why.")(explain)


def explain(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file with a stack trace, or - for standard input.")],
    *,
    language: Annotated[str, typer.Option(help="The value of telemetry.sdk.language; sniffed by default.")] = "",
    rules: Annotated[
        Path | None, typer.Option("--rules", metavar="RULES", help="A YAML file of rules that hold, as with `serve`.")
    ] = None,
    service: Annotated[
        str,
        typer.Option(metavar="[NAMESPACE/]NAME", help="The service in which it happened, for the group and the rules."),
    ] = "",
    environment: Annotated[str, typer.Option(help="Its deployment environment, for the rules.")] = "",
    release: Annotated[str, typer.Option(help="Its release, for the rules.")] = "",
    attribute: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="An attribute of the error, such as exception.fingerprint; repeatable."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="An object with `fingerprint` and everything that led to it.")
    ] = False,
) -> None:
    """Explain a stack trace's fingerprint."""
    text = _read(file)
    if not text.strip():
        raise SettingsInvalid(f"{file} is empty: give a file with a stack trace, or - and standard input")
    namespace, _, name = service.rpartition("/")
    grouping = explain_text(
        text,
        language=language,
        service_name=name,
        service_namespace=namespace,
        environment=environment,
        release=release,
        attributes=_attributes(attribute or []),
        rules=RuleMatcher(read_rules(rules)) if rules else None,
    )
    if as_json:
        print_json(grouping_as_json(grouping))
    else:
        _print(grouping)


def _attributes(given: list[str]) -> dict[str, str]:
    """As the collector keeps them: without secrets."""
    for one in given:
        if not one.partition("=")[0] or "=" not in one:
            raise SettingsInvalid(f"--attribute can't be {one!r}: give KEY=VALUE")
    return scrub_attributes(dict(one.split("=", 1) for one in given))


def _read(file: str) -> str:
    try:
        if file == "-":
            data = sys.stdin.buffer.read(FILE_BYTES_MAX)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(FILE_BYTES_MAX)
    except OSError as failure:
        raise SettingsInvalid(f"{file} can't be read: {failure.strerror}") from None
    return data.decode("utf-8", "replace")


def _print(grouping: Grouping) -> None:
    fingerprint, stack, verdict = grouping.fingerprint, grouping.stack, grouping.verdict
    typer.echo(f"{fingerprint.value}")
    typer.echo(f"  group     {grouping.group_id}")
    for older in grouping.previous:
        typer.echo(f"  before    {older.fingerprint}, group {older.group_id}: continued if it is there")
    typer.echo(f"  made of   {ORIGINS[fingerprint.origin]}{clean(verdict.fingerprint_rule)}")
    typer.echo(f"  severity  {verdict.severity}")
    if verdict.rules:
        typer.echo(f"  rules     {', '.join(clean(name) for name in verdict.rules)}")
    if verdict.dropped_by:
        typer.echo(f"  dropped   by {clean(verdict.dropped_by)}: it becomes no event")
    typer.echo(f"  read as   {stack.parser}")
    typer.echo(f"  error     {clean(grouping.exception_type)}: {cut(clean(grouping.message), 120)}")
    typer.echo(f"  where     {clean(grouping.culprit)}")
    counts = "counts" if fingerprint.message_counted else "does not count"
    typer.echo(f"  message   {cut(clean(fingerprint.message_template), 120)}  ({counts})")
    for number, error in enumerate(stack.exceptions):
        typer.echo(f"\n{clean(error.relation or 'reported')}: {clean(error.type)}")
        for reason in fingerprint.frames:
            if reason.exception == number:
                frame = reason.frame
                mark = "+" if reason.counted else " "
                typer.echo(clean(f"  {mark} {frame.module or frame.file} {frame.function}  ({reason.reason})"))
    typer.echo("\nhashed, in this order:")
    for component in fingerprint.components:
        typer.echo(f"  {clean(component)}")

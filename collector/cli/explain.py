"""`otel-errors explain FILE`: which frames and words make the fingerprint of a stack trace, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.text import clean, cut, print_json
from collector.failures import SettingsInvalid
from collector.grouping import as_json as grouping_as_json
from collector.grouping import explain as explain_text

if TYPE_CHECKING:
    from collector.model import Grouping

FILE_BYTES_MAX = 16 * 2**20
"""More than any stack: what lies beyond is not read."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain", help="Explain the fingerprint of a stack trace: which frames counted, and why.")(explain)


def explain(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file with a stack trace, or - for standard input.")],
    *,
    language: Annotated[str, typer.Option(help="The value of telemetry.sdk.language; sniffed by default.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="An object with `fingerprint` and everything that led to it.")
    ] = False,
) -> None:
    """Explain a stack trace's fingerprint."""
    text = _read(file)
    if not text.strip():
        raise SettingsInvalid(f"{file} is empty: give a file with a stack trace, or - and standard input")
    grouping = explain_text(text, language=language)
    if as_json:
        print_json(grouping_as_json(grouping))
    else:
        _print(grouping)


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
    fingerprint, stack = grouping.fingerprint, grouping.stack
    typer.echo(f"{fingerprint.value}")
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

"""The command group, and what every command shares: failures are one line and a status, `| head` is no failure.

Statuses: 0 done, 1 it failed, 2 it was called wrongly. `OTEL_ERRORS_DEBUG=1` shows tracebacks.
"""

from __future__ import annotations

import io
import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from collector.cli import demo, explain, groups, merge, rules, schema, serve, show, sql
from collector.cli.text import say_nothing_more
from collector.failures import Failure, RulesInvalid, SettingsInvalid

INTERRUPTED = 130
"""The exit status of a program that SIGINT ended, as shells have it."""

app = typer.Typer(
    name="otel-errors",
    help="Error tracking that is native to OpenTelemetry and lives in your own ClickHouse.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (serve, demo, groups, show, merge, sql, explain, rules, schema):
    command.register(app)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"otel-errors {version('otel-errors')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Options of the group itself."""


def main() -> int:
    """Run one command; the exit status."""
    # What a terminal's encoding has no letter for becomes a question mark, not a failure.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        command = typer.main.get_command(app)
        # Not by calling it, which would make a closed pipe a silent status 1.
        with command.make_context("otel-errors", sys.argv[1:] or ["--help"]) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as ended:
        return int(ended.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        say_nothing_more()
    except Exception as failure:
        if os.environ.get("OTEL_ERRORS_DEBUG"):
            raise
        return _tell(failure)
    return 0


def _tell(failure: Exception) -> int:
    """Say in one line what went wrong; the exit status."""
    if isinstance(failure, RulesInvalid):
        for mistake in failure.mistakes:
            print(f"otel-errors: {mistake}", file=sys.stderr)  # noqa: T201  as below
        return 2
    if isinstance(failure, Failure):
        text, status = str(failure), 2 if isinstance(failure, SettingsInvalid) else 1
    elif hasattr(failure, "format_message"):  # what typer says of wrong arguments
        text, status = str(failure.format_message()), 2
    else:
        text, status = f"{type(failure).__name__}: {failure} (OTEL_ERRORS_DEBUG=1 shows where)", 1
    print(f"otel-errors: {' '.join(text.split())}", file=sys.stderr)  # noqa: T201  a command's own voice
    return status

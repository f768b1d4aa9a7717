"""The command group, and what every command shares: failures are one line and a status, `| head` is no failure.

Statuses: 0 done, 1 it failed, 2 it was called wrongly. `OTEL_ERRORS_DEBUG=1` shows tracebacks.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from collector.cli import demo, explain, groups, schema, serve, show, sql
from collector.failures import Failure, SettingsInvalid

app = typer.Typer(
    name="otel-errors",
    help="Error tracking that is native to OpenTelemetry and lives in your own ClickHouse.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (serve, demo, groups, show, sql, explain, schema):
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
    try:
        app(standalone_mode=False)
        sys.stdout.flush()
    except Failure as failure:
        return _tell(failure, 2 if isinstance(failure, SettingsInvalid) else 1)
    except typer.Exit as ended:
        return int(ended.exit_code)
    except typer.Abort:
        return 130
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has seen enough. What is buffered must not be flushed into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as failure:
        if hasattr(failure, "format_message") and hasattr(failure, "exit_code"):
            return _tell(failure.format_message(), int(failure.exit_code))
        if os.environ.get("OTEL_ERRORS_DEBUG"):
            raise
        return _tell(f"{type(failure).__name__}: {failure} (OTEL_ERRORS_DEBUG=1 shows where)", 1)
    return 0


def _tell(what: object, status: int) -> int:
    if os.environ.get("OTEL_ERRORS_DEBUG") and isinstance(what, BaseException):
        raise what
    print(f"otel-errors: {' '.join(str(what).split())}", file=sys.stderr)  # noqa: T201  a command's own voice
    return status

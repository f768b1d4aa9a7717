"""Writes the pages that are made from the code: settings, commands, own metrics. `make docs`; a test compares them.

python docs/generate.py
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer.main

from collector.cli.app import app
from collector.self_metrics import SelfMetrics
from collector.settings import ENVIRONMENT_PREFIX, HIDDEN, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FOLDER = Path(__file__).resolve().parent


def settings_page() -> str:
    """Every setting of `serve`."""
    rows = [
        (
            f"`--{name.replace('_', '-')}`",
            f"`{ENVIRONMENT_PREFIX}{name.upper()}`",
            _default(field.default),
            str(field.description),
        )
        for name, field in Settings.model_fields.items()
        if name not in HIDDEN
    ]
    return (
        "# Settings of `otel-errors serve`\n\n"
        "A value comes from the argument, else from the environment, else from the YAML file that `--config` names (the\n"
        "argument's name, with `_` or `-`), else it is the default. Times are a number and a unit: `90s`, `12h`, `30d`, `4w`.\n\n"
        + _table(("argument", "environment", "default", "what it is"), rows)
    )


def commands_page() -> str:
    """Every command with its options, as `--help` tells them."""
    group = typer.main.get_command(app)
    pages = [
        (
            "# Commands\n\nStatuses: 0 done, 1 it failed, 2 it was called wrongly. Failures are one line on standard error.\n"
            "`OTEL_ERRORS_DEBUG=1` shows the traceback instead. [What `--json` prints](json.md) has a page of its own.\n"
        )
    ]
    for name, command in _commands("", group):
        rows = [
            (" ".join(f"`{option}`" for option in parameter.opts), (parameter.help or "").split(" [")[0])
            for parameter in command.params
            if not getattr(parameter, "hidden", False) and name != "serve"
        ]
        text = f"## `otel-errors {name}`\n\n{command.help}\n"
        if name == "serve":
            text += "\nIts options are the [settings](settings.md), and `--config FILE`.\n"
        elif rows:
            text += "\n" + _table(("argument or option", "what it is"), rows)
        pages.append(text)
    return "\n".join(pages)


def _commands(prefix: str, group: Any) -> Iterator[tuple[str, Any]]:
    """Every command below a group, with its full name."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(f"{prefix}{name} ", command)
        else:
            yield f"{prefix}{name}", command


def metrics_page() -> str:
    """The service's own metrics, as `/metrics` on the HTTP port gives them."""
    rows = []
    for family in SelfMetrics().registry.collect():
        suffix = "_total" if family.type == "counter" else ""
        rows.append((f"`{family.name}{suffix}`", family.type, family.documentation))
    return "# Own metrics\n\n`GET /metrics` on the OTLP/HTTP port, in the Prometheus text format.\n\n" + _table(
        ("name", "type", "what it counts"), rows
    )


PAGES = {"settings.md": settings_page, "cli.md": commands_page, "metrics.md": metrics_page}


def _default(value: object) -> str:
    return "" if value is None or value is False or value == 0 else f"`{value}`"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    for page, make in PAGES.items():
        (FOLDER / page).write_text(make())

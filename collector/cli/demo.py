"""`otel-errors demo`: the main job on this machine: a collector, a small shop that fails, its errors in SQL."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.demo_collector import Running, running
from collector.cli.demo_shop import differences, expected_groups, shop_script
from collector.cli.groups import SECONDS_ALL, print_groups
from collector.cli.progress import working
from collector.cli.reach import reader
from collector.cli.show import print_trace
from collector.cli.text import print_table
from collector.control.client import flush
from collector.failures import Failure
from collector.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collector.store.read import Reader

SHOP_SECONDS_MAX = 120.0
FLUSH_SECONDS_MAX = 60.0
LOOK_SECONDS = 1.0
GROUPS_MAX = 1000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", help="Show it all: start a collector and a small shop that fails, and list its errors.")(demo)


def demo(
    *,
    once: Annotated[
        bool,
        typer.Option(
            "--once",
            help="On free ports, and end by itself: status 0 only if exactly the expected groups and counts are there.",
        ),
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Keep the data there; by default it is removed at the end."),
    ] = None,
) -> None:
    """Run the demo."""
    # An end from outside must end the collector too, also where a shell started us with SIGINT ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    with _folder(data) as folder, running(folder, free_ports=once) as collector:
        typer.echo(
            f"The collector runs: OTLP/gRPC {collector.grpc}, OTLP/HTTP {collector.http}, SQL http://{collector.sql}"
        )
        with reader(None, folder, None) as opened:
            before = _groups(opened)
            _run_shop(collector)
            with working("Its telemetry is stored ..."):
                stored = flush(folder, FLUSH_SECONDS_MAX)
            if not stored:
                raise Failure("the collector did not store everything in time; its messages above say why")
            groups = _groups(opened)
            _show(opened, groups)
        different = differences(groups, expected_groups(), before=before)
        if different:
            print_table(("SERVICE", "ERROR", "EXPECTED", "FOUND"), different)
            raise Failure("the errors in ClickHouse are not those that the shop made")
        typer.echo("\nThese are exactly the errors that the shop made.")
        if not once:
            _go_on(collector, groups, kept=data is not None)


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="otel-errors-demo-") as made:
        yield Path(made) / "data"


def _run_shop(collector: Running) -> None:
    where = ("--grpc", f"http://{collector.grpc}", "--http", f"http://{collector.http}")
    try:
        done = subprocess.run([sys.executable, str(shop_script()), *where], timeout=SHOP_SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        raise Failure(f"the shop did not end after {SHOP_SECONDS_MAX:.0f} s") from None
    if done.returncode:
        raise Failure(f"the shop ended with status {done.returncode}; the lines above say why")


def _groups(opened: Reader) -> list[dict[str, Any]]:
    return opened.rows(statement("groups"), {"since": SECONDS_ALL, "limit": GROUPS_MAX})


def _show(opened: Reader, groups: Sequence[dict[str, Any]]) -> None:
    typer.echo("\nIts errors, grouped in ClickHouse:\n")
    print_groups(groups)
    traces = [(opened.rows(statement("trace_spans"), {"group": group["GroupId"]}), group) for group in groups]
    spans, group = max(traces, key=lambda trace: len(trace[0]), default=([], {}))
    if spans:
        typer.echo(f"\nThe trace behind {group['ExceptionType']} in {group['ServiceName']} ({group['GroupId']}):")
        print_trace(spans)


def _go_on(collector: Running, groups: Sequence[dict[str, Any]], *, kept: bool) -> None:
    where = f"--data {collector.data}"
    typer.echo(
        f"\nGo on, in another terminal:\n"
        f"  otel-errors groups {where}\n"
        f"  otel-errors show {groups[0]['GroupId']} {where}\n"
        f"  otel-errors sql 'DESCRIBE TABLE errors' {where}\n"
        f"  curl 'http://{collector.sql}/?query=SELECT+*+FROM+errors+FORMAT+Vertical'\n"
        f"  OTEL_EXPORTER_OTLP_ENDPOINT=http://{collector.grpc} opentelemetry-instrument python your_app.py\n"
        f"\nCtrl-C ends the demo{'' if kept else ' and removes its data'}."
    )
    try:
        while collector.process.poll() is None:
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        typer.echo("")
    else:
        raise Failure(f"the collector ended with status {collector.process.returncode}; its messages above say why")

"""`otel-errors demo`: the main job on this machine: a collector, a small shop that fails, its errors in SQL."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.demo_shop import Expected, expected_groups, shop_script
from collector.cli.groups import print_groups
from collector.cli.progress import working
from collector.cli.reach import reader
from collector.cli.show import find_group, print_trace
from collector.cli.text import print_table
from collector.control.client import ControlUnavailable, flush, status
from collector.failures import Failure
from collector.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START_SECONDS_MAX = 60.0
SHOP_SECONDS_MAX = 120.0
FLUSH_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 30.0
POLL_SECONDS = 0.1
GROUPS_MAX = 1000
FREE_PORTS = ("--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--sql", "127.0.0.1:0")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", help="Show it all: start a collector and a small shop that fails, and list its errors.")(demo)


def demo(
    *,
    once: Annotated[
        bool,
        typer.Option(
            "--once", help="End by itself: status 0 only if exactly the expected groups and counts are there."
        ),
    ] = False,
) -> None:
    """Run the demo."""
    with tempfile.TemporaryDirectory(prefix="otel-errors-demo-") as folder:
        data = Path(folder) / "data"
        with _collector(data, *(FREE_PORTS if once else ())) as addresses:
            typer.echo(
                f"The collector runs: OTLP/gRPC {addresses['grpc']}, OTLP/HTTP {addresses['http']}, SQL http://{addresses['sql']}"
            )
            _run_shop(addresses)
            with working("Its telemetry is stored ..."):
                stored = flush(data, FLUSH_SECONDS_MAX)
            if not stored:
                raise Failure("the collector did not store everything in time; its messages above say why")
            groups = _show(data)
            differences = compare(groups, expected_groups())
            if differences:
                print_table(("SERVICE", "ERROR", "EXPECTED", "FOUND"), differences)
                raise Failure("the errors in ClickHouse are not those that the shop made")
            typer.echo("\nThese are exactly the errors that the shop made.")
            if not once:
                _go_on(data, addresses, groups)


def compare(groups: Sequence[dict[str, Any]], expected: Sequence[Expected]) -> list[tuple[str, str, str, str]]:
    """Where groups and expectations differ: service, error, expected and found events."""
    found: dict[tuple[str, str], list[int]] = {}
    for row in groups:
        found.setdefault((row["ServiceName"], row["ExceptionType"]), []).append(row["Events"])
    wanted: dict[tuple[str, str], list[int]] = {}
    for group in expected:
        wanted.setdefault((group.service, group.exception_type), []).append(group.events)
    return [
        (*key, _counts(wanted.get(key, [])), _counts(found.get(key, [])))
        for key in sorted({*found, *wanted})
        if sorted(found.get(key, [])) != sorted(wanted.get(key, []))
    ]


def _counts(events: Sequence[int]) -> str:
    return " + ".join(map(str, sorted(events))) or "-"


@contextmanager
def _collector(data: Path, *arguments: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "collector", "serve", "--data", str(data), "--log-level", "warning", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            with working("The collector starts ..."):
                addresses = _wait_until_ready(process, data)
            yield addresses
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(process: subprocess.Popen[bytes], data: Path) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        try:
            return status(data)
        except ControlUnavailable:
            if process.poll() is not None:
                raise Failure("the collector could not start; the line above says why") from None
            time.sleep(POLL_SECONDS)
    raise Failure(f"the collector was not ready after {START_SECONDS_MAX:.0f} s")


def _run_shop(addresses: dict[str, Any]) -> None:
    command = [
        sys.executable,
        str(shop_script()),
        "--grpc",
        f"http://{addresses['grpc']}",
        "--http",
        f"http://{addresses['http']}",
    ]
    try:
        done = subprocess.run(command, timeout=SHOP_SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired:
        raise Failure(f"the shop did not end after {SHOP_SECONDS_MAX:.0f} s") from None
    if done.returncode:
        raise Failure(f"the shop ended with status {done.returncode}; the lines above say why")


def _show(data: Path) -> list[dict[str, Any]]:
    with reader(None, data, "otel") as opened:
        groups = opened.rows(statement("groups"), {"since": 2**32 - 1, "limit": GROUPS_MAX})
        typer.echo("\nIts errors, grouped in ClickHouse:\n")
        print_groups(groups)
        deepest: list[dict[str, Any]] = []
        for row in groups:
            spans = opened.rows(statement("trace_spans"), {"group": find_group(opened, row["GroupId"])["GroupId"]})
            if len(spans) > len(deepest):
                deepest, title = spans, f"{row['ExceptionType']} in {row['ServiceName']} ({row['GroupId']})"
        if deepest:
            typer.echo(f"\nThe trace behind {title}:")
            print_trace(deepest)
    return groups


def _go_on(data: Path, addresses: dict[str, Any], groups: Sequence[dict[str, Any]]) -> None:
    first = groups[0]["GroupId"] if groups else "GROUP"
    server = f"--data {data}"
    typer.echo(
        f"\nGo on, in another terminal:\n"
        f"  otel-errors groups {server}\n"
        f"  otel-errors show {first} {server}\n"
        f"  otel-errors sql 'DESCRIBE TABLE errors' {server}\n"
        f"  curl 'http://{addresses['sql']}/?query=SELECT+*+FROM+errors+FORMAT+Vertical'\n"
        f"  OTEL_EXPORTER_OTLP_ENDPOINT=http://{addresses['grpc']} opentelemetry-instrument python your_app.py\n"
        f"\nCtrl-C ends the demo and removes its data."
    )
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        typer.echo("")

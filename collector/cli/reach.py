"""Finds what a reading command reads from.

A server that is named; else the collector that owns the data folder, which says where its SQL port is; else whatever
answers on the default port; else the data folder itself, when no collector owns it.
"""

from __future__ import annotations

import fcntl
import logging
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collector.cli.progress import working
from collector.control.client import ControlUnavailable, status
from collector.failures import Failure, StoreFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.store.read import Reader

DEFAULT_SERVER = "http://127.0.0.1:8123"
DEFAULT_DATA = Path("otel-errors-data")

ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="OTEL_ERRORS_SERVER",
        help="The collector's SQL port, or a ClickHouse server: http://user:password@host:8123/otel.",
    ),
]
DataOption = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="OTEL_ERRORS_DATA",
        help="The data folder: of the running collector, or to be read when none runs.",
    ),
]
DatabaseOption = Annotated[str, typer.Option("--database", envvar="OTEL_ERRORS_DATABASE", help="The database.")]


@contextmanager
def reader(server: str | None, data: Path, database: str) -> Iterator[Reader]:
    """A reader, closed at the end.

    Raises:
        Failure: nothing can be read; says what to do.
    """
    # The ClickHouse client takes a third of a second to load, which `--help` need not wait for.
    from collector.store.read import open_http  # noqa: PLC0415

    # The client tells of a refused connection by itself; the failure says it in one line.
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
    if server:
        opened = open_http(server, database)
    else:
        try:
            opened = open_http(f"http://{_sql_address(data)}", database)
        except ControlUnavailable:
            try:
                opened = open_http(DEFAULT_SERVER, database)
            except StoreFailure:
                with _locked(data), _folder_reader(data, database) as from_folder:
                    yield from_folder
                return
    try:
        yield opened
    finally:
        opened.close()


def _sql_address(data: Path) -> str:
    address = str(status(data).get("sql") or "")
    if not address:
        raise Failure(
            "the collector stores into a ClickHouse server: name that one with --server (or OTEL_ERRORS_SERVER)"
        )
    return address


@contextmanager
def _folder_reader(data: Path, database: str) -> Iterator[Reader]:
    # The engine takes a second and 250 MB to load: only where it is needed.
    with working(f"No collector runs: opening {data} ..."):
        from collector.store.embedded import EmbeddedEngine  # noqa: PLC0415

        opened = EmbeddedEngine(data / "clickhouse", database).open_reader()
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    try:
        descriptor = os.open(data / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        raise Failure(
            f"no collector answers at {DEFAULT_SERVER} and {data} is no data folder: start one with `otel-errors serve`, "
            "or say where to read with --server or --data"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise Failure(f"another process uses {data}: name its SQL port with --server") from None
    try:
        yield
    finally:
        os.close(descriptor)

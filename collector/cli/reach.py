"""Finds what a reading command reads from, and what holds a folder that a command opens by itself.

In this order: a server that is named; the collector that owns the data folder, which says where its SQL port is; unless
a folder was named, what answers on the SQL port's usual address; the data folder itself, when no collector owns it.
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
DEFAULT_DATABASE = "otel"

ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        envvar="OTEL_ERRORS_SERVER",
        metavar="URL",
        help="The collector's SQL port, or a ClickHouse server: http://user:password@host:8123/otel.",
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar="OTEL_ERRORS_DATA",
        metavar="DIR",
        help=f"The data folder: of the running collector, or to be read when none runs; ./{DEFAULT_DATA} by default.",
    ),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        envvar="OTEL_ERRORS_DATABASE",
        metavar="NAME",
        help=f"The database; by default that of the running collector, else {DEFAULT_DATABASE}.",
    ),
]


@contextmanager
def reader(server: str | None, data: Path | None, database: str | None) -> Iterator[Reader]:
    """A reader, closed at the end.

    Raises:
        Failure: nothing can be read; says what to do.
    """
    # The client tells of a refused connection by itself; the failure says it in one line.
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
    folder = data or DEFAULT_DATA
    opened = _open_server(server, folder, database, ask_usual=data is None)
    if opened is None:
        with locked(folder), _folder_reader(folder, database or DEFAULT_DATABASE) as from_folder:
            yield from_folder
        return
    try:
        yield opened
    finally:
        opened.close()


def _open_server(server: str | None, folder: Path, database: str | None, *, ask_usual: bool) -> Reader | None:
    """What answers over HTTP; None when nothing does and none was named."""
    # The ClickHouse client takes a third of a second to load, which `--help` need not wait for.
    from collector.store.read import open_http  # noqa: PLC0415

    if server:
        return open_http(server, database or DEFAULT_DATABASE)
    try:
        return open_http(f"http://{_sql_address(folder)}", database)
    except ControlUnavailable:
        pass
    if not ask_usual:
        return None
    try:
        return open_http(DEFAULT_SERVER, database or DEFAULT_DATABASE)
    except StoreFailure as failure:
        if failure.code:  # somebody answers there, and says no
            raise
        return None


def _sql_address(folder: Path) -> str:
    address = str(status(folder).get("sql") or "")
    if not address:
        raise Failure(
            "the collector stores into a ClickHouse server: name that one with --server (or OTEL_ERRORS_SERVER)"
        )
    return address


@contextmanager
def _folder_reader(folder: Path, database: str) -> Iterator[Reader]:
    # The engine takes a second and 250 MB to load: only where it is needed.
    with working(f"No collector runs: opening {folder} ..."):
        from collector.store.embedded import EmbeddedEngine  # noqa: PLC0415

        opened = EmbeddedEngine(folder / "clickhouse", database).open_reader()
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder that has a store, as a collector would."""
    try:
        if not (folder / "clickhouse").is_dir():
            raise FileNotFoundError
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        raise Failure(
            f"no collector runs in {folder}, and nothing is stored there: start one with `otel-errors serve --data {folder}`, "
            "or say where to read with --server or --data"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise Failure(
            f"another process uses {folder} and does not answer: try again in a moment, or name its SQL port with --server"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)

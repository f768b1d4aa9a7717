"""A real collector for each test that asks for one."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.running import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder with a short path: it holds a Unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="oe-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def collector(data: Path) -> Iterator[Collector]:
    """A collector on free ports."""
    running = Collector(data).start()
    yield running
    running.kill()


@pytest.fixture
def server(data: Path) -> Iterator[Collector]:
    """A collector whose SQL port takes inserts, as a ClickHouse server does."""
    running = Collector(data / "server", ("--sql-writable",))
    running.data.mkdir()
    yield running.start()
    running.kill()


@pytest.fixture
def remote(server: Collector) -> Iterator[Collector]:
    """A collector that stores into that server, in the database `remote`."""
    folder = Path(tempfile.mkdtemp(prefix="oe-"))
    running = Collector(
        folder, environment={"OTEL_ERRORS_CLICKHOUSE": f"http://default:@{server.status['sql']}/remote"}
    )
    yield running.start()
    running.kill()
    shutil.rmtree(folder, ignore_errors=True)

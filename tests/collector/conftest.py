"""Shared by all tests of the service: one embedded engine a test process, a database of its own for each test."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from collector.store.embedded import EmbeddedEngine
from collector.store.migrate import migrate
from collector.store.render import SchemaOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from collector.store.embedded import EmbeddedConnection


@pytest.fixture(scope="session")
def engine_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the one engine that a process can have."""
    return tmp_path_factory.mktemp("engine") / "clickhouse"


@pytest.fixture
def database() -> str:
    """A database that no other test uses."""
    return f"test_{uuid.uuid4().hex[:12]}"


@pytest.fixture
def engine(engine_folder: Path, database: str) -> EmbeddedEngine:
    """The engine, with this test's database in mind."""
    return EmbeddedEngine(engine_folder, database)


@pytest.fixture
def connection(engine: EmbeddedEngine, database: str) -> Iterator[EmbeddedConnection]:
    """A connection to a database with the whole schema."""
    made = engine.connect(database="default")
    migrate(made, SchemaOptions(database=database))
    yield made
    made.command(f"DROP DATABASE IF EXISTS `{database}`")
    made.close()

"""The schema: made once, replaced where it has no rows, and the retention that is asked for now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collector.failures import StartFailure
from collector.store.migrate import RETENTION_COLUMNS, migrate
from collector.store.render import Retention, SchemaOptions
from collector.store.statements import statement

if TYPE_CHECKING:
    from collector.store.embedded import EmbeddedConnection

ALL_KINDS = Retention(traces=60, logs=120, metrics=180, errors=240, groups=300)


def ttls(connection: EmbeddedConnection, database: str) -> dict[str, str]:
    return {row["name"]: row["ttl"] for row in connection.rows(statement("table_ttls"), {"database": database})}


def test_a_second_start_changes_nothing(connection: EmbeddedConnection, database: str) -> None:
    assert migrate(connection, SchemaOptions(database=database)) == ()


def test_the_retention_of_each_family_is_the_one_that_is_asked_for_now(
    connection: EmbeddedConnection, database: str
) -> None:
    for retention in (ALL_KINDS, ALL_KINDS, Retention(traces=7), Retention()):
        assert migrate(connection, SchemaOptions(database=database, retention=retention)) == ()

        found = ttls(connection, database)
        for table, column, family in RETENTION_COLUMNS:
            seconds = getattr(retention, family)
            assert found[table] == (f"toDateTime({column}) + toIntervalSecond({seconds})" if seconds else "")


def test_a_new_database_has_its_retention_from_the_start(connection: EmbeddedConnection, database: str) -> None:
    other = f"{database}_new"
    migrate(connection, SchemaOptions(database=other, retention=ALL_KINDS))

    assert ttls(connection, other)["otel_traces"] == "toDateTime(Timestamp) + toIntervalSecond(60)"
    connection.command(f"DROP DATABASE `{other}`")


def test_the_way_in_is_made_again_when_its_text_changed_and_rows_stay(
    connection: EmbeddedConnection, database: str
) -> None:
    connection.command(f"INSERT INTO {database}.otel_traces (TraceId) VALUES ('a')")
    connection.command(
        f"INSERT INTO {database}.otel_errors_schema (Name, Digest) VALUES ('ingest/traces', 'another text')"
    )

    assert migrate(connection, SchemaOptions(database=database)) == ("ingest/traces",)
    assert connection.rows(f"SELECT count() AS n FROM {database}.otel_traces") == [{"n": 1}]


def test_a_table_that_is_in_the_way_is_named(connection: EmbeddedConnection, database: str) -> None:
    connection.command(f"DROP TABLE {database}.ingest_logs")
    connection.command(f"CREATE DATABASE IF NOT EXISTS {database}")
    connection.command(
        f"INSERT INTO {database}.otel_errors_schema (Name, Digest) VALUES ('ingest/logs', 'another text')"
    )
    connection.command(f"DROP TABLE {database}.otel_logs")

    with pytest.raises(StartFailure, match=r"ingest/logs\.sql"):
        migrate(connection, SchemaOptions(database=database))

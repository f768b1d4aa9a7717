"""Brings the database to this version's schema: numbered files once, the way in and the views when their text changed.

What was applied stands in `otel_errors_schema`: for each file its number and the digest of its text. A numbered file
whose text differs from what was applied is not run again: tables change by a new number, never by editing an old one
(except for retention, which is a setting and is altered to what is asked for).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from collector.failures import StartFailure, StoreFailure
from collector.store.render import SchemaOptions, SqlFile, quote_identifier, render
from collector.store.statements import statement

if TYPE_CHECKING:
    from collector.store.connection import Connection

_CREATE_DATABASE = "CREATE DATABASE IF NOT EXISTS {database:Identifier}"
_CREATED = re.compile(r"CREATE (TABLE|MATERIALIZED VIEW) (?P<name>\S+\.`?\w+`?)")

RETENTION_COLUMNS = (
    # table, time column, family of the retention setting
    ("otel_traces", "Timestamp", "traces"),
    ("otel_traces_trace_id_ts", "Start", "traces"),
    ("otel_logs", "Timestamp", "logs"),
    ("otel_metrics_gauge", "TimeUnix", "metrics"),
    ("otel_metrics_sum", "TimeUnix", "metrics"),
    ("otel_metrics_histogram", "TimeUnix", "metrics"),
    ("otel_metrics_exp_histogram", "TimeUnix", "metrics"),
    ("otel_metrics_summary", "TimeUnix", "metrics"),
    ("error_events", "Timestamp", "errors"),
    ("error_sightings", "Timestamp", "errors"),
    ("error_group_minutes", "Minute", "groups"),
)


def migrate(connection: Connection, options: SchemaOptions) -> tuple[str, ...]:
    """Apply what is missing; gives the names of the files that were applied.

    Raises:
        StartFailure: ClickHouse refused a statement; names the file.
    """
    database = {"database": options.database}
    first, *files = render("schema", options)
    applied: list[str] = []
    try:
        connection.command(_CREATE_DATABASE, database)
        connection.command(first.statements[0])
        known = {str(row["Name"]): str(row["Digest"]) for row in connection.rows(statement("applied_files"), database)}
    except StoreFailure as failure:
        raise StartFailure(f"the schema of database {options.database} can't be read or made: {failure}") from failure
    numbered = {f"schema/{file.name}": file for file in files}
    replaced = {f"{folder}/{file.name}": file for folder in ("ingest", "views") for file in render(folder, options)}
    for name, file in (numbered | replaced).items():
        digest = hashlib.sha256("\n".join(file.statements).encode()).hexdigest()[:32]
        if known.get(name) == digest or (file.number and name in known):
            continue
        _apply(connection, name, file, replaces=name.startswith("ingest/"))
        noted = {**database, "name": name, "number": file.number, "digest": digest}
        connection.command(statement("note_applied"), noted)
        applied.append(name)
    try:
        _keep_retention(connection, options)
    except StoreFailure as failure:
        raise StartFailure(f"the retention can't be set: {failure}") from failure
    return tuple(applied)


def _apply(connection: Connection, name: str, file: SqlFile, *, replaces: bool) -> None:
    try:
        if replaces:
            # The way in has no rows of its own. Views go before the tables that they read.
            created = [match for text in file.statements if (match := _CREATED.match(text))]
            for match in sorted(created, key=lambda found: found[1] == "TABLE"):
                connection.command(f"DROP TABLE IF EXISTS {match['name']}")
        for text in file.statements:
            connection.command(text)
    except StoreFailure as failure:
        raise StartFailure(f"the schema can't be applied: {name}.sql: {failure}") from failure


def _keep_retention(connection: Connection, options: SchemaOptions) -> None:
    """Give every table the TTL that is asked for now; it may differ from the one it was made with."""
    rows = connection.rows(statement("table_ttls"), {"database": options.database})
    current = {str(row["name"]): str(row["ttl"]) for row in rows}
    suffix = "_local" if options.cluster else ""
    for table, column, family in RETENTION_COLUMNS:
        seconds = int(getattr(options.retention, family))
        wanted = f"toDateTime({column}) + toIntervalSecond({seconds})" if seconds else ""
        if current.get(table + suffix, "") == wanted:
            continue
        change = f"MODIFY TTL {wanted}" if wanted else "REMOVE TTL"
        target = f"{quote_identifier(options.database)}.{quote_identifier(table + suffix)}"
        connection.command(f"ALTER TABLE {target} {change}", settings={"materialize_ttl_after_modify": "0"})
        if wanted:
            # Parts that are there learn of it, in the background.
            connection.command(f"ALTER TABLE {target} MATERIALIZE TTL", settings={"mutations_sync": "0"})

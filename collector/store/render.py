"""Turns the SQL files into statements: one schema for the embedded engine, a server, and a cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_FOLDER = Path(__file__).resolve().parent
_END_OF_STATEMENT = re.compile(r";[ \t]*(?:\n|$)")
_COMMENT_LINE = re.compile(r"^--[^\n]*\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long rows are kept, in seconds, for each family of tables; 0 keeps them for ever."""

    traces: int = 0
    logs: int = 0
    metrics: int = 0
    errors: int = 0
    groups: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaOptions:
    """What the schema depends on.

    `cluster` names a ClickHouse cluster (empty: one node). `fsync` makes every insert reach the disk before it returns,
    which MergeTree does not do by itself. `attribute_indexes` adds skip indexes on the attribute maps: they cost as
    much as storing the spans (`make bench` shows it), so they are for servers that search attributes.
    """

    database: str = "otel"
    cluster: str = ""
    fsync: bool = True
    attribute_indexes: bool = False
    retention: Retention = field(default_factory=Retention)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlFile:
    """A rendered file: its statements in order. `number` is 0 where files are not numbered."""

    name: str
    number: int
    statements: tuple[str, ...]


def render(folder: str, options: SchemaOptions) -> tuple[SqlFile, ...]:
    """Render all files of `schema`, `ingest` or `views`, in the order of their names."""
    return tuple(
        SqlFile(name=path.stem, number=_number(path), statements=_statements(path, options))
        for path in sorted((_FOLDER / folder).glob("*.sql"))
    )


def render_schema(cluster: str | None, database: str) -> str:
    """The whole schema as one script, for people who create it themselves: tables, the way in, views."""
    options = SchemaOptions(database=database, cluster=cluster or "", attribute_indexes=bool(cluster))
    on_cluster = f" ON CLUSTER '{cluster}'" if cluster else ""
    parts = [f"CREATE DATABASE IF NOT EXISTS {quote_identifier(database)}{on_cluster};"]
    for folder in ("schema", "ingest", "views"):
        for file in render(folder, options):
            parts.append(f"-- {folder}/{file.name}.sql")
            parts += [f"{statement};" for statement in file.statements]
    return "\n\n".join(parts) + "\n"


def quote_identifier(name: str) -> str:
    """A name as ClickHouse reads it, whatever is in it."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def quote_text(text: str) -> str:
    """A string literal as ClickHouse reads it, whatever is in it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@cache
def _environment() -> Environment:
    return Environment(  # noqa: S701  SQL, not HTML; every value is ours or quoted
        loader=FileSystemLoader(_FOLDER), undefined=StrictUndefined, keep_trailing_newline=True
    )


def _number(path: Path) -> int:
    head = path.name.split("_", 1)[0]
    return int(head) if head.isdigit() else 0


def _statements(path: Path, options: SchemaOptions) -> tuple[str, ...]:
    # Macros are put in front of the file, not imported, so that they see the options too.
    source = (_FOLDER / "macros.sql").read_text() + path.read_text()
    text = (
        _environment()
        .from_string(source)
        .render(
            db=quote_identifier(options.database),
            database=options.database,
            cluster=options.cluster,
            fsync=options.fsync,
            attribute_indexes=options.attribute_indexes,
            retention=options.retention,
        )
    )
    pieces = (piece.strip() for piece in _END_OF_STATEMENT.split(_COMMENT_LINE.sub("", text)))
    return tuple(piece for piece in pieces if piece)

"""Statements whose tree the engine only prints (DESCRIBE, EXISTS, SHOW CREATE ...): what `EXPLAIN AST` says. Pure.

The print is one node a line, a space deeper a level; names stand in it as they are, line breaks too, so it can't be
trusted for large trees. Here a whole statement is at most a root, names and a format: each line must be exactly the one
expected, and a name with a line break makes one line too many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from collector.failures import QueryRefused
from collector.sqlport.refuse import ACCESS_DENIED, READONLY, REFUSED_TABLES, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.sqlport.refuse import EngineNames

DESCRIBE: Final = "DescribeQuery"
NAMING: Final = frozenset(
    # Followed by the names of a database and a table, either of which may be missing.
    [
        "ExistsDatabaseQuery",
        "ExistsDictionaryQuery",
        "ExistsTableQuery",
        "ExistsViewQuery",
        "ShowCreateDatabaseQuery",
        "ShowCreateDictionaryQuery",
        "ShowCreateTableQuery",
        "ShowCreateViewQuery",
    ]
)
BARE: Final = frozenset(["ShowEngineQuery", "ShowFunctions", "ShowProcesslistQuery", "ShowSetting"])
READING_ROOTS: Final = NAMING | BARE | {DESCRIBE}

_NAME: Final = " Identifier "
_TABLE: Final = "  TableIdentifier "


def root_of(lines: Sequence[str]) -> str:
    """Give the kind of the statement: the first word of its print."""
    return lines[0].split(" ", 1)[0] if lines else ""


def check_outline(lines: Sequence[str], *, names: EngineNames) -> Verdict:
    """Pass a statement that reads, by the lines of its print; raise `QueryRefused` for any other one."""
    root = root_of(lines)
    if root == DESCRIBE:
        return _check_describe(lines, names=names)
    identifiers = [line.removeprefix(_NAME) for line in lines[1:] if line.startswith(_NAME)]
    if root not in READING_ROOTS or len(identifiers) != len(lines) - 1:
        raise QueryRefused(
            "Only statements that read are answered (SELECT, SHOW, EXISTS, EXPLAIN, DESCRIBE), not "
            f"{root or 'this one'}",
            code=READONLY,
        )
    named = _named(lines[0], root) if root in NAMING else 0
    _check_parts(identifiers[:named], names)
    return Verdict(format=identifiers[named] if len(identifiers) > named else "")


def _named(line: str, root: str) -> int:
    """Count the names in `ShowCreateTableQuery database table (children 3)`; a missing one leaves its space."""
    words = line.removeprefix(root).rpartition(" (children ")[0].removeprefix(" ")
    database, _, table = words.partition(" ")
    return bool(database) + bool(table)


def _check_describe(lines: Sequence[str], *, names: EngineNames) -> Verdict:
    plain = (
        len(lines) in (3, 4)
        and lines[1].startswith(" TableExpression ")
        and lines[2].startswith(_TABLE)
        and all(line.startswith(_NAME) for line in lines[3:])
    )
    if not plain:
        raise QueryRefused("Only a plain table can be described; for a query run it with LIMIT 0", code=ACCESS_DENIED)
    _check_parts(lines[2].removeprefix(_TABLE).split("."), names)
    return Verdict(format=lines[3].removeprefix(_NAME) if len(lines) > 3 else "")  # noqa: PLR2004  root, expression, table, format


def _check_parts(parts: Sequence[str], names: EngineNames) -> None:
    if len(parts) > 1 and parts[0] in names.file_databases:
        raise QueryRefused(f"The database {parts[0]} is refused: its tables are files", code=ACCESS_DENIED)
    if parts and parts[-1] in REFUSED_TABLES:
        raise QueryRefused(f"The table {parts[-1]} is refused", code=ACCESS_DENIED)

"""Finds the statements that our own commands and loops run: `queries/<name>.sql`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("queries")


@cache
def statement(name: str) -> str:
    """The text of a statement. Values are bound as `{name:Type}` parameters; tables are those of the current database."""
    return (_FOLDER / f"{name}.sql").read_text()

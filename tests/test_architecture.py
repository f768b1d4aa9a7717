"""The shape of the house: the map is the tree, files and functions stay small, SQL lies in files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import collector

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(path for package in ("collector", "otel_errors") for path in (ROOT / package).rglob("*.py"))
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
_SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT INTO|CREATE TABLE|ALTER TABLE|DROP TABLE)\b", re.DOTALL)
SQL_IN_PYTHON = {
    # Statements whose names are ours and differ from call to call, so that they can't be a file.
    "collector/store/embedded.py",
    "collector/store/migrate.py",
    # The help says what to type.
    "collector/cli/demo.py",
    "collector/cli/sql.py",
}


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_map_of_the_service_names_every_part_of_it() -> None:
    parts = {path.name + "/" for path in (ROOT / "collector").iterdir() if (path / "__init__.py").exists()}
    parts |= {path.name for path in (ROOT / "collector").glob("*.py")} - {"__init__.py", "__main__.py"}

    missing = [part for part in parts if part not in (collector.__doc__ or "")]

    assert not missing


@pytest.mark.parametrize("path", SOURCES, ids=names)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= FUNCTION_LINES_MAX
    ]

    assert not long
    assert len(text.splitlines()) <= FILE_LINES_MAX


@pytest.mark.parametrize("path", SOURCES, ids=names)
def test_sql_lies_in_sql_files(path: Path) -> None:
    if names(path) in SQL_IN_PYTHON:
        return
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, documented)}
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _SQL.search(node.value)
        and node.value not in docstrings
    ]

    assert not found


def test_no_file_is_a_drawer_for_everything() -> None:
    assert not [path for path in SOURCES if path.stem in ("utils", "util", "helpers", "common", "misc")]


def test_proto_is_no_package() -> None:
    """With an `__init__.py` it would hide proto-plus from everybody who runs from a checkout."""
    assert not (ROOT / "proto" / "__init__.py").exists()

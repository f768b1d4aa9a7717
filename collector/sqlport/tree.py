"""A statement's syntax tree, from the engine, and what it says about the statement.

The statement is the value of a parameter of `parseQueryToJSON`: nothing is pasted together, and the function takes one
statement only. `EXPLAIN AST <statement>`, which also prints trees, would run what follows a semicolon and hides the
expressions of SHOW ... WHERE; it serves only for the few kinds that have no JSON form, after the parser has taken the
text as one statement.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from collector.failures import QueryRefused, StoreRejected
from collector.sqlport import outline, refuse
from collector.sqlport.limits import DEPTH_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.sqlport.engine import EngineConnection

_SCOPE: Final = ": In scope WITH parseQueryToJSON("
INSERT: Final = "InsertQuery"
_INLINE_DATA: Final = "INSERT with inline data"
_NO_JSON: Final = "does not support JSON serialization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A parsed statement: its tree, or the lines of its print where the engine has no tree to give."""

    kind: str
    tree: Mapping[str, Any] | None = None
    lines: tuple[str, ...] = ()

    @property
    def reads(self) -> bool:
        """Whether it is one of the kinds that only read."""
        known = refuse.READING_ROOTS if self.tree is not None else outline.READING_ROOTS
        return self.kind in known


def parse(engine: EngineConnection, statement: str, parameters: Mapping[str, str]) -> Statement:
    """Have the engine parse one statement.

    Raises `StoreRejected`: the engine does not understand it, or it is several.
    """
    try:
        text, whole = engine.ask("tree", statement=statement)
        if not whole:
            raise QueryRefused(
                "The statement's syntax tree does not hold all of it, so it can't be checked",
                code=refuse.ACCESS_DENIED,
            )
        tree = json.loads(text)
    except StoreRejected as rejected:
        message, scope, _ = str(rejected).partition(_SCOPE)
        if scope and rejected.code == refuse.BAD_ARGUMENTS and _INLINE_DATA in message:
            # What stands behind the data may be another statement: nothing may be put before this text.
            return Statement(kind=INSERT)
        if scope and rejected.code == refuse.BAD_ARGUMENTS and _NO_JSON in message:
            result = engine.run(f"EXPLAIN AST {statement}", parameters, "TabSeparatedRaw")
            lines = tuple(result.bytes().decode(errors="replace").removesuffix("\n").split("\n"))
            return Statement(kind=outline.root_of(lines), lines=lines)
        raise StoreRejected(message, code=rejected.code) from rejected
    except RecursionError as error:
        raise QueryRefused(f"The statement nests deeper than {DEPTH_MAX} levels", code=refuse.TOO_DEEP) from error
    return Statement(kind=str(tree.get("type", "")), tree=tree)


def verdict(
    statement: Statement,
    engine: EngineConnection,
    *,
    parameters: Mapping[str, str],
    names: refuse.EngineNames,
) -> refuse.Verdict:
    """Pass a statement that reads, or raise `QueryRefused`."""

    def is_view(name: str) -> bool:
        database, _, view = name.rpartition(".")
        return bool(engine.ask("is_view", database=database, view=view)[0])

    if statement.tree is None:
        return outline.check_outline(statement.lines, names=names)
    return refuse.check(statement.tree, parameters=parameters, names=names, is_view=is_view)

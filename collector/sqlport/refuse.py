r"""What a statement may hold. Pure: a tree in, a refusal or a verdict out.

The tree is the engine's own (`parseQueryToJSON`), so nothing here reads SQL text. Refused is by place and by name:

- Roots: only SELECT, SHOW and EXPLAIN of a SELECT. Kinds of nodes that are not on the list are refused too, so that
  syntax which a later engine learns is closed until somebody has looked at it.
- INTO OUTFILE writes a file although `readonly=1`; a SETTINGS clause in a subquery is not stopped by it either.
- Table functions: from a list, plus the parameterized views of the database. `values`, `generateRandom`, `null` and
  `format` take a structure as text, and the expression of an ALIAS column in that text is run:
  `values('a UInt8, b String ALIAS file(\'/etc/passwd\')', 1)` reads the file. So they are not on the list.
- Functions: `file` reads files, `ai*` calls other hosts; a name also counts where it is handed over
  (`arrayMap(file, ...)`, `* APPLY(file)`).
- chDB's database `default` is the file system: `EXISTS default.`/etc/passwd`` tells whether the file is there.

What was considered: a list of allowed functions (1,900 names, aggregate combinators, aliases) instead of one of refused
ones. The engine's `readonly=1` stands behind this check for everything but the functions named here, and a test asks
the engine for functions nobody has reviewed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from collector.failures import QueryRefused
from collector.sqlport.limits import DEPTH_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

BAD_ARGUMENTS: Final = 36
READONLY: Final = 164
TOO_DEEP: Final = 167
ACCESS_DENIED: Final = 497

SELECTS: Final = frozenset({"SelectWithUnionQuery", "SelectQuery", "SelectIntersectExceptQuery"})
SHOWS: Final = frozenset({"ShowTablesQuery", "ShowColumnsQuery", "ShowIndexesQuery"})
EXPLAIN: Final = "ExplainQuery"
READING_ROOTS: Final = SELECTS | SHOWS | {EXPLAIN}
EXPLAIN_KINDS: Final = frozenset(
    {
        "EXPLAIN",
        "EXPLAIN AST",
        "EXPLAIN ESTIMATE",
        "EXPLAIN PIPELINE",
        "EXPLAIN QUERY TREE",
        "EXPLAIN SYNTAX",
    }
)

NODES: Final = SELECTS | frozenset(
    [
        "ArrayJoin",
        "Asterisk",
        "ColumnsApplyTransformer",
        "ColumnsExceptTransformer",
        "ColumnsListMatcher",
        "ColumnsRegexpMatcher",
        "ColumnsReplaceTransformer",
        "ColumnsReplaceTransformerReplacement",
        "ColumnsTransformerList",
        "DataType",
        "ExpressionList",
        "Function",
        "Identifier",
        "InterpolateElement",
        "Literal",
        "ObjectTypeArgument",
        "OrderByElement",
        "QualifiedAsterisk",
        "QualifiedColumnsListMatcher",
        "QualifiedColumnsRegexpMatcher",
        "QueryParameter",
        "SampleRatio",
        "Subquery",
        "TableExpression",
        "TableIdentifier",
        "TableJoin",
        "TablesInSelectQuery",
        "TablesInSelectQueryElement",
        "WindowDefinition",
        "WindowListElement",
        "WithElement",
    ]
)

TABLE_FUNCTIONS: Final = frozenset(
    # All compute their rows, or read tables of this database. (VALUES (1), (2)) is SQLStandardValues.
    [
        "generate_series",
        "generateseries",
        "numbers",
        "numbers_mt",
        "primes",
        "sqlstandardvalues",
        "view",
        "zeros",
        "zeros_mt",
    ]
)

REFUSED_FUNCTIONS: Final = frozenset(
    # Files; other hosts; the address space; the log; tables by their name as text, which may be a file's path.
    [
        "file",
        "catboostevaluate",
        "aiclassify",
        "aiembed",
        "aiextract",
        "aifilter",
        "aigenerate",
        "airedact",
        "aisimilarity",
        "aitranslate",
        "addresstoline",
        "addresstolinewithinlines",
        "addresstosymbol",
        "logtrace",
        "hascolumnintable",
        "joinget",
        "joingetornull",
        "generateserialid",
        "getclienthttpheader",
        "showcertificate",
    ]
)

HARMLESS_TWINS: Final = frozenset({"format"})
"""Functions that share their name with a refused table function."""

REFUSED_TABLES: Final = frozenset({"stack_trace"})
"""`system.stack_trace` sends a signal to every thread of this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineNames:
    """What the check must know of the engine. Names of functions in lower case."""

    table_functions: frozenset[str]
    file_databases: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is known of a statement that may run.

    `format` is the one that its FORMAT clause names, or empty. `streams`: the engine can give its rows as they come.
    `only_settings`: it reads `system.settings` and calls nothing.
    """

    format: str = ""
    streams: bool = False
    only_settings: bool = False


@dataclass(slots=True)
class _Found:
    tables: set[str] = field(default_factory=set)
    functions: int = 0


def check(
    tree: Mapping[str, Any],
    *,
    parameters: Mapping[str, str],
    names: EngineNames,
    is_view: Callable[[str], bool],
) -> Verdict:
    """Pass a statement that reads, by its tree; raise `QueryRefused` for any other one.

    `parameters` are the values bound to it as sent: a value can be an identifier. `is_view` tells whether a name,
    qualified or not, is a view.
    """
    root = str(tree.get("type"))
    if root not in READING_ROOTS:
        raise QueryRefused(
            f"Only statements that read are answered (SELECT, SHOW, EXISTS, EXPLAIN, DESCRIBE), not {root}",
            code=READONLY,
        )
    if root == EXPLAIN:
        _check_explain(tree)
    found = _Found()
    for place, node in _nodes(tree):
        kind = node["type"]
        if "out_file" in node or node.get("is_into_outfile_with_stdout"):
            raise QueryRefused("INTO OUTFILE is refused: it would write a file of the server", code=READONLY)
        if kind == "SetQuery":
            if place != "settings" or root != EXPLAIN or node is not tree.get("settings"):
                raise QueryRefused(
                    "A SETTINGS clause is refused: give settings in the URL, as name=value",
                    code=READONLY,
                )
        elif node is not tree and kind not in NODES:
            raise QueryRefused(f"This syntax is not known to be harmless: {kind}", code=ACCESS_DENIED)
        _check_names(node, place, found, parameters=parameters, names=names, is_view=is_view)
    written = tree.get("format_ast") or {}
    return Verdict(
        format=str(written.get("name", "")),
        streams=root in SELECTS,
        only_settings=not found.functions and found.tables == {"system.settings"},
    )


def _check_explain(tree: Mapping[str, Any]) -> None:
    explained = tree.get("query")
    kind = tree.get("kind")
    if (
        kind not in EXPLAIN_KINDS
        or "table_function" in tree
        or "table_override" in tree
        or not isinstance(explained, dict)
        or explained.get("type") not in SELECTS
    ):
        raise QueryRefused(f"Only a SELECT can be explained ({kind})", code=READONLY)


def _check_names(
    node: Mapping[str, Any],
    place: str,
    found: _Found,
    *,
    parameters: Mapping[str, str],
    names: EngineNames,
    is_view: Callable[[str], bool],
) -> None:
    match node["type"]:
        case "Function":
            found.functions += 1
            _check_function(node, place, names=names, is_view=is_view)
        case "ColumnsApplyTransformer":
            found.functions += 1
            _check_function_name(str(node.get("func_name", "")), names)
        case "Identifier" | "TableIdentifier":
            parts = node.get("name_parts") or [node.get("name", "")]
            if node["type"] == "TableIdentifier":
                found.tables.add(".".join(parts))
            _check_identifier(parts, names)
        case "QueryParameter" if node.get("param_type") == "Identifier":
            found.tables.add("")
            _check_identifier_value(parameters.get(str(node.get("name")), ""), names)
        case _:
            pass


def _check_function(node: Mapping[str, Any], place: str, *, names: EngineNames, is_view: Callable[[str], bool]) -> None:
    name = str(node.get("name", ""))
    if place == "table_function":
        if name.lower() in TABLE_FUNCTIONS:
            return
        if name.lower() in names.table_functions or not is_view(name):
            raise QueryRefused(
                f"The table function {name} is refused: it may reach beyond the database, or is no parameterized view "
                f"of it; allowed are {', '.join(sorted(TABLE_FUNCTIONS))} and the database's views",
                code=ACCESS_DENIED,
            )
        return
    _check_function_name(name, names)
    if node.get("is_operator"):
        return
    for argument in (node.get("arguments") or {}).get("children", ()):
        # A function can be handed over by its bare name: arrayMap(file, paths).
        if argument.get("type") == "Identifier" and len(argument.get("name_parts") or ()) <= 1:
            _check_handed_over(str(argument.get("name", "")))


def _check_function_name(name: str, names: EngineNames) -> None:
    lower = name.lower()
    outside = lower in names.table_functions - TABLE_FUNCTIONS - HARMLESS_TWINS
    if lower in REFUSED_FUNCTIONS or outside:
        raise QueryRefused(f"The function {name} is refused: it may reach beyond the database", code=ACCESS_DENIED)


def _check_handed_over(name: str) -> None:
    if name.lower() in REFUSED_FUNCTIONS:
        raise QueryRefused(
            f"{name} as an argument is refused: the function of that name may reach beyond the database; "
            f"if it is a column, write it with its table, as in t.{name}",
            code=ACCESS_DENIED,
        )


def _check_identifier(parts: list[str], names: EngineNames) -> None:
    if len(parts) > 1 and parts[0] in names.file_databases:
        raise QueryRefused(f"The database {parts[0]} is refused: its tables are files", code=ACCESS_DENIED)
    if parts[-1] in REFUSED_TABLES:
        raise QueryRefused(f"The table {parts[-1]} is refused", code=ACCESS_DENIED)


def _check_identifier_value(value: str, names: EngineNames) -> None:
    # A value is written with escapes, so one with a backslash is not yet the name that it stands for.
    if "\\" in value or value in names.file_databases or value in REFUSED_TABLES or value.lower() in REFUSED_FUNCTIONS:
        raise QueryRefused(
            f"The identifier {value[:100]!r} as a parameter is refused: it may reach beyond the database",
            code=ACCESS_DENIED,
        )


def _nodes(tree: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Walk all nodes, with the key that each lies under. Literals hold values, not nodes."""
    waiting: list[tuple[str, Any, int]] = [("", tree, 0)]
    while waiting:
        place, item, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise QueryRefused(f"The statement nests deeper than {DEPTH_MAX} levels", code=TOO_DEEP)
        if isinstance(item, list):
            waiting += [(place, member, depth) for member in item]
        elif isinstance(item, dict):
            if isinstance(item.get("type"), str):
                yield place, item
                if item["type"] == "Literal":
                    continue
            waiting += [(key, value, depth + 1) for key, value in item.items() if isinstance(value, dict | list)]

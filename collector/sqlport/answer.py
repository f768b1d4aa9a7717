"""Headers, statuses and error texts of an answer, as a ClickHouse server gives them. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.sqlport.coding import Coding

TIMEOUT_EXCEEDED: Final = 159
TOO_MANY_QUERIES: Final = 202
QUERY_TOO_LARGE: Final = 229
CANCELLED: Final = 394
TOO_MANY_BYTES: Final = 396
INTERNAL: Final = 49

NAMES: Final = {
    36: "BAD_ARGUMENTS",
    48: "NOT_IMPLEMENTED",
    INTERNAL: "LOGICAL_ERROR",
    62: "SYNTAX_ERROR",
    81: "UNKNOWN_DATABASE",
    89: "UNKNOWN_COMPRESSION_METHOD",
    115: "UNKNOWN_SETTING",
    117: "INCORRECT_DATA",
    TIMEOUT_EXCEEDED: "TIMEOUT_EXCEEDED",
    164: "READONLY",
    167: "TOO_DEEP_AST",
    TOO_MANY_QUERIES: "TOO_MANY_SIMULTANEOUS_QUERIES",
    QUERY_TOO_LARGE: "QUERY_IS_TOO_LARGE",
    271: "CANNOT_DECOMPRESS",
    306: "TOO_DEEP_RECURSION",
    CANCELLED: "QUERY_WAS_CANCELLED",
    TOO_MANY_BYTES: "TOO_MANY_ROWS_OR_BYTES",
    452: "SETTING_CONSTRAINT_VIOLATION",
    497: "ACCESS_DENIED",
}
"""Names of the numbers that the port gives by itself; the engine's messages carry theirs."""

_STATUSES: Final = {
    400: (6, 25, 26, 27, 36, 37, 38, 41, 53, 62, 72, 89, 117, 123, 167, 168, 223, 271, 306, 456, 457),
    403: (164, 452, 497),
    404: (46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336),
    408: (TIMEOUT_EXCEEDED,),
    413: (QUERY_TOO_LARGE,),
    501: (48,),
    # Clients send these again: clickhouse-connect does so twice.
    503: (76, TOO_MANY_QUERIES, 209, 439),
}
_STATUS_OF: Final = {code: status for status, codes in _STATUSES.items() for code in codes}

CONTENT_TYPES: Final = {
    "csv": "text/csv; charset=UTF-8; header=absent",
    "csvwithnames": "text/csv; charset=UTF-8; header=present",
    "json": "application/json; charset=UTF-8",
    "jsoncompact": "application/json; charset=UTF-8",
    "jsoncolumns": "application/json; charset=UTF-8",
    "jsoneachrow": "application/x-ndjson; charset=UTF-8",
    "native": "application/octet-stream",
    "parquet": "application/octet-stream",
    "rowbinary": "application/octet-stream",
    "tabseparated": "text/tab-separated-values; charset=UTF-8",
    "tabseparatedwithnames": "text/tab-separated-values; charset=UTF-8",
    "tsv": "text/tab-separated-values; charset=UTF-8",
    "xml": "application/xml; charset=UTF-8",
}

STREAMED: Final = frozenset(
    # Formats that are the sum of their blocks. chDB writes each block as a file of its own, so a header or a footer
    # would come again with every block: other formats are made in one piece.
    (
        *("csv", "jsoncompacteachrow", "jsoneachrow", "jsonlines", "jsonstringseachrow", "native", "ndjson"),
        *("rowbinary", "tabseparated", "tabseparatedraw", "tsv", "tsvraw"),
    )
)


@dataclass(slots=True, kw_only=True)
class Facts:
    """What is known of an answer. `rows` went out, `read_rows` and `read_bytes` were read; `written_rows` went in."""

    format: str = "TabSeparated"
    timezone: str = "UTC"
    coding: Coding = ""
    length: int | None = None
    rows: int = 0
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    elapsed_ns: int = 0


def common_headers(query_id: str, display_name: str) -> dict[str, str]:
    """Headers of every answer to a statement."""
    return {"X-ClickHouse-Server-Display-Name": display_name, "X-ClickHouse-Query-Id": query_id}


def answer_headers(facts: Facts, *, exception_tag: str) -> dict[str, str]:
    """Headers of an answer with rows. The summary counts what is known when the answer starts."""
    headers = {
        "Content-Type": CONTENT_TYPES.get(facts.format.lower(), "text/plain; charset=UTF-8"),
        "X-ClickHouse-Format": facts.format,
        "X-ClickHouse-Timezone": facts.timezone,
        "X-ClickHouse-Exception-Tag": exception_tag,
        "X-ClickHouse-Summary": json.dumps(_summary(facts), separators=(",", ":")),
    }
    if facts.coding:
        headers |= {"Content-Encoding": facts.coding, "Vary": "Accept-Encoding"}
    if facts.length is not None:
        headers["Content-Length"] = str(facts.length)
    return headers


def _summary(facts: Facts) -> Mapping[str, str]:
    return {
        "read_rows": str(facts.read_rows),
        "read_bytes": str(facts.read_bytes),
        "written_rows": str(facts.written_rows),
        "written_bytes": "0",
        "total_rows_to_read": "0",
        "result_rows": str(facts.rows),
        "result_bytes": str(facts.length or 0),
        "elapsed_ns": str(facts.elapsed_ns),
    }


def status_of(code: int) -> int:
    """The HTTP status of an error number: ClickHouse's own table where it has one, else 500."""
    return _STATUS_OF.get(code, 500)


def error_text(code: int, message: str, version: str) -> str:
    """An error as a server words it, which is what clients look for."""
    name = NAMES.get(code, "")
    if name and not message.endswith(f"({name})"):
        message = f"{message.rstrip('.')}. ({name})"
    return f"Code: {code}. DB::Exception: {message} (version {version} (official build))\n"


def late_error(text: str, tag: str) -> bytes:
    """An error after the answer has begun: a block at its end, between marks that the headers announced.

    The form is that of servers from 25.11 on: tag, text, length of the text, tag.
    """
    body = text.encode()
    return f"\r\n__exception__\r\n{tag}\r\n".encode() + body + f"{len(body)} {tag}\r\n__exception__\r\n".encode()

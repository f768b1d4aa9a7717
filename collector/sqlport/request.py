"""An HTTP request -> what is asked of the engine. Pure.

ClickHouse's HTTP interface: the statement is `query=` in the URL followed by the body; `param_NAME` binds
`{NAME:Type}`, its value in the escaped form of TabSeparated; every other name is a setting
(https://clickhouse.com/docs/interfaces/http).
"""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.policy import HTTP
from typing import TYPE_CHECKING, Final

from collector.failures import QueryRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from collector.sqlport.coding import Coding

NOT_IMPLEMENTED: Final = 48
SYNTAX_ERROR: Final = 62
INCORRECT_DATA: Final = 117
READONLY: Final = 164

_INSERT: Final = b"INSERT"
_PARAMETER: Final = "param_"
_SERVER_CODINGS: Final = ("lz4", "zstd", "gzip")


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlRequest:
    """What is asked. `database` is empty when the request names none; `coding` is empty for a plain answer."""

    statement: str
    parameters: Mapping[str, str]
    settings: Mapping[str, str]
    database: str = ""
    default_format: str = "TabSeparated"
    query_id: str = ""
    wait_for_end: bool = False
    coding: Coding = ""


def read_request(
    fields: Iterable[tuple[str, str]], headers: Mapping[str, str], *, body: bytes, query_id: str
) -> SqlRequest:
    """Read a request.

    `fields` are the URL's, decoded, in order; the last one of a name counts. `query_id` is used when the request
    brings none. Raises `QueryRefused`: the body is not text, or asks for what the port does not do.
    """
    given = dict(fields)
    content_type = headers.get("content-type", "")
    if content_type.startswith("multipart/form-data"):
        given |= form_fields(content_type, body)
        body = b""
    if given.get("compress", "0") not in ("", "0"):
        raise QueryRefused(
            "compress=1 (ClickHouse's own block compression) is not answered; ask with the header Accept-Encoding "
            "and enable_http_compression=1",
            code=NOT_IMPLEMENTED,
        )
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        if body.lstrip()[: len(_INSERT)].upper() == _INSERT:
            raise QueryRefused("Only statements that read are answered, not INSERT", code=READONLY) from error
        raise QueryRefused(f"The statement is not UTF-8 (byte {error.start})", code=INCORRECT_DATA) from error
    statement = "\n".join(part for part in (given.get("query", ""), text) if part)
    return SqlRequest(
        statement=statement,
        parameters={
            name.removeprefix(_PARAMETER): value for name, value in given.items() if name.startswith(_PARAMETER)
        },
        settings={name: value for name, value in given.items() if not name.startswith(_PARAMETER)},
        database=given.get("database") or headers.get("x-clickhouse-database", ""),
        default_format=given.get("default_format") or headers.get("x-clickhouse-format", "") or "TabSeparated",
        query_id=given.get("query_id") or query_id,
        wait_for_end=given.get("wait_end_of_query", "0") not in ("", "0"),
        coding=_coding(given, headers),
    )


def form_fields(content_type: str, body: bytes) -> dict[str, str]:
    """Read the fields of a multipart form, as clickhouse-connect sends long parameters.

    Raises `QueryRefused` for files: those are external tables, which the port does not take.
    """
    message = message_from_bytes(b"content-type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body, policy=HTTP)
    fields: dict[str, str] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if part.get_filename() is not None:
            raise QueryRefused(
                f"External tables are not taken ({name}); join with a subquery instead",
                code=NOT_IMPLEMENTED,
            )
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields[name] = payload.decode(errors="replace")
    return fields


def escape(text: str) -> str:
    """Write a text as a parameter's value: the escaped form of TabSeparated."""
    for raw, escaped in (
        ("\\", "\\\\"),
        ("\t", "\\t"),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\0", "\\0"),
    ):
        text = text.replace(raw, escaped)
    return text


def _coding(given: Mapping[str, str], headers: Mapping[str, str]) -> Coding:
    """Choose how the answer is compressed: as a server, only when the request says so twice."""
    if given.get("enable_http_compression", "0") not in ("1", "true"):
        return ""
    accepted = {part.partition(";")[0].strip() for part in headers.get("accept-encoding", "").split(",")}
    for coding in _SERVER_CODINGS:
        if coding in accepted:
            return coding
    return ""

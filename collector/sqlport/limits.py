"""How much one request and all requests together may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STATEMENT_BYTES_MAX: Final = 1 << 20
"""A statement's text. A server takes 256 KiB; lists of ids that clients write into it are longer."""

URL_BYTES_MAX: Final = 256 << 10
"""A request's line and headers. A server takes 1 MiB; clickhouse-connect sends a form from 8 KiB on."""

INSERT_BYTES_MAX: Final = 4 << 30
"""A body to insert (writable mode), decompressed, on disk while it is inserted. Segments have 32 MiB."""

STATEMENT_SECONDS_MAX: Final = 30.0
"""From a request's headers to the end of a statement that comes as the body."""

INSERT_SECONDS_MAX: Final = 600.0
"""The same for a body to insert."""

SEND_SECONDS_MAX: Final = 60.0
"""How long a client may take to accept the next piece of its answer."""

PIECE_BYTES: Final = 1 << 20
"""What is handed to the socket at once, and what is gathered before an answer starts: an error within
the first mebibyte gets its status instead of a broken answer."""

SPOOL_MEMORY_BYTES: Final = 8 << 20
"""An answer that a client wants only when it is complete lies in memory up to here, then on disk."""

CONNECTIONS_MAX: Final = 512
"""Open connections; beyond, uvicorn answers 503."""

DEPTH_MAX: Final = 800
"""Nesting of a syntax tree; a call in a call is two. The engine's own limit is 1,000, and Python's JSON reader has one
near that too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an operator, or a test, may want otherwise.

    `queries_max`: statements that run at once; more get error 202 and are sent again by most clients.
    `execution_seconds_max`, `memory_bytes_max`: of one statement, in the engine. `result_bytes_max`: of its result
    as the engine holds it, 0 for no limit; rows go out as they come. `whole_result_bytes_max`: the same where the
    format must be made in one piece (JSON, Parquet, with a header or footer), which costs memory: text is up to ten
    times as large as the engine's columns. `spool_bytes_max`: of an answer that is wanted only when it is complete
    (`wait_end_of_query=1`), on disk until then.
    """

    queries_max: int = 16
    execution_seconds_max: float = 60.0
    memory_bytes_max: int = 4 << 30
    result_bytes_max: int = 16 << 30
    whole_result_bytes_max: int = 128 << 20
    spool_bytes_max: int = 1 << 30

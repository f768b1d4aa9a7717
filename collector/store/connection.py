"""One connection to ClickHouse, embedded or server: the seam that the rest of the store stands on.

A connection belongs to one thread. Statements are files of ours; values are bound as `{name:Type}` parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from clickhouse_connect.driver.exceptions import DatabaseError, Error

from collector.failures import StoreFailure, StoreRejected, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# ClickHouse's error numbers that say nothing of the data: disk, memory, time, parts, network, access, shutdown.
# fmt: off
CODES_OF_OUTAGE = frozenset({
    3, 74, 75, 76, 87, 159, 160, 164, 173, 192, 193, 198, 201, 202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 279, 285,
    319, 341, 364, 394, 401, 425, 439, 473, 497, 499, 516, 517, 519, 574, 681, 692, 696, 720, 722, 723, 724, 726, 730, 999,
})
# fmt: on


CAUSES_MAX = 10
"""How deep a client's exceptions are looked into."""


class Connection(Protocol):
    """What both kinds of connection do. All methods raise `StoreUnavailable` or `StoreRejected`."""

    def command(
        self, statement: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> Any:
        """Run one statement; gives its first value, if it has one."""

    def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run one query; a dict by column name for each row."""

    def insert_file(self, table: str, path: Path, *, proto: str, message: str, settings: Mapping[str, str]) -> None:
        """Insert a file of length-delimited messages, as a message of a .proto file describes them, into a table."""

    def close(self) -> None:
        """Give the connection back."""


class ClientConnection:
    """What the two kinds share: a clickhouse-connect client, and its errors in our terms."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def command(
        self, statement: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> Any:
        """Run one statement; gives its first value, if it has one."""
        try:
            return self._client.command(statement, parameters=dict(parameters or {}), settings=dict(settings or {}))
        except Exception as failure:
            raise as_store_failure(failure) from failure

    def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run one query; a dict by column name for each row."""
        try:
            result = self._client.query(statement, parameters=dict(parameters or {}))
            names: Sequence[str] = result.column_names
            return [dict(zip(names, row, strict=True)) for row in result.result_rows]
        except Exception as failure:
            raise as_store_failure(failure) from failure

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()


def as_store_failure(failure: Exception) -> StoreFailure:
    """Tell an outage, which passes, from a fault of the data or the statement, which does not."""
    if isinstance(failure, StoreFailure):
        return failure
    message = " ".join(str(failure).split())[:1000]
    code = int(getattr(failure, "code", None) or 0) if isinstance(failure, DatabaseError) else 0
    if code and code not in CODES_OF_OUTAGE:
        return StoreRejected(f"ClickHouse refused: {message}", code=code)
    if code:
        return StoreUnavailable(f"ClickHouse can't do it now: {message}", code=code)
    if (reason := _network_reason(failure)) or isinstance(failure, (Error, OSError)):
        return StoreUnavailable(f"ClickHouse is out of reach: {reason or message}")
    return StoreUnavailable(f"ClickHouse could not be asked ({type(failure).__name__}): {message}")


def _network_reason(failure: BaseException) -> str:
    """What the operating system said, at the bottom of what a client made of it; empty if it said nothing."""
    reason = ""
    below: BaseException | None = failure
    for _ in range(CAUSES_MAX):
        if below is None:
            break
        if isinstance(below, OSError) and below.strerror:
            reason = below.strerror
        inner = getattr(below, "reason", None)
        below = inner if isinstance(inner, BaseException) else below.__cause__ or below.__context__
    return reason

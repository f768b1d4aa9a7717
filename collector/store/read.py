"""How commands read: over HTTP from the SQL port (or any ClickHouse server), or from the data folder itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import clickhouse_connect

from collector.failures import SettingsInvalid, StoreFailure
from collector.store.connection import ClientConnection, as_store_failure

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_SECONDS = 5
ANSWER_SECONDS = 300


class Reader(ClientConnection):
    """A connection that reads; rows as dicts, or the bytes of any output format."""

    def raw(self, statement: str, fmt: str, parameters: Mapping[str, Any] | None = None) -> bytes:
        """The answer in an output format of ClickHouse; a FORMAT in the statement goes first.

        Raises:
            StoreFailure: the statement was refused, or nobody answered.
        """
        try:
            # The format goes as the default one, not as text behind the statement.
            answer: bytes = self._client.raw_query(
                statement, parameters=dict(parameters or {}), settings={"default_format": fmt}
            )
        except Exception as failure:
            raise as_store_failure(failure) from failure
        return answer


def open_http(url: str, database: str) -> Reader:
    """Read from `http://[user:password@]host:port[/database]`.

    Raises:
        SettingsInvalid: not such a URL. StoreFailure: nobody answers there, or the user is refused.
    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        port = parts.port or 8123
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or not port:
        raise SettingsInvalid("--server takes http://[user:password@]host:port[/database]")
    try:
        client = clickhouse_connect.get_client(
            host=parts.hostname,
            port=port,
            username=unquote(parts.username or "default"),
            password=unquote(parts.password or ""),
            secure=parts.scheme == "https",
            database=unquote(parts.path.strip("/")) or database,
            connect_timeout=CONNECT_SECONDS,
            send_receive_timeout=ANSWER_SECONDS,
            autogenerate_session_id=False,
            query_retries=0,
        )
    except Exception as failure:
        cause = as_store_failure(failure)
        raise StoreFailure(f"no SQL answers at {parts.hostname}:{port}: {cause}", code=cause.code) from failure
    return Reader(client)

"""How commands read: over HTTP from the SQL port (or any ClickHouse server), or from the data folder itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import clickhouse_connect

from collector.failures import SettingsInvalid, StoreFailure
from collector.store.connection import ClientConnection, as_store_failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONNECT_SECONDS = 5
ANSWER_SECONDS = 300
CHUNK_BYTES = 2**20
"""How much of an answer is held at a time."""
PORT = 8123
"""Where ClickHouse speaks HTTP when a URL doesn't say."""


class Reader(ClientConnection):
    """A connection that reads; rows as dicts, or the bytes of any output format.

    What ClickHouse refuses is told in its own words, without what the client puts around them.
    """

    def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run one query; a dict by column name for each row.

        Raises:
            StoreFailure: the statement was refused, or nobody answered.
        """
        try:
            return super().rows(statement, parameters)
        except StoreFailure as failure:
            raise in_its_own_words(failure) from failure

    def stream(self, statement: str, fmt: str) -> Iterator[bytes]:
        """The answer in an output format of ClickHouse, in pieces; a FORMAT in the statement goes first.

        Raises:
            StoreFailure: the statement was refused, nobody answered, or the answer broke off.
        """
        try:
            # The format goes as the default one, not as text behind the statement.
            with self._client.raw_stream(statement, settings={"default_format": fmt}) as answer:
                while piece := answer.read(CHUNK_BYTES):
                    yield piece
        except GeneratorExit:
            raise
        except Exception as failure:
            raise in_its_own_words(as_store_failure(failure)) from failure


def open_http(url: str, database: str | None) -> Reader:
    """Read from `http://[user:password@]host:port[/database]`.

    A database in the URL goes first; with none named at all, the server chooses.

    Raises:
        SettingsInvalid: not such a URL. StoreFailure: nobody answers there, or the user or the database is refused.
    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        port = parts.port or PORT
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
        cause = in_its_own_words(as_store_failure(failure))
        told = "ClickHouse" if cause.code else "no SQL answers"
        raise type(cause)(f"{told} at {parts.hostname}:{port}: {cause}", code=cause.code) from failure
    return Reader(client)


def in_its_own_words(failure: StoreFailure) -> StoreFailure:
    """A refusal as ClickHouse words it; any other failure as it is."""
    _, found, said = str(failure).partition("DB::Exception: ")
    if not found:
        return failure
    said = said.split(" (version ")[0].split(" (for url ")[0].strip()
    return type(failure)(f"the query is refused: {said} [ClickHouse's error {failure.code}]", code=failure.code)

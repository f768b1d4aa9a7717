"""A ClickHouse server or cluster, over its HTTP interface. A file's bytes are the body of the insert's POST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from clickhouse_connect import common

from collector.failures import SettingsInvalid, StartFailure, StoreFailure
from collector.store.connection import ClientConnection, as_store_failure
from collector.store.proto_files import proto_text
from collector.store.render import quote_identifier
from collector.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SERVER_VERSION_MIN = (26, 3)
"""The oldest server whose protobuf input takes its schema from a setting and tells which member of a oneof was sent."""

NEEDED_SETTINGS = (
    "format_schema_source",
    "format_schema_message_name",
    "input_format_protobuf_oneof_presence",
    "insert_deduplication_token",
    "deduplicate_blocks_in_dependent_materialized_views",
)

ANY_DATABASE = "default"
"""A database that every server has: ours may have to be made first."""
CONNECT_SECONDS = 5
ANSWER_SECONDS = 300


class ServerConnection(ClientConnection):
    """A connection to a server."""

    def __init__(self, client: Any, database: str) -> None:
        super().__init__(client)
        self._database = database

    def insert_file(self, table: str, path: Path, *, proto: str, message: str, settings: Mapping[str, str]) -> None:
        """Insert a file of length-delimited messages, as a message of a .proto file describes them, into a table."""
        given = {
            "format_schema_source": "string",
            "format_schema": proto_text(proto),
            "format_schema_message_name": message,
            **settings,
        }
        target = f"{quote_identifier(self._database)}.{quote_identifier(table)}"
        try:
            with path.open("rb") as segment:
                self._client.raw_insert(target, insert_block=segment, settings=given, fmt="Protobuf")
        except Exception as failure:
            raise as_store_failure(failure) from failure


class ServerEngine:
    """A server by its DSN, `http://user:password@host:8123/database`."""

    def __init__(self, dsn: str, database: str) -> None:
        parts = urlsplit(dsn)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsInvalid("--clickhouse takes http://user:password@host:8123/database (or https://)")
        self._host = parts.hostname
        self._secure = parts.scheme == "https"
        self._port = parts.port or (8443 if self._secure else 8123)
        self._user = unquote(parts.username or "default")
        self._password = unquote(parts.password or "")
        self._database = unquote(parts.path.strip("/")) or database
        common.set_setting("invalid_setting_action", "send")

    @property
    def database(self) -> str:
        """The database that the DSN names, else the one of the settings."""
        return self._database

    @property
    def where(self) -> str:
        """Host and port, for messages; never the password."""
        return f"{self._host}:{self._port}"

    def connect(self, *, database: str | None = None) -> ServerConnection:
        """A new connection, in the engine's database or in another one.

        Raises:
            StoreFailure: the server can't be reached or refuses the user.
        """
        try:
            client = clickhouse_connect.get_client(
                host=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                database=database or self._database,
                secure=self._secure,
                connect_timeout=CONNECT_SECONDS,
                send_receive_timeout=ANSWER_SECONDS,
                autogenerate_session_id=False,
                query_retries=0,
            )
        except Exception as failure:
            raise as_store_failure(failure) from failure
        return ServerConnection(client, self._database)

    def check(self) -> None:
        """Refuse a server that can't do the work, by name of what it lacks.

        Raises:
            StartFailure: unreachable, too old, or without a needed setting.
        """
        try:
            connection = self.connect(database=ANY_DATABASE)
            version = str(connection.command("SELECT version()"))
            known = connection.rows(statement("known_settings"), {"names": list(NEEDED_SETTINGS)})
            connection.close()
        except StoreFailure as failure:
            raise StartFailure(
                f"ClickHouse at {self.where} can't be used: {failure}; check --clickhouse (or OTEL_ERRORS_CLICKHOUSE)"
            ) from failure
        if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < SERVER_VERSION_MIN:
            needed = ".".join(map(str, SERVER_VERSION_MIN))
            raise StartFailure(f"ClickHouse at {self.where} is {version}; otel-errors needs {needed} or later")
        missing = sorted(set(NEEDED_SETTINGS) - {row["name"] for row in known})
        if missing:
            raise StartFailure(
                f"ClickHouse {version} at {self.where} does not know the settings {', '.join(missing)}; upgrade it"
            )

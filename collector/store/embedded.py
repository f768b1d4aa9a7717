"""The embedded engine: ClickHouse inside this process (chDB), its files under the data folder.

One process owns a data folder and one engine lives in a process, both enforced by chDB; connections are cheap and run
in parallel. A file's bytes are read by the engine itself (`FROM INFILE`): no copy passes through Python.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

# The engine takes the process's time zone, once, when it is loaded, and days are partitions: a folder that is opened in
# another zone would be read wrongly. So it is UTC everywhere. (Its own setting for this does nothing when embedded.)
os.environ["TZ"] = "UTC"
time.tzset()

import chdb  # noqa: E402  see above
import clickhouse_connect  # noqa: E402
from clickhouse_connect import common  # noqa: E402

from collector.failures import StartFailure  # noqa: E402
from collector.store.connection import ClientConnection, as_store_failure  # noqa: E402
from collector.store.proto_files import proto_path  # noqa: E402
from collector.store.read_folder import FolderReader  # noqa: E402
from collector.store.render import quote_identifier, quote_text  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping

ENGINE_CONFIG = Path(__file__).with_name("engine.xml")


class EmbeddedConnection(ClientConnection):
    """A connection to the engine of this process."""

    def __init__(self, client: Any, database: str) -> None:
        super().__init__(client)
        self._database = database

    def insert_file(self, table: str, path: Path, *, proto: str, message: str, settings: Mapping[str, str]) -> None:
        """Insert a file of length-delimited messages, as a message of a .proto file describes them, into a table."""
        # The schema goes by its path: given as text, the embedded engine would write it to the working directory.
        given = {"format_schema": f"{proto_path(proto)}:{message}", **settings}
        clause = ", ".join(f"{name} = {quote_text(value)}" for name, value in given.items())
        target = f"{quote_identifier(self._database)}.{quote_identifier(table)}"
        statement = f"INSERT INTO {target} FROM INFILE {quote_text(str(path))} SETTINGS {clause} FORMAT Protobuf"
        try:
            self._client.command(statement)
        except Exception as failure:
            raise as_store_failure(failure) from failure


class EmbeddedEngine:
    """The engine of one data folder."""

    def __init__(self, folder: Path, database: str) -> None:
        self._folder = folder
        self._database = database
        common.set_setting("invalid_setting_action", "send")

    def connect(self, *, database: str | None = None) -> EmbeddedConnection:
        """A new connection, in the engine's database or in another one.

        Raises:
            StartFailure: the folder can't be opened.
        """
        return EmbeddedConnection(self._open_client(database or self._database), self._database)

    def open_reader(self) -> FolderReader:
        """A connection that can only read.

        Raises:
            StartFailure: the folder can't be opened. StoreFailure: it can't be read.
        """
        engine = self.raw_connection()
        reader = FolderReader(self._open_client(self._database), engine)
        engine.query(f"USE {quote_identifier(self._database)}")
        engine.query("SET readonly = 1")
        reader.command("SET readonly = 1")
        return reader

    def raw_connection(self) -> Any:
        """A bare chDB connection on the same engine, as the SQL port uses it."""
        return chdb.connect(f"{self._folder.resolve()}?config-file={ENGINE_CONFIG}")

    def _open_client(self, database: str) -> Any:
        try:
            return clickhouse_connect.get_client(
                interface="chdb",
                path=str(self._folder),
                database=database,
                chdb_options={"config-file": str(ENGINE_CONFIG)},
            )
        except Exception as failure:
            reason = " ".join(str(failure).split())[:500]
            if "UNKNOWN_DATABASE" in reason:
                raise StartFailure(
                    f"there is no database {database} in {self._folder}; name one that is there with --database"
                ) from failure
            raise StartFailure(
                f"the embedded ClickHouse can't open {self._folder}: {reason}; "
                "is another process using it? choose another folder with --data"
            ) from failure

"""What goes into ClickHouse, each insert under the name of the segment that it comes from.

Promised: an insert that returned is on the disk (or with the server), and repeating it under the same segment name adds
nothing, in the table and in every table that views fill from it. That holds within the last 1,000 inserts of a table
(`non_replicated_deduplication_window`), and a segment is repeated only while it is the oldest one in the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.clock import SystemClock
from collector.store.alias_rows import AliasRows
from collector.store.group_versions import GroupVersions
from collector.store.rows import ROWS_PROTO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from collector.model import Signal
    from collector.store.alias_plan import Continuation
    from collector.store.connection import Connection
    from collector.store.row_files import RowFiles

OTLP_PROTO = "otlp_ingest.proto"
REQUEST_MESSAGE: dict[Signal, str] = {
    "traces": "ExportTraceServiceRequest",
    "logs": "ExportLogsServiceRequest",
    "metrics": "ExportMetricsServiceRequest",
}

INSERT_SETTINGS = {
    # Which member of a oneof was sent, as a column: an int 0 is not "nothing".
    "input_format_protobuf_oneof_presence": "1",
    "input_format_null_as_default": "1",
    # The insert returns when the rows are there, not when they are queued.
    "async_insert": "0",
    "wait_for_async_insert": "1",
    # One thread reads and one writes, so that a repeated insert makes the same blocks as the first one did.
    "max_threads": "1",
    "max_insert_threads": "1",
    "max_block_size": "65536",
    "deduplicate_blocks_in_dependent_materialized_views": "1",
    "insert_deduplicate": "1",
    # A segment may hold spans of many days.
    "max_partitions_per_insert_block": "0",
}


class Store:
    """Inserts through one connection; belongs to one thread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._versions = GroupVersions(AliasRows(connection, clock=SystemClock()))

    def insert_segment(self, signal: Signal, path: Path, *, segment: str) -> None:
        """Store the telemetry of a segment's file: length-delimited OTLP requests without nested attribute values.

        Raises:
            StoreUnavailable: may succeed later. StoreRejected: a record is at fault.
        """
        self._insert(f"ingest_{signal}", path, proto=OTLP_PROTO, message=REQUEST_MESSAGE[signal], token=segment)

    def check_file(self, signal: Signal, path: Path) -> None:
        """Let the engine read a file of requests as `insert_segment` would, and store nothing.

        Raises:
            StoreUnavailable, StoreRejected: as `insert_segment`.
        """
        self._insert(f"ingest_{signal}_check", path, proto=OTLP_PROTO, message=REQUEST_MESSAGE[signal], token="")

    def insert_errors(self, rows: RowFiles) -> None:
        """Store the error events (retractions among them) and later sightings of one segment; may be repeated.

        Raises:
            StoreUnavailable, StoreRejected: as `insert_segment`.
        """
        self._insert_rows("error_sightings", "ErrorSightingRow", rows.sightings, rows.segment)
        self._insert_rows("error_events", "ErrorEventRow", rows.events, rows.segment)

    def continue_groups(self, continuations: Iterable[Continuation]) -> int:
        """Count groups with those that they continue by an earlier version of the fingerprint; gives the rows it took.

        It may be repeated, and what somebody took apart stays so.

        Raises:
            StoreUnavailable, StoreRejected: as `insert_segment`.
        """
        return self._versions.continue_groups(continuations)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _insert_rows(self, table: str, message: str, path: Path, segment: str) -> None:
        if path.exists():
            self._insert(table, path, proto=ROWS_PROTO, message=message, token=segment)

    def _insert(self, table: str, path: Path, *, proto: str, message: str, token: str) -> None:
        settings = dict(INSERT_SETTINGS)
        if token:
            settings["insert_deduplication_token"] = token
        self._connection.insert_file(table, path, proto=proto, message=message, settings=settings)

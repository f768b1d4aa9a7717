"""Reads back what the memory of occurrences is restored from, at start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.drain.occurrences import SEALED_MS_DIGITS, SIGHTINGS_MAX, WINDOW_MS, RememberedSighting
from collector.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.journal.segment import Segment
    from collector.store.connection import Connection


def recent_sightings(connection: Connection, pending: Sequence[Segment], *, now_ms: int) -> list[RememberedSighting]:
    """The stored sightings that a segment still to be drained can belong to.

    Rows of pending segments are left out: those will be drained again, and must be decided on as they were the first
    time. The window reaches back from the oldest of them, or from now.
    """
    oldest_ms = min((segment.sealed_ms for segment in pending), default=now_ms)
    since_ms = max(0, oldest_ms - WINDOW_MS)
    rows = connection.rows(
        statement("recent_sightings"),
        {
            "since": f"{since_ms:0{SEALED_MS_DIGITS}d}",
            "since_ms": since_ms,
            "pending": [segment.name for segment in pending],
            "limit": SIGHTINGS_MAX,
        },
    )
    return [
        RememberedSighting(
            event_id=row["EventId"],
            segment=row["Segment"],
            original_timestamp_ns=row["OriginalTimestampNs"],
            service_namespace=row["ServiceNamespace"],
            service_name=row["ServiceName"],
            trace_id=row["TraceId"],
            span_id=row["SpanId"],
            parent_span_id=row["ParentSpanId"],
            seen_in=row["SeenIn"],
            ordinal=row["Ordinal"],
            sighting_key=row["SightingKey"],
            sdk_event_id=row["SdkEventId"],
            weight=row["Weight"],
        )
        for row in rows
    ]

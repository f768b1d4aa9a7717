"""Reading the next segment while one is stored changes neither what is decided nor what is kept for a retry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.protobuf.internal.encoder import _VarintBytes

from collector.drain.error_lane import ErrorLane
from collector.drain.error_rows import ErrorRowsLane
from collector.drain.occurrences import Occurrences
from collector.failures import StoreFailure
from collector.grouping import Grouper
from collector.journal.dead_letters import DeadLetters
from collector.journal.segment import Segment
from collector.self_metrics import SelfMetrics
from collector.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from collector.store.embedded import EmbeddedConnection

START_MS = 1_800_000_000_000


@pytest.fixture
def lane(connection: EmbeddedConnection, tmp_path: Path) -> ErrorRowsLane:
    metrics = SelfMetrics()
    return ErrorRowsLane(
        group=Grouper().group,
        error_lane=ErrorLane(occurrences=Occurrences(metrics=metrics), metrics=metrics),
        store=Store(connection),
        dead_letters=DeadLetters(tmp_path / "dead"),
        metrics=metrics,
        temporary=tmp_path,
    )


@pytest.fixture
def segments(tmp_path: Path, program) -> list[Segment]:
    """One exception on its way through three spans, a segment each, and one that holds no exception."""
    try:
        with program.span("1"), program.span("2"), program.span("3"):
            raise ValueError("bad")
    except ValueError:
        with program.span("no error"):
            pass
    made = []
    for number, request in enumerate(program.span_requests()):
        name = f"{START_MS + number:013d}-00c0ffee-traces"
        path = tmp_path / f"{name}.segment"
        path.write_bytes(_VarintBytes(len(request)) + request)
        made.append(
            Segment(name=name, signal="traces", sealed_ms=START_MS + number, path=path, size_bytes=path.stat().st_size)
        )
    return made


def stored(connection: EmbeddedConnection, database: str) -> tuple[list[str], list[str]]:
    """The spans of the events, and those of the later sightings."""
    return tuple(
        [row["SpanName"] for row in connection.rows(f"SELECT SpanName FROM {database}.{table} ORDER BY Segment")]
        for table in ("error_events", "error_sightings")
    )


@pytest.mark.parametrize("ahead", [False, True], ids=["one by one", "the next is read ahead"])
def test_reading_ahead_stores_the_same_rows(lane, connection, database, segments, ahead):
    for segment, following in zip(segments, [*segments[1:], None], strict=True):
        lane.store_segment(segment, following if ahead else None)

    assert stored(connection, database) == (["3"], ["2", "1"])


def test_a_refused_insert_is_repeated_as_decided_although_the_next_segment_was_read(
    lane, connection, database, segments
):
    """Reading the first segment again would take its sighting for a re-delivery, and lose it."""
    connection.command(f"RENAME TABLE {database}.error_events TO {database}.away")
    for _ in range(2):
        with pytest.raises(StoreFailure):
            lane.store_segment(segments[0], segments[1])
    connection.command(f"RENAME TABLE {database}.away TO {database}.error_events")
    for segment, following in zip(segments, [*segments[1:], None], strict=True):
        lane.store_segment(segment, following)

    assert stored(connection, database) == (["3"], ["2", "1"])


def test_a_segment_that_could_not_be_read_ahead_is_read_again_in_its_turn(lane, connection, database, segments):
    path = segments[1].path
    hidden = path.rename(path.with_suffix(".hidden"))
    lane.store_segment(segments[0], segments[1])
    with pytest.raises(FileNotFoundError):
        lane.store_segment(segments[1], segments[2])
    hidden.rename(path)
    for segment in segments[1:]:
        lane.store_segment(segment)

    assert stored(connection, database) == (["3"], ["2", "1"])


def test_no_temporary_file_is_left(lane, segments, tmp_path):
    for segment, following in zip(segments, [*segments[1:], None], strict=True):
        lane.store_segment(segment, following)

    assert not list(tmp_path.glob("*.rows"))

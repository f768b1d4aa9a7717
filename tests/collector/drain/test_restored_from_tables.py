"""The memory of occurrences comes back from the real tables as it was."""

from __future__ import annotations

import contextlib

import pytest

from collector.drain.recent_sightings import recent_sightings
from collector.store.store import Store
from tests.collector.errors import insert_errors, remembered


@pytest.mark.parametrize("swapped", [False, True], ids=["in order", "a row is taken back"])
def test_what_is_read_back_is_what_was_kept(engine, connection, program, collector, swapped):
    """Each column that the memory stands on survives the tables, in retractions too."""
    with contextlib.suppress(ValueError), program.span("1"), program.span("2"), program.span("3"):
        try:
            raise ValueError("bad\0text é")
        except ValueError as error:
            program.log(error, **{"otel_errors.event_id": "a'b\t"})
            raise
    inner, middle, outer = program.span_requests()
    for request in (outer, inner, middle) if swapped else (inner, middle, outer):
        collector.read("traces", request)
    collector.read("logs", *program.log_requests())
    rows = [*collector.events, *collector.retractions, *collector.sightings]
    insert_errors(Store(connection), [*collector.events, *collector.retractions], collector.sightings, segment="all")

    mine = engine.connect()
    read_back = recent_sightings(mine, [], now_ms=1_800_000_000_000)
    mine.close()

    assert bool(collector.retractions) == swapped
    assert sorted(map(repr, map(remembered, rows))) == sorted(map(repr, read_back))

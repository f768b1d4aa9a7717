"""The memory of encoded stacks is bounded by bytes, whatever a sender puts into names."""

from __future__ import annotations

import tracemalloc

from collector.grouping import group
from collector.model import ErrorEvent, ExceptionSighting
from collector.store.rows import STACK_CACHE_BYTES_MAX, RowEncoder

NAME = "a" * 60_000


def event(number: int) -> ErrorEvent:
    stack = f'Traceback (most recent call last):\n  File "/srv/{number}{NAME}.py", line 3, in f\n    x\nE: m\n'
    seen = ExceptionSighting(seen_in="log_record", timestamp_ns=1, observed_ns=1, exception_stacktrace=stack)
    return ErrorEvent(
        event_id=f"{number:032x}",
        segment="s",
        sighting=seen,
        grouping=group(seen),
        sighting_key="k",
        timestamp_ns=1,
    )


def test_stacks_with_names_as_long_as_a_stack_do_not_fill_the_memory() -> None:
    """Their encodings are about 48 MB, and the frames that are kept beside them as much again."""
    encoder = RowEncoder()
    tracemalloc.start()
    try:
        for number in range(400):
            for _ in encoder.events([event(number)]):
                pass
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 3 * STACK_CACHE_BYTES_MAX

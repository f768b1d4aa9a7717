"""The memory of encoded stacks is bounded by bytes, whatever a sender puts into names."""

from __future__ import annotations

import tracemalloc

from collector.grouping import group
from collector.model import ExceptionSighting
from collector.store.rows import STACK_CACHE_BYTES_MAX, RowEncoder

NAME = "a" * 60_000


def sighting(number: int) -> ExceptionSighting:
    stack = f'Traceback (most recent call last):\n  File "/srv/{number}{NAME}.py", line 3, in f\n    x\nE: m\n'
    return ExceptionSighting(seen_in="log_record", timestamp_ns=1, observed_ns=1, exception_stacktrace=stack)


def test_stacks_with_names_as_long_as_a_stack_do_not_fill_the_memory() -> None:
    """Their encodings are about 48 MB, and the frames that are kept beside them as much again."""
    encoder = RowEncoder()
    tracemalloc.start()
    try:
        for number in range(400):
            seen = sighting(number)
            for _ in range(2):  # what comes but once is not kept at all
                encoder.row(seen, group(seen), "k", 1)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 3 * STACK_CACHE_BYTES_MAX

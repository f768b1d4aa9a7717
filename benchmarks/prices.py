"""What each part of the way of a span into the tables costs, in CPU-seconds per million spans of ten attributes.

The parts are put on one after the other, in one process with the embedded engine; the figure is the best of several
inserts of 100,000 spans, since a neighbour on the machine can only make one slower.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf.internal.encoder import _VarintBytes

from benchmarks.measure import table
from benchmarks.payloads import SPANS_A_REQUEST, numbered, plain_spans
from collector.decode.flatten import flatten
from collector.decode.framing import check_framing
from collector.store.embedded import EmbeddedConnection, EmbeddedEngine
from collector.store.migrate import migrate
from collector.store.render import SchemaOptions, render
from collector.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

REQUESTS = 200
SEGMENTS = 4
ROUNDS = 2
SPANS = REQUESTS * SPANS_A_REQUEST


class Prices:
    """Adds parts and measures."""

    def __init__(self, folder: Path) -> None:
        self._requests = [[*numbered(plain_spans(), 1000 * segment, REQUESTS)] for segment in range(SEGMENTS)]
        self._nested = [*numbered(plain_spans(nested_every=10), 1, REQUESTS)]
        self._paths = [folder / f"{segment}.records" for segment in range(SEGMENTS)]
        for path, requests in zip(self._paths, self._requests, strict=True):
            path.write_bytes(b"".join(_VarintBytes(len(data)) + data for data in requests))
        self._connection: EmbeddedConnection = EmbeddedEngine(folder / "clickhouse", "otel").connect(database="default")
        self._store = Store(self._connection)
        self._inserts = 0
        self.rows: list[tuple[str, str]] = []

    def run(self) -> None:
        """All parts."""
        migrate(self._connection, SchemaOptions(fsync=False))
        self._note("framing checked down to each span", self._each(lambda data: check_framing("traces", data)))
        self._note("looked through for arrays and maps (none there)", self._each(lambda data: flatten("traces", data)))
        nested = best(lambda: [flatten("traces", data) for data in self._nested])
        self._note("the same, a tenth of the spans has an array", nested)
        for view in ("otel_traces_trace_id_ts_mv", "ingest_traces_mv"):
            self._connection.command(f"DROP TABLE otel.{view}")
        self._note("read by the engine: FORMAT Protobuf into a Null table", self._insert())
        view = next(
            text for file in render("ingest", SchemaOptions()) for text in file.statements if "ingest_traces_mv" in text
        )
        self._remake(SchemaOptions(fsync=False), index=False)
        self._connection.command(view)
        self._note("+ otel_traces, by its view, without an index", self._insert())
        self._remake(SchemaOptions(fsync=False), index=True)
        self._note("+ bloom filter on TraceId", self._insert())
        self._connection.command(next(text for text in self._traces(SchemaOptions()) if "trace_id_ts_mv" in text))
        self._note("+ otel_traces_trace_id_ts, by its view", self._insert())
        self._remake(SchemaOptions(fsync=True), index=True)
        self._note("+ fsync of every insert: as it is when embedded", self._insert())
        self._remake(SchemaOptions(fsync=True, attribute_indexes=True), index=True)
        self._note("+ skip indexes on the attribute maps (`--attribute-indexes`)", self._insert())
        self._connection.close()

    def _traces(self, options: SchemaOptions) -> tuple[str, ...]:
        return next(file.statements for file in render("schema", options) if file.name == "0001_otel_traces")

    def _remake(self, options: SchemaOptions, *, index: bool) -> None:
        """Make otel_traces again, under the views that write to it and read from it."""
        self._connection.command("DROP TABLE otel.otel_traces SYNC")
        create = self._traces(options)[0]
        if not index:
            create = create.replace(",\n    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1", "")
        self._connection.command(create)

    def _insert(self) -> float:
        def one() -> None:
            self._inserts += 1
            path = self._paths[self._inserts % SEGMENTS]
            self._store.insert_segment("traces", path, segment=f"segment-{self._inserts}")

        return best(one, repeats=SEGMENTS * ROUNDS)

    def _each(self, work: Callable[[bytes], object]) -> float:
        return best(lambda: [work(data) for data in self._requests[0]])

    def _note(self, what: str, seconds: float) -> None:
        self.rows.append((what, f"{seconds / SPANS * 1e6:.2f}"))


def best(work: Callable[[], object], repeats: int = 5) -> float:
    """The least CPU-seconds that the work took, all threads of the process counted."""
    taken = []
    for _ in range(repeats):
        before = time.process_time()
        work()
        taken.append(time.process_time() - before)
    return min(taken)


def main() -> None:
    """Print the list of prices."""
    with tempfile.TemporaryDirectory(prefix="oe-") as folder:
        prices = Prices(Path(folder))
        prices.run()
    table(
        "Prices: each line with all lines from `read by the engine` on down to it",
        ("part", "CPU-seconds per million spans"),
        prices.rows,
    )


if __name__ == "__main__":
    main()

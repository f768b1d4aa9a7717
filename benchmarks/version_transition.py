"""What a transition between versions of the fingerprint costs: in the drain, in the store, and in memory.

    python -m benchmarks.version_transition [--groups 20000]

The drain reads and stores segments of 1,000 distinct errors, all of them in groups that an earlier version made: without a
transition, with one whose every group is met for the first time, and again when all are met. Ratios are of CPU seconds of
this process, the embedded engine included. The last table is the worst shape: one old group that becomes as many.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf.internal.encoder import _VarintBytes

from benchmarks.errors_view import errors
from benchmarks.measure import table
from benchmarks.payloads import ERRORS_A_REQUEST
from collector.drain import version_transition
from collector.drain.error_lane import ErrorLane
from collector.drain.error_rows import ErrorRowsLane
from collector.drain.occurrences import Occurrences
from collector.grouping import Grouper
from collector.journal.dead_letters import DeadLetters
from collector.journal.segment import Segment
from collector.self_metrics import SelfMetrics
from collector.store.alias_plan import Continuation
from collector.store.embedded import EmbeddedEngine
from collector.store.migrate import migrate
from collector.store.render import SchemaOptions
from collector.store.store import Store
from tests.next_version import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.fingerprint.versions import FingerprintVersions
    from collector.store.connection import Connection

SEGMENT_ERRORS = 1000
DATABASE = "otel"


def segments(groups: int) -> list[bytes]:
    """The bytes of segments that hold these many distinct errors."""
    made = []
    for first in range(0, groups, SEGMENT_ERRORS):
        requests = [errors(first + number) for number in range(0, SEGMENT_ERRORS, ERRORS_A_REQUEST)]
        made.append(b"".join(_VarintBytes(len(request)) + request for request in requests))
    return made


class Drained:
    """One lane after the other over one database."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder
        self._number = 0

    def lane(self, versions: FingerprintVersions) -> ErrorRowsLane:
        """As a start makes it."""
        metrics = SelfMetrics()
        return ErrorRowsLane(
            group=Grouper(versions=versions).group,
            error_lane=ErrorLane(occurrences=Occurrences(metrics=metrics), metrics=metrics),
            store=Store(self._connection),
            dead_letters=DeadLetters(self._folder / "dead"),
            metrics=metrics,
            temporary=self._folder,
        )

    def seconds(self, lane: ErrorRowsLane, contents: list[bytes]) -> float:
        """CPU seconds until all is stored; the errors are new occurrences each time."""
        started = time.process_time()
        for content in contents:
            sealed_ms = time.time_ns() // 1_000_000 + self._number * 700_000  # beyond the window of occurrences
            self._number += 1
            name = f"{sealed_ms:013d}-{self._number:08x}-logs"
            path = self._folder / f"{name}.segment"
            path.write_bytes(content)
            lane.store_segment(
                Segment(name=name, signal="logs", sealed_ms=sealed_ms, path=path, size_bytes=len(content))
            )
            path.unlink()
        return time.process_time() - started

    def rows(self, query: str) -> int:
        return int(self._connection.rows(query)[0]["n"])


def drain(connection: Connection, folder: Path, groups: int) -> None:
    contents, drained = segments(groups), Drained(connection, folder)
    old = drained.lane(TABLES["first"])
    drained.seconds(old, contents)
    usual = drained.seconds(old, contents)
    lane = drained.lane(TABLES["same"])
    times = [("no transition", usual)]
    times.append(("a transition, every group met for the first time", drained.seconds(lane, contents)))
    times.append(("the transition, every group met", drained.seconds(lane, contents)))
    times.append(("a restart in it, every group met", drained.seconds(drained.lane(TABLES["same"]), contents)))
    counted, aliased = (drained.rows(f"SELECT count() AS n FROM {name}") for name in ("errors", "error_group_merges"))
    if (counted, aliased) != (groups, groups):
        raise SystemExit(f"{counted} groups and {aliased} aliases are stored, of {groups}")
    table(
        f"Draining {groups:,} distinct errors",
        ("", "us an error", "ratio"),
        [(name, f"{1e6 * seconds / groups:.0f}", f"{seconds / usual:.2f}") for name, seconds in times],
    )


def split(connection: Connection, groups: int) -> None:
    store = Store(connection)
    old = str(connection.rows("SELECT min(GroupId) AS id FROM errors")[0]["id"])
    told = [Continuation(f"{n:016x}", (old,)) for n in range(groups)]
    parts = 4
    rows = []
    for part in range(parts):
        piece = told[part * groups // parts : (part + 1) * groups // parts]
        started = time.process_time()
        written = store.continue_groups(piece)
        seconds = time.process_time() - started
        if written != len(piece):
            raise SystemExit(f"{written} aliases are written of {len(piece)}")
        rows.append((f"{(part + 1) * groups // parts:,}", f"{1e6 * seconds / len(piece):.0f}"))
    table("One old group that becomes many", ("groups so far", "us a group"), rows)


def memory() -> None:
    class Nothing:
        """A store that takes no time."""

        def continue_groups(self, continuations: Iterable[Continuation]) -> int:
            return len(tuple(continuations))

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    transition = version_transition.VersionTransition(store=Nothing(), metrics=SelfMetrics())  # type: ignore[arg-type]
    count = 2 * version_transition.CONTINUATIONS_KEPT_MAX
    for first in range(0, count, SEGMENT_ERRORS):
        transition.continue_groups(
            [Continuation(f"{n:016x}", (f"{n + count:016x}",)) for n in range(first, first + SEGMENT_ERRORS)]
        )
    used = tracemalloc.get_traced_memory()[0] - before
    table("Memory of what was asked", ("continuations", "MB"), [(f"{count:,}", f"{used / 2**20:.1f}")])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, default=20_000)
    groups = parser.parse_args().groups
    with tempfile.TemporaryDirectory(prefix="oe-") as name:
        folder = Path(name)
        engine = EmbeddedEngine(folder / "clickhouse", DATABASE)
        migrate(engine.connect(database="default"), SchemaOptions(database=DATABASE))
        connection = engine.connect()
        drain(connection, folder, groups)
        split(connection, groups)
        connection.close()
    memory()


if __name__ == "__main__":
    main()

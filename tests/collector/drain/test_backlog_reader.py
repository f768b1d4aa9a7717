"""The process that reads errors in a backlog: it gives what the collector would, and losing it costs nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from google.protobuf.internal.encoder import _VarintBytes
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from collector.clock import SystemClock
from collector.drain.backlog_reader import BacklogReader
from collector.drain.error_lane import ErrorLane
from collector.drain.error_rows import ErrorRowsLane
from collector.drain.occurrences import Occurrences
from collector.drain.segment_reader import SegmentReader
from collector.drain.segment_rows import write_rows
from collector.grouping import Grouper, RulesInUse
from collector.journal.dead_letters import DeadLetters
from collector.journal.segment import Segment
from collector.rules.load import load
from collector.self_metrics import SelfMetrics
from collector.store.row_files import RowFiles
from collector.store.rows import RowEncoder
from collector.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.drain.error_lane import ErrorBatch
    from collector.drain.segment_reader import Told
    from collector.store.embedded import EmbeddedConnection

START_MS = time.time_ns() // 1_000_000 - 60_000
ERRORS = 20
SECONDS_MAX = 60.0
STACK = (
    'Traceback (most recent call last):\n  File "/srv/shop/pay.py", line 7, in charge\n    pay()\nshop.Declined: {}\n'
)


def request(number: int) -> bytes:
    made = ExportLogsServiceRequest()
    logs = made.resource_logs.add()
    logs.resource.attributes.add(key="service.name").value.string_value = "shop"
    records = logs.scope_logs.add().log_records
    for n in range(ERRORS):
        at_ns = (START_MS + number) * 1_000_000 + n
        record = records.add(time_unix_nano=at_ns, trace_id=os.urandom(16), span_id=os.urandom(8), severity_number=17)
        record.attributes.add(key="exception.stacktrace").value.string_value = STACK.format(f"order {number * 100 + n}")
        record.attributes.add(key="user.id").value.string_value = f"u{n}"
    return made.SerializeToString()


@pytest.fixture
def segments(tmp_path: Path) -> list[Segment]:
    """Eight that were sealed a minute ago."""
    made = []
    for number in range(8):
        name = f"{START_MS + number:013d}-00c0ffee-logs"
        path = tmp_path / f"{name}.segment"
        data = request(number)
        path.write_bytes(_VarintBytes(len(data)) + data)
        made.append(
            Segment(name=name, signal="logs", sealed_ms=START_MS + number, path=path, size_bytes=path.stat().st_size)
        )
    return made


@pytest.fixture
def make() -> Iterator[Callable[..., BacklogReader]]:
    """How to make readers; all are closed at the end."""
    readers = []

    def reader(*, pending: int = 9, rules: RulesInUse | None = None, **seconds: float) -> BacklogReader:
        readers.append(
            BacklogReader(pending=lambda: pending, clock=SystemClock(), rules=rules, metrics=SelfMetrics(), **seconds)
        )
        return readers[-1]

    yield reader
    for one in readers:
        one.close()


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def told_by_process(reader: BacklogReader, segment: Segment) -> Told:
    """What the process tells, as soon as it is there."""
    found: list[Told | None] = [None]

    def asked() -> bool:
        found[0] = reader.read(segment)
        return found[0] is not None

    wait_until(asked)
    assert found[0] is not None
    return found[0]


def pid_of(reader: BacklogReader) -> int:
    assert reader.pid is not None
    return reader.pid


def test_the_process_gives_what_the_collector_would(make, segments, tmp_path):
    """The same is told, and the same bytes are written."""
    encoder, reader = RowEncoder(), make()
    reading = SegmentReader(group=Grouper().group, keep=encoder.row).read(
        segments[0].name, "logs", segments[0].sealed_ms, [segments[0].path.read_bytes()[2:]]
    )
    metrics = SelfMetrics()
    batch = ErrorLane(occurrences=Occurrences(metrics=metrics), metrics=metrics).decide(segments[0].name, reading.told)
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    expected = write_rows(here, segments[0].name, reading.kept, batch, encoder).events.read_bytes()

    assert len(reading.kept) == ERRORS
    assert told_by_process(reader, segments[0]) == reading.told
    assert reader.write(there, segments[0], batch)
    assert RowFiles.of(there, segments[0].name).events.read_bytes() == expected


def test_no_process_without_a_backlog(make, segments):
    """Neither for one segment that is late, nor for many that are not."""
    alone, fresh = make(pending=1), make()
    recent = [
        Segment(name=s.name, signal="logs", sealed_ms=time.time_ns() // 1_000_000, path=s.path, size_bytes=1)
        for s in segments
    ]
    for late, new in zip(segments, recent, strict=True):
        assert alone.read(late) is None
        assert fresh.read(new) is None
    assert (alone.pid, fresh.pid) == (None, None)


def test_the_engine_is_not_in_the_process(make, segments):
    """Two engines in one folder would be the end of it."""
    reader = make()
    told_by_process(reader, segments[0])

    assert "chdb" not in Path(f"/proc/{pid_of(reader)}/maps").read_text()


def test_an_idle_process_ends(make, segments):
    reader = make(idle_seconds=0.3)
    told_by_process(reader, segments[0])
    pid = pid_of(reader)
    wait_until(lambda: not psutil.pid_exists(pid))

    assert reader.pid is None


def test_other_rules_reach_the_process(make, segments):
    rules = RulesInUse(load("rules: [{match: {type: NoSuch}, drop: true}]", "r.yaml"))
    reader = make(rules=rules)
    before = told_by_process(reader, segments[0])
    rules.replace(load("rules: [{name: quiet, match: {type: '*'}, drop: true}]", "r.yaml"))
    after = told_by_process(reader, segments[0])

    assert (len(before.undecided), dict(before.dropped)) == (ERRORS, {})
    assert (len(after.undecided), dict(after.dropped)) == (0, {"quiet": ERRORS})


def test_the_process_ends_with_the_collector(segments):
    """However that ends: its socket is closed then."""
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tests.collector.drain.test_backlog_reader import *\n"
        "reader = BacklogReader(pending=lambda: 9, clock=SystemClock(), rules=None, metrics=SelfMetrics())\n"
        f"path = Path({str(segments[0].path)!r})\n"
        "told_by_process(reader, Segment(name=path.stem, signal='logs', sealed_ms=1, path=path, size_bytes=1))\n"
        "print(reader.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    gone, _ = psutil.wait_procs([child], timeout=SECONDS_MAX)

    assert gone == [child]


class Disturbed(ErrorLane):
    """Does something between reading and deciding, once."""

    disturb: Callable[[], None] | None = None

    def decide(self, segment_name: str, told: Told) -> ErrorBatch:
        disturb, self.disturb = self.disturb, None
        if disturb is not None:
            disturb()
        return super().decide(segment_name, told)


@pytest.mark.parametrize("when", ["between segments", "between reading and writing", "it hangs"])
def test_losing_the_process_loses_and_doubles_nothing(
    when, make, segments, connection: EmbeddedConnection, database, tmp_path
):
    reader = make(answer_seconds=2.0 if when == "it hangs" else 60.0)
    metrics = SelfMetrics()
    decides = Disturbed(occurrences=Occurrences(metrics=metrics), metrics=metrics)
    lane = ErrorRowsLane(
        group=Grouper().group,
        error_lane=decides,
        store=Store(connection),
        dead_letters=DeadLetters(tmp_path / "dead"),
        metrics=metrics,
        temporary=tmp_path,
        backlog_reader=reader,
    )
    told_by_process(reader, segments[0])
    lane.store_segment(segments[0])
    if when == "between reading and writing":
        decides.disturb = lambda: os.kill(pid_of(reader), signal.SIGKILL)
    else:
        os.kill(pid_of(reader), signal.SIGKILL if when == "between segments" else signal.SIGSTOP)
    for segment, following in zip(segments[1:], [*segments[2:], None], strict=True):
        lane.store_segment(segment, following)

    counted = connection.rows(
        f"SELECT Segment, count() AS rows, uniqExact(EventId) AS ids FROM {database}.error_events "
        "GROUP BY Segment ORDER BY Segment"
    )
    assert [tuple(row.values()) for row in counted] == [(segment.name, ERRORS, ERRORS) for segment in segments]
    assert metrics.registry.get_sample_value("otel_errors_error_events_total") == ERRORS * len(segments)
    assert reader.pid is None  # none is started again at once
    assert not list(tmp_path.glob("*.rows"))

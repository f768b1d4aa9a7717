"""A backlog of errors: a process reads them beside the collector; killed in the midst of it, each error counts once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import grpc
import psutil

from tests.e2e.running import Collector
from tests.e2e.test_crash_loses_nothing import METHOD, request

if TYPE_CHECKING:
    from pathlib import Path

REQUESTS_MAX = 4000
KILLS = 2


def readers(collector: Collector) -> list[psutil.Process]:
    """The processes that read beside it."""
    assert collector.process is not None
    found = []
    for child in psutil.Process(collector.process.pid).children():
        try:
            if "collector.drain.reading_child" in child.cmdline():
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def test_a_backlog_is_drained_once_although_the_process_is_killed(tmp_path: Path) -> None:
    """First the process beside the collector, then both."""
    arguments = ("--segment-bytes", "65536")
    collector = Collector(tmp_path / "d", arguments).start()
    sent = 0
    for _ in range(KILLS):
        with grpc.insecure_channel(collector.status["grpc"]) as channel:
            export = channel.unary_unary(METHOD)
            while not readers(collector):
                assert sent < REQUESTS_MAX, "there never was a backlog"
                waiting = [export.future(request(sent + n + 1)) for n in range(100)]
                sent += len(waiting)
                for call in waiting:
                    call.result(timeout=60)
        (reader,) = readers(collector)
        time.sleep(1.0)  # It is in the midst of a segment then, or about to read its first.
        reader.kill()
        time.sleep(0.5)
        collector.kill()
        collector = Collector(tmp_path / "d", arguments).start()
    collector.flush()
    (stored,) = collector.rows("SELECT sum(Weight) AS errors, uniqExact(EventId) AS ids FROM error_events")
    left = readers(collector)
    assert collector.stop() == 0

    assert stored == {"errors": sent, "ids": sent}
    assert not any(process.is_running() for process in left)

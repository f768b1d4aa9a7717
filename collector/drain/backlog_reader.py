"""A process beside the collector that reads segments of errors while there is a backlog.

Reading is Python's work and fills one core. While segments pile up it goes to a process of its own, so that the
collector's other threads (and a second core) have theirs. The process is started when a segment had to wait, and ended
when nothing was to be read for a while: an idle collector has none.

It is a help and nothing more: whatever becomes of it (killed, hung, out of memory), the collector reads the segment
itself. It decides nothing and stores nothing, so that there is nothing to be done twice.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import collector
from collector.drain.reading_messages import Read, Write
from collector.drain.segment_reader import Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.clock import Clock
    from collector.drain.error_lane import ErrorBatch
    from collector.grouping import RulesInUse
    from collector.journal.segment import Segment
    from collector.self_metrics import SelfMetrics

logger = logging.getLogger(__name__)

BACKLOG_SEGMENTS = 2
BACKLOG_SECONDS = 1.0
"""So many segments that are not finished, and one that waited so long to be read, are a backlog."""
IDLE_SECONDS = 20.0
"""After that long without a segment the process ends; it starts within a second."""
ANSWER_SECONDS = 120.0
"""How long a segment may take: a hundred times what the largest one takes."""
PAUSE_SECONDS = 60.0
"""How long after a failure no new process is started."""

KEEPS_MEMORY = {"MALLOC_TRIM_THRESHOLD_": str(256 << 20), "MALLOC_TOP_PAD_": str(16 << 20)}
"""For glibc: what a segment took is kept for the next one, instead of given back to the kernel and asked for again."""


class _Gone(Exception):
    """The process is of no use any more."""


class BacklogReader:
    """Starts, asks and ends the process. `read` and `write` belong to one thread; `close` may come from any.

    `pending` tells how many segments are not finished. `rules` are those that hold now.
    """

    def __init__(
        self,
        *,
        pending: Callable[[], int],
        clock: Clock,
        rules: RulesInUse | None,
        metrics: SelfMetrics,
        idle_seconds: float = IDLE_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._pending = pending
        self._clock = clock
        self._rules = rules
        self._metrics = metrics
        self._idle_seconds = idle_seconds
        self._answer_seconds = answer_seconds
        self._not_before = 0.0
        self._ready = False
        self._closed = False
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None
        self._idle: threading.Timer | None = None

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        process = self._process
        return process.pid if process is not None else None

    def read(self, segment: Segment) -> Told | None:
        """Let the process read a segment; None when the caller has to."""
        with self._lock:
            if not self._may_ask(segment):
                return None
            rules = self._rules.rules if self._rules is not None else None
            told = self._ask(Read(segment.name, segment.signal, segment.sealed_ms, segment.path, rules))
            if not isinstance(told, Told):
                return None
            self._metrics.backlog_segments.inc()
            return told

    def write(self, folder: Path, segment: Segment, batch: ErrorBatch) -> bool:
        """Let the process write the rows of the segment that it read last; False when the caller has to do all."""
        with self._lock:
            return self._ask(Write(folder, segment.name, batch)) is True

    def close(self) -> None:
        """End the process, and start no other one."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()  # Whoever waits for an answer has the lock, and hears of it so.
        with self._lock:
            self._end()

    def _may_ask(self, segment: Segment) -> bool:
        """Whether there is a process that listens; starts one if there should be."""
        if self._process is not None:
            try:
                self._ready = self._ready or self._heard(0)
            except _Gone as gone:
                self._give_up(str(gone))
            return self._ready
        waited_ms = self._clock.now_ns() // 1_000_000 - segment.sealed_ms
        is_late = waited_ms >= BACKLOG_SECONDS * 1000 and self._pending() >= BACKLOG_SEGMENTS
        if is_late and self._clock.monotonic() >= self._not_before and not self._closed:
            self._start()
        return False

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        root = str(Path(collector.__file__).resolve().parent.parent)
        path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        with ours, theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "collector.drain.reading_child", str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                    env={**os.environ, **KEEPS_MEMORY, "PYTHONPATH": path},
                )
            except OSError as failure:
                self._give_up(f"it can't be started: {failure}")
                return
            self._connection = Connection(ours.detach())
        self._ready = False
        self._metrics.backlog_readers.inc()
        self._watch()

    def _ask(self, asked: Read | Write) -> object:
        """Ask, and give the answer; None when there is none."""
        if self._connection is None:
            return None
        try:
            self._connection.send(asked)
            if self._heard(self._answer_seconds):
                answer: object = self._connection.recv()
                self._watch()
                return answer
            reason = f"no answer in {self._answer_seconds:g} s"
        except (_Gone, EOFError, OSError) as failure:
            reason = str(failure) or "it ended"
        self._give_up(reason)
        return None

    def _heard(self, seconds: float) -> bool:
        """Whether something can be received in time. The first thing to be heard is that it is ready."""
        if self._connection is None:
            return False
        try:
            if not self._connection.poll(seconds):
                return False
            if not self._ready:
                self._connection.recv()
        except (EOFError, OSError) as failure:
            raise _Gone(str(failure) or "it ended") from failure
        return True

    def _give_up(self, reason: str) -> None:
        if self._closed:
            return
        logger.warning("the process that reads errors is given up: %s; the collector reads them itself", reason)
        self._metrics.backlog_reader_failures.inc()
        self._not_before = self._clock.monotonic() + PAUSE_SECONDS
        self._end()

    def _watch(self) -> None:
        """End the process when nothing was asked for a while."""
        if self._idle is not None:
            self._idle.cancel()
        self._idle = threading.Timer(self._idle_seconds, self._end_idle)
        self._idle.daemon = True
        self._idle.start()

    def _end_idle(self) -> None:
        with self._lock:
            if threading.current_thread() is self._idle:
                self._end()

    def _end(self) -> None:
        process, connection = self._process, self._connection
        self._process = self._connection = None
        self._ready = False
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()
        if process is not None:
            # Not asked but killed: it has nothing to put in order, and must write nothing from now on.
            process.kill()
            process.wait()

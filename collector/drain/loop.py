"""The drain: sealed segments, in the order of their sealing, into ClickHouse by two lanes; then they are deleted.

Each lane has a thread, so that decoding errors in Python and the engine's work on telemetry go side by side. A segment
is finished when every lane that it concerns is through with it. The error lane takes segments strictly in order, since
what it decides depends on what it saw before; the telemetry lane takes them in order because that is as good as any.

A failure that will pass is retried for ever, with a growing delay: what was acknowledged stays in the journal, which
refuses new requests when it is full. A kill at any moment is harmless: the inserts are idempotent under the segment's
name, and what was not finished is drained again at the next start.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
from typing import TYPE_CHECKING, Protocol

from collector.failures import StoreFailure

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.journal.journal import Journal
    from collector.journal.segment import Segment
    from collector.model import Signal
    from collector.self_metrics import SelfMetrics

logger = logging.getLogger(__name__)

SEGMENTS_AHEAD_MAX = 4
"""How far one lane may run ahead of the other, in segments."""
RETRY_SECONDS_MIN = 0.25
RETRY_SECONDS_MAX = 30.0
POLL_SECONDS = 0.2
"""How soon a stop is noticed."""


class Lane(Protocol):
    """Stores one aspect of a segment; may be repeated for the same segment."""

    def store_segment(self, segment: Segment, following: Segment | None = None) -> None:
        """Store it, or raise a `StoreFailure`. `following`, if it is there already, will be the next one."""


class Drain:
    """Hands segments to the lanes and finishes them.

    `lanes` names each lane, how to make it (in its own thread, which its connection then belongs to), and the signals
    that concern it.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        lanes: dict[str, tuple[Callable[[], Lane], tuple[Signal, ...]]],
        metrics: SelfMetrics,
    ) -> None:
        self._journal = journal
        self._metrics = metrics
        self._lanes = lanes
        self._queues: dict[str, queue.Queue[Segment]] = {name: queue.Queue(SEGMENTS_AHEAD_MAX) for name in lanes}
        self._waiting: dict[str, set[str]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._trouble: dict[str, str] = {}

    def start(self) -> None:
        """Start the threads."""
        self._threads = [
            threading.Thread(target=self._work, args=(name,), name=f"drain-{name}", daemon=True) for name in self._lanes
        ]
        self._threads.append(threading.Thread(target=self._deal, name="drain", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self, *, timeout_seconds: float) -> None:
        """Stop after the segment in work; what is left is drained at the next start."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout_seconds)

    def trouble(self) -> dict[str, str]:
        """By lane, why it is waiting to try again; empty when all is well."""
        with self._lock:
            return dict(self._trouble)

    def _deal(self) -> None:
        while not self._stopping.is_set():
            segment = self._journal.next_sealed(POLL_SECONDS)
            if segment is None:
                continue
            names = [name for name, (_, signals) in self._lanes.items() if segment.signal in signals]
            with self._lock:
                self._waiting[segment.name] = set(names)
            for name in names:
                while not self._stopping.is_set():
                    try:
                        self._queues[name].put(segment, timeout=POLL_SECONDS)
                        break
                    except queue.Full:
                        continue

    def _work(self, name: str) -> None:
        lane = None
        following: Segment | None = None
        while not self._stopping.is_set():
            segment = following or self._next(name, POLL_SECONDS)
            if segment is None:
                continue
            following = self._next(name, 0)
            delay = RETRY_SECONDS_MIN
            stored = False
            while not self._stopping.is_set():
                try:
                    lane = lane or self._lanes[name][0]()
                    if not stored:
                        lane.store_segment(segment, following)
                        # From here on only the end is repeated: a lane has forgotten what it stored.
                        stored = True
                    self._done(name, segment)
                    self._note(name, "")
                    break
                except (StoreFailure, OSError) as failure:
                    self._note(name, str(failure))
                except Exception as bug:
                    # Not foreseen: the segment stays where it is and the queue waits, so that nothing is lost.
                    logger.exception("drain: %s lane, segment %s", name, segment.name)
                    self._note(name, f"{type(bug).__name__}: {bug}")
                self._metrics.drain_failures.labels(name).inc()
                self._stopping.wait(delay * random.uniform(0.5, 1.0))  # noqa: S311  jitter, not a secret
                delay = min(delay * 2, RETRY_SECONDS_MAX)

    def _next(self, name: str, timeout_seconds: float) -> Segment | None:
        try:
            return self._queues[name].get(block=timeout_seconds > 0, timeout=timeout_seconds)
        except queue.Empty:
            return None

    def _note(self, name: str, trouble: str) -> None:
        with self._lock:
            before = self._trouble.pop(name, "")
            if trouble:
                self._trouble[name] = trouble
        if trouble and trouble != before:
            logger.warning("drain: the %s lane waits and tries again: %s", name, trouble)
        elif before and not trouble:
            logger.warning("drain: the %s lane works again", name)

    def _done(self, name: str, segment: Segment) -> None:
        """Finish the segment when this was the last lane; may be repeated when the disk failed."""
        with self._lock:
            waiting = self._waiting[segment.name]
            waiting.discard(name)
            if waiting:
                return
        self._journal.finish(segment)
        with self._lock:
            del self._waiting[segment.name]
        self._metrics.drained_segments.labels(segment.signal).inc()

"""Group commit: many requests, one write and one fsync.

Threads that call `append` put their request into the batch of its signal and wait. One thread, the
writer's, takes the batches in turn: writes a batch, syncs the file, and lets everybody who waits
for that batch go. While it waits for the disk the next batch gathers, so the busier the journal,
the larger the batches; no request ever waits for a delay that somebody chose.

The same thread seals segments (`open_segments.py`), so the order of sealing is the order of names
without a lock. A batch is in one segment and is never larger than a segment may be, but for a
single request that is.

Who owns what: the lock guards the queue of batches, the digests of waiting and of recent requests,
and the flags; the open segments belong to the thread alone.

If the disk fails, every request of that batch is refused; the next batch is tried anew. If the
thread itself dies (a bug), everybody who waits and everybody who comes later is refused: nobody
waits for a thread that is not there.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

from collector.failures import RequestUnavailable
from collector.journal.digests import digest_of
from collector.journal.record import record_bytes

if TYPE_CHECKING:
    from collector.clock import Clock
    from collector.journal.open_segments import OpenSegments
    from collector.journal.recent import RecentRequests
    from collector.journal.room import Room
    from collector.model import Signal
    from collector.self_metrics import SelfMetrics

logger = logging.getLogger(__name__)

WRITE_RETRY_SECONDS = 1.0
"""After a failed write or an unfinished seal: when to try again, for the client and for the writer
itself.
"""

CLOSED_RETRY_SECONDS = 5.0
"""How long a client should wait for a service that shuts down: about as long as it takes to start
again.
"""


class _Batch:
    """Requests of one signal that are committed together. `failure` is read after `done` is set."""

    __slots__ = ("digests", "done", "failure", "requests", "signal", "size_bytes")

    def __init__(self, signal: Signal) -> None:
        self.signal = signal
        self.requests: list[bytes] = []
        self.digests: list[bytes] = []
        self.size_bytes = 0
        self.done = threading.Event()
        self.failure = ""


class _Flush:
    """A wish to have everything sealed that stands before it in the queue."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = threading.Event()


class Writer:
    """The one thread that writes, and the door to it."""

    def __init__(
        self,
        segments: OpenSegments,
        *,
        clock: Clock,
        metrics: SelfMetrics,
        recent: RecentRequests,
        room: Room,
        batch_bytes_max: int,
    ) -> None:
        self._segments = segments
        self._clock = clock
        self._metrics = metrics
        self._recent = recent
        self._room = room
        self._batch_bytes_max = batch_bytes_max
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._queue: deque[_Batch | _Flush] = deque()
        self._gathering: dict[Signal, _Batch] = {}
        self._waiting: dict[bytes, _Batch] = {}
        self._current: _Batch | _Flush | None = None  # what the thread is busy with
        self._closing = False
        self._refusal = "The journal is not open yet; send the request again"

    def start(self) -> None:
        """Take requests from now on."""
        self._refusal = ""
        self._thread.start()

    def append(self, signal: Signal, request: bytes) -> bool:
        """See `Journal.append`."""
        digest = digest_of(signal, request)
        with self._lock:
            if self._refusal:
                raise RequestUnavailable(self._refusal, retry_after_seconds=CLOSED_RETRY_SECONDS)
            batch = self._waiting.get(digest)
            kept = batch is None
            if batch is None:
                if self._recent.holds(digest, self._clock.monotonic()):
                    self._metrics.duplicate_requests.labels(signal).inc()
                    return False
                batch = self._join_batch(signal, request, digest)
        batch.done.wait()
        if batch.failure:
            raise RequestUnavailable(batch.failure, retry_after_seconds=WRITE_RETRY_SECONDS)
        if not kept:
            self._metrics.duplicate_requests.labels(signal).inc()
        return kept

    def seal_now(self) -> None:
        """Commit what waits, seal what is open, and return (also if the writer has stopped)."""
        flush = _Flush()
        with self._lock:
            if self._refusal:
                return
            self._queue.append(flush)
            self._work.notify()
        flush.done.wait()

    def close(self) -> None:
        """Refuse further requests, commit those that wait, seal, and stop the thread."""
        with self._lock:
            self._refusal = self._refusal or "The journal is closed: the service is shutting down"
            self._closing = True
            self._work.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _join_batch(self, signal: Signal, request: bytes, digest: bytes) -> _Batch:
        """Put a request into the batch that gathers; the lock is held.

        Raises `RequestUnavailable` if there is no room.
        """
        size_bytes = record_bytes(len(request))
        self._room.take(size_bytes)
        batch = self._gathering.get(signal)
        if batch is None or batch.size_bytes + size_bytes > self._batch_bytes_max:
            batch = self._gathering[signal] = _Batch(signal)
            self._queue.append(batch)
            self._work.notify()
        batch.requests.append(request)
        batch.digests.append(digest)
        batch.size_bytes += size_bytes
        self._waiting[digest] = batch
        return batch

    def _run(self) -> None:
        try:
            while self._work_once():
                pass
        except BaseException:
            logger.exception("The journal's writer has died; requests are refused until the service restarts")
            raise
        finally:
            self._refuse_all()

    def _work_once(self) -> bool:
        """Do what is first in the queue, then seal what is due; False when nothing can come."""
        work = self._wait_for_work()
        if isinstance(work, _Batch):
            self._commit(work)
        closed = work is None and self._closing
        self._segments.seal_due(everything=closed or isinstance(work, _Flush))
        if isinstance(work, _Flush):
            work.done.set()
        return not closed

    def _wait_for_work(self) -> _Batch | _Flush | None:
        """Take the first of the queue; None if it stays empty until a segment is to be sealed."""
        with self._lock:
            if not (self._queue or self._closing):
                self._work.wait(self._segments.seconds_to_seal())
            if not self._queue:
                return None
            work = self._current = self._queue.popleft()
            if isinstance(work, _Batch) and self._gathering.get(work.signal) is work:
                del self._gathering[work.signal]
            return work

    def _commit(self, batch: _Batch) -> None:
        failure = ""
        try:
            self._segments.append(
                batch.signal,
                batch.requests,
                batch.digests,
                size_bytes=batch.size_bytes,
                kept_ms=self._clock.now_ns() // 1_000_000,
            )
            self._metrics.journal_syncs.inc()
        except OSError as error:
            self._metrics.journal_write_failures.inc()
            failure = f"The journal could not be written: {error}; nothing of this batch was kept; check the disk"
            logger.error(failure)  # noqa: TRY400 - the line says it all; a traceback would hide it
        self._settle(batch, failure)

    def _settle(self, batch: _Batch, failure: str) -> None:
        """Let everybody go who waits for `batch`: acknowledged, or refused with `failure`."""
        with self._lock:
            now = self._clock.monotonic()
            for digest in batch.digests:
                self._waiting.pop(digest, None)
                if not failure:
                    self._recent.keep(digest, now)
        if failure:
            self._room.give_back(batch.size_bytes)
        batch.failure = failure
        batch.done.set()

    def _refuse_all(self) -> None:
        """Leave nobody waiting: the thread ends here, in order or not."""
        with self._lock:
            self._refusal = self._refusal or "The journal's writer has died; restart the service"
            left = [self._current, *self._queue]
            self._queue.clear()
            self._gathering.clear()
        for work in left:
            if isinstance(work, _Batch) and not work.done.is_set():
                self._settle(work, self._refusal)
            elif isinstance(work, _Flush):
                work.done.set()

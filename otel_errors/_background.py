"""One thread for what must not be done where it comes up. It sleeps while there is nothing to do.

An error can come up within the garbage collector: a task or a future dies, `__del__` fails. That may be at any point of
any thread, also between two lines that hold a lock of the exporter, where to emit a log record would wait for itself.
`SimpleQueue.put` may be called there (its documentation says so), so the record is put, and emitted here. And what ends
by time, ends here (`_storm`).

A forked child has no threads, and starts its own.
"""

from __future__ import annotations

import os
import queue
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_errors._guard import Guard


class Background:
    """Runs work in a thread of its own; `put` and `wake_at` may be called from anywhere, also while it is not started.

    Times are seconds of `time.monotonic`.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        if hasattr(os, "register_at_fork"):
            # By a weak reference: a registration can't be taken back.
            restart = weakref.WeakMethod(self._restart)
            os.register_at_fork(after_in_child=lambda: (method := restart()) and method())

    def start(self) -> None:
        """Start the thread, unless it runs."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(
                target=_run, args=(self._queue, self._guard), name="otel-errors", daemon=True
            )
            self._thread.start()

    def put(self, work: Callable[[], object]) -> None:
        """Do `work` soon."""
        self._queue.put(work)

    def wake_at(self, due: float, work: Callable[[], float | None]) -> None:
        """Do `work` at `due`, and then at the time that it returns, if it does."""
        self._queue.put((due, work))

    def drain(self, timeout_s: float) -> bool:
        """Wait until all that was put before is done; False when it was not done in time."""
        if self._thread is None or not self._thread.is_alive() or self._thread is threading.current_thread():
            return _run_what_waits(self._queue, self._guard)
        done = threading.Event()
        self._queue.put(done.set)
        return done.wait(timeout_s)

    def stop(self) -> None:
        """End the thread after what was put before."""
        thread, self._thread = self._thread, None
        if thread is not None and thread.is_alive():
            self._queue.put(None)
            if thread is not threading.current_thread():
                thread.join(timeout=1)

    def _restart(self) -> None:
        """In a forked child: what the parent put is the parent's."""
        was_started, self._thread = self._thread is not None, None
        self._queue = queue.SimpleQueue()
        if was_started:
            self.start()


def _run(waiting: queue.SimpleQueue[Any], guard: Guard) -> None:
    due: float | None = None
    on_time: Callable[[], float | None] | None = None
    while True:
        try:
            work = waiting.get(timeout=None if due is None else max(due - time.monotonic(), 0))
        except queue.Empty:
            due = None if on_time is None else _do(on_time, guard)
            continue
        if work is None:
            return
        if isinstance(work, tuple):
            at, on_time = work
            due = at if due is None else min(due, at)
        else:
            _do(work, guard)


def _run_what_waits(waiting: queue.SimpleQueue[Any], guard: Guard) -> bool:
    while True:
        try:
            work = waiting.get_nowait()
        except queue.Empty:
            return True
        if callable(work):
            _do(work, guard)


def _do(work: Callable[[], Any], guard: Guard) -> Any:
    try:
        return work()
    except Exception:  # noqa: BLE001 - never harm the app, and go on
        guard.failed("send an error in the background")
        return None

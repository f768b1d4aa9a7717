"""Ends requests whose bytes do not come: no sender may hold a worker for ever."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REQUEST_READ_SECONDS_MAX: Final = 30.0
"""From a request's headers to its last byte: 64 MiB at 2 MiB/s. Exporters give up after 10 s by
default."""

_SWEEP_SECONDS: Final = 1.0


class SlowSenders:
    """Watches requests that are being read; one thread, started and stopped with the server."""

    def __init__(self, *, read_seconds_max: float = REQUEST_READ_SECONDS_MAX) -> None:
        self._read_seconds_max = read_seconds_max
        # All waits are equally long, so the order of insertion is the order of the deadlines.
        self._reading: dict[object, tuple[float, Callable[[], object]]] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sweep, name="slow-senders", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    @contextmanager
    def reading(self, cancel: Callable[[], object]) -> Iterator[None]:
        """Call `cancel` from another thread when the block takes too long."""
        ticket = object()
        with self._lock:
            self._reading[ticket] = (time.monotonic() + self._read_seconds_max, cancel)
        try:
            yield
        finally:
            with self._lock:
                self._reading.pop(ticket, None)

    def _sweep(self) -> None:
        while not self._stopped.wait(min(_SWEEP_SECONDS, self._read_seconds_max)):
            for cancel in self._take_overdue(time.monotonic()):
                cancel()

    def _take_overdue(self, now: float) -> list[Callable[[], object]]:
        overdue = []
        with self._lock:
            while self._reading:
                ticket, (deadline, cancel) = next(iter(self._reading.items()))
                if deadline > now:
                    break
                del self._reading[ticket]
                overdue.append(cancel)
        return overdue

"""A storm of one error: the first are told in full, the rest as one event with their number.

Theory. What fails in a loop fails a thousand times a second, and to render and send each costs the application what it
has least of. So of the errors that look alike (type and place of the raise) only so many a window are told. The next one
is rendered and kept as the *carrier*; those after it are counted on it, and when the window ends it is sent with its
count: no error is lost, the sum is exact. A carried error has the carrier's event id.

A window begins with its first error, not by the clock: nothing happens while nothing fails. What is carried is sent early
when the process ends. A forked child forgets what its parent carries, which its parent sends.

`admit` may be called within the garbage collector, also while the same thread is in it: the lock can be taken again, and
each step leaves things whole.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from otel_errors._background import Background
    from otel_errors._emit import ErrorEvent

ERRORS_MAX: Final = 1_000
"""Different errors whose windows are open at once; of more, the oldest window ends early."""


class Window:
    """How often one error happened within a window that ends at `ends_at`, in seconds of `time.monotonic`."""

    __slots__ = ("carried", "carrier", "ends_at", "told")

    def __init__(self, ends_at: float) -> None:
        self.ends_at = ends_at
        self.told = 0
        self.carrier: ErrorEvent | None = None
        self.carried = 0


class Storms:
    """Decides which errors are told in full, and sends the count of the others. Safe from any thread.

    `send` is given a carrier and its count, in the background. `burst_max` errors a window of `window_ms` are told in
    full; 0 tells all.
    """

    def __init__(
        self,
        *,
        send: Callable[[ErrorEvent, int], object],
        background: Background,
        burst_max: int,
        window_ms: int,
    ) -> None:
        self._send = send
        self._background = background
        self._burst_max = burst_max
        self._window_s = window_ms / 1000
        self._windows: OrderedDict[Hashable, Window] = OrderedDict()
        self._lock = threading.RLock()
        if hasattr(os, "register_at_fork"):
            # By a weak reference: a registration can't be taken back.
            forget = weakref.WeakMethod(self._forget)
            os.register_at_fork(after_in_child=lambda: (method := forget()) and method())

    def admit(self, key: Hashable, make: Callable[[], ErrorEvent]) -> str | None:
        """Count an error that looks like `key`. None: it is to be told. Else it is carried, by the event of this id.

        `make` renders the error, should it become the carrier.
        """
        if not self._burst_max:
            return None
        now = time.monotonic()
        with self._lock:
            window = self._window(key, now)
            if window.told < self._burst_max:
                window.told += 1
                return None
            if window.carrier is not None:
                window.carried += 1
                return window.carrier.event_id
        carrier = make()  # the application's own code runs
        with self._lock:
            if window.carrier is None:
                window.carrier = carrier
                self._background.wake_at(window.ends_at, self._on_time)
            window.carried += 1
            if self._windows.get(key) is not window:  # it ended meanwhile
                self._end(window)
            return carrier.event_id if window.carrier is None else window.carrier.event_id

    def flush(self) -> None:
        """Put what is carried to be sent now. Windows go on: what comes next is carried by another event."""
        with self._lock:
            for key in list(self._windows):
                self._end(self._windows[key])

    def _window(self, key: Hashable, now: float) -> Window:
        window = self._windows.get(key)
        if window is not None and window.ends_at > now:
            return window
        if window is not None:
            self._end(window)
        window = Window(now + self._window_s)
        self._windows[key] = window
        self._windows.move_to_end(key)
        if len(self._windows) > ERRORS_MAX:
            self._end(self._windows.popitem(last=False)[1])
        return window

    def _end(self, window: Window) -> None:
        """Put the carrier to be sent, if there is one."""
        carrier, carried = window.carrier, window.carried
        window.carrier, window.carried = None, 0
        if carrier is not None:
            self._background.put(lambda: self._send(carrier, carried))

    def _on_time(self) -> float | None:
        """End the windows that are over; returns when the next one is."""
        now = time.monotonic()
        with self._lock:
            for key in list(self._windows):
                window = self._windows[key]
                if window.ends_at <= now:
                    del self._windows[key]
                    self._end(window)
            waiting = [self._windows[key].ends_at for key in list(self._windows) if self._windows[key].carrier]
        return min(waiting, default=None)

    def _forget(self) -> None:
        self._lock = threading.RLock()
        self._windows.clear()

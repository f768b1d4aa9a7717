"""Accept a request now, or ask its sender to come back: how much may be in flight at once.

A server has one `Admission`. Each request holds a `Lease` from its first byte to its answer, and
grows it by the bytes that it keeps in memory. Beyond a limit the request is refused at once instead
of queued: a queue only moves the overload into our memory, and the sender has a queue of its own.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Self

from collector.failures import RequestUnavailable

if TYPE_CHECKING:
    from types import TracebackType

# Requests wait for a worker or for the disk. At 5 ms a sync this is over a second of group commits.
REQUESTS_IN_FLIGHT_MAX: Final = 256
# Four of the largest requests, or a thousand ordinary ones.
BYTES_IN_FLIGHT_MAX: Final = 256 * 1024 * 1024
# Overload passes in about the time that one segment takes to seal and drain.
RETRY_AFTER_SECONDS: Final = 1.0


class Admission:
    """Counts what is in flight. Thread-safe."""

    def __init__(
        self,
        *,
        requests_max: int = REQUESTS_IN_FLIGHT_MAX,
        bytes_max: int = BYTES_IN_FLIGHT_MAX,
    ) -> None:
        self._requests_max = requests_max
        self._bytes_max = bytes_max
        self._requests = 0
        self._bytes = 0
        self._lock = threading.Lock()

    def open(self) -> Lease:
        """Admit one request; raises `RequestUnavailable` when too many are in flight."""
        with self._lock:
            if self._requests >= self._requests_max:
                raise _busy(f"{self._requests} requests are in flight")
            self._requests += 1
        return Lease(self)

    def grow(self, size_bytes: int) -> None:
        """Count bytes of an admitted request; raises `RequestUnavailable` when too many."""
        with self._lock:
            if self._bytes + size_bytes > self._bytes_max:
                raise _busy(f"requests of {self._bytes} bytes are in flight")
            self._bytes += size_bytes

    def close(self, size_bytes: int) -> None:
        """End one request that held that many bytes."""
        with self._lock:
            self._requests -= 1
            self._bytes -= size_bytes


class Lease:
    """The room that one request holds; a context manager that gives it back."""

    __slots__ = ("_admission", "_size_bytes")

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._size_bytes = 0

    def grow(self, size_bytes: int) -> None:
        """Hold that many bytes more; raises `RequestUnavailable` when there is no room for them."""
        self._admission.grow(size_bytes)
        self._size_bytes += size_bytes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._admission.close(self._size_bytes)


def _busy(what: str) -> RequestUnavailable:
    return RequestUnavailable(
        f"The service is busy: {what}, which is as many as it takes; "
        f"send the request again in {RETRY_AFTER_SECONDS:g} s.",
        retry_after_seconds=RETRY_AFTER_SECONDS,
    )

"""One request's bytes -> kept, or a refusal: what the gRPC and the HTTP server have in common."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final, Protocol

from collector.decode.framing import check_framing
from collector.failures import (
    RequestMalformed,
    RequestRefused,
    RequestTooLarge,
    RequestUnavailable,
)

if TYPE_CHECKING:
    from collector.model import Signal
    from collector.self_metrics import SelfMetrics

REQUEST_BYTES_MAX: Final = 64 * 1024 * 1024
"""The limit that OTLP recommends, before and after decompression."""

# A request of countless tiny items costs the parser 16 times its size, so the large ones are
# checked one at a time. The check of an honest one takes a millisecond.
_CHECKED_ALONE_BYTES_MIN: Final = 4 * 1024 * 1024
# Longer than an overload takes to pass; exporters give up after 10 s by default.
_RETRY_AFTER_FAILURE_SECONDS: Final = 2.0
_OUTCOMES: Final[tuple[tuple[type[RequestRefused], str], ...]] = (
    (RequestMalformed, "malformed"),
    (RequestTooLarge, "too_large"),
    (RequestUnavailable, "unavailable"),
)

_log = logging.getLogger(__name__)


class Keep(Protocol):
    """Makes a request durable. Blocks until it is; called by several threads at once."""

    def __call__(self, signal: Signal, request: bytes, /) -> bool:
        """Return True when kept now, False when the same bytes were kept before.

        Raises `RequestUnavailable` when the request can't be kept now.
        """


class Intake:
    """Checks requests, keeps them, and counts what became of them. Thread-safe."""

    def __init__(self, *, keep: Keep, metrics: SelfMetrics, protocol: str) -> None:
        self._keep = keep
        self._metrics = metrics
        self._protocol = protocol
        self._check_alone = threading.Lock()
        self._logged_failures: set[type[Exception]] = set()

    def take(self, signal: Signal, request: bytes) -> None:
        """Keep a request; when this returns, it may be acknowledged. Raises `RequestRefused`."""
        if len(request) >= _CHECKED_ALONE_BYTES_MIN:
            with self._check_alone:
                items_count = check_framing(signal, request)
        else:
            items_count = check_framing(signal, request)
        if not items_count:
            self.count(signal, "empty")
            return
        kept = self._keep(signal, request)
        self._metrics.request_bytes.labels(signal).inc(len(request))
        self.count(signal, "kept" if kept else "duplicate")

    def refuse(self, signal: Signal, error: Exception) -> RequestRefused:
        """Turn what was raised over a request into the refusal to answer with, and count it.

        A failure that nobody foresaw is ours, not the sender's, and nothing was kept: so the sender
        may try again. Its traceback is logged the first time.
        """
        if isinstance(error, RequestRefused):
            refusal = error
        else:
            if type(error) not in self._logged_failures:
                self._logged_failures.add(type(error))
                _log.error("A %s request failed unexpectedly", signal, exc_info=error)
            refusal = RequestUnavailable(
                f"The service failed over this {signal} request ({type(error).__name__}); nothing "
                "of it was kept, send it again later. The service's log has the details.",
                retry_after_seconds=_RETRY_AFTER_FAILURE_SECONDS,
            )
        outcome = next(name for kind, name in _OUTCOMES if isinstance(refusal, kind))
        self.count(signal, outcome)
        return refusal

    def count(self, signal: Signal, outcome: str) -> None:
        """Count one request in the service's own metrics."""
        self._metrics.requests.labels(signal, self._protocol, outcome).inc()

"""OTLP over HTTP: the server, its thread and its port.

uvicorn runs in one thread. Checking and keeping block, so they run in workers.
"""

from __future__ import annotations

import math
import resource
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import uvicorn

from collector.failures import StartFailure
from collector.receive.address import bind
from collector.receive.admission import Admission
from collector.receive.http_app import BODY_SECONDS_MAX, build_app
from collector.receive.http_protocol import BoundedH11Protocol
from collector.receive.intake import REQUEST_BYTES_MAX, Intake, Keep

if TYPE_CHECKING:
    import socket

    from collector.self_metrics import SelfMetrics

# Workers mostly wait for the disk, and all that wait share one sync.
WORKERS: Final = 32

_WHAT: Final = "OTLP/HTTP"
_OPTION: Final = "--http"
# Each takes a file descriptor. Beyond what the process may have (some are left for the journal, the
# store and gRPC), uvicorn answers 503 instead of failing to accept.
_CONNECTIONS_MAX: Final = 10_000
_CONNECTIONS_MIN: Final = 64
_DESCRIPTORS_LEFT: Final = 256
# Connections that wait for the thread to accept them.
_BACKLOG: Final = 512
_START_SECONDS_MAX: Final = 10.0
_START_POLL_SECONDS: Final = 0.005
_STOP_MARGIN_SECONDS: Final = 2.0


class OtlpHttpServer:
    """Receives OTLP on `address` between `start` and `stop`.

    `address` is HOST:PORT; port 0 means any free port.
    """

    def __init__(
        self,
        address: str,
        *,
        keep: Keep,
        metrics: SelfMetrics,
        request_bytes_max: int = REQUEST_BYTES_MAX,
        workers: int = WORKERS,
        admission: Admission | None = None,
        body_seconds_max: float = BODY_SECONDS_MAX,
        http_protocol: type[BoundedH11Protocol] = BoundedH11Protocol,
    ) -> None:
        self._address = address
        self._port = 0
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="otlp-http")
        self._server = uvicorn.Server(
            uvicorn.Config(
                build_app(
                    intake=Intake(keep=keep, metrics=metrics, protocol="http"),
                    admission=admission or Admission(),
                    workers=self._workers,
                    metrics=metrics,
                    request_bytes_max=request_bytes_max,
                    body_seconds_max=body_seconds_max,
                ),
                http=http_protocol,
                loop="asyncio",
                ws="none",
                lifespan="off",
                limit_concurrency=_connections_max(),
                # Logging is the service's to set up; a sender's broken request is no news.
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=False,
            )
        )
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that is listened on, once started."""
        return self._port

    def start(self) -> None:
        """Listen and serve; raises `StartFailure` when the address can't be used."""
        listener = bind(self._address, what=_WHAT, option=_OPTION)
        try:
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            raise StartFailure(
                f"Cannot listen for {_WHAT} on {self._address}: {error.strerror}; "
                f"choose another port with {_OPTION} 127.0.0.1:PORT."
            ) from error
        self._port = listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, args=(listener,), name="otlp-http", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS_MAX
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise StartFailure(f"Cannot serve {_WHAT} on {self._address}; the service's log says why.")
            time.sleep(_START_POLL_SECONDS)

    def stop(self, grace_seconds: float) -> None:
        """Stop accepting, and let running requests finish within the grace time."""
        if self._thread is None:
            return
        # uvicorn reads it when it shuts down, in whole seconds.
        self._server.config.timeout_graceful_shutdown = math.ceil(grace_seconds)
        self._server.should_exit = True
        self._thread.join(grace_seconds + _STOP_MARGIN_SECONDS)
        self._workers.shutdown(wait=False)
        self._thread = None

    def _run(self, listener: socket.socket) -> None:
        with listener:
            self._server.run(sockets=[listener])


def _connections_max() -> int:
    """Return how many connections may be open, by the process's limit of file descriptors."""
    descriptors_max, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors_max == resource.RLIM_INFINITY:
        return _CONNECTIONS_MAX
    return min(_CONNECTIONS_MAX, max(_CONNECTIONS_MIN, descriptors_max - _DESCRIPTORS_LEFT))

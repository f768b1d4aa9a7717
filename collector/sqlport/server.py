"""The port: its socket and its thread.

uvicorn runs in one thread; statements run in as many workers as may run at once.
"""

from __future__ import annotations

import ipaddress
import platform
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from collector.failures import StartFailure
from collector.sqlport.application import SqlApplication
from collector.sqlport.engine import EngineConnection
from collector.sqlport.limits import CONNECTIONS_MAX, URL_BYTES_MAX, Limits
from collector.sqlport.refuse import EngineNames
from collector.sqlport.run import Port

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.self_metrics import SelfMetrics

_BACKLOG: Final = 128
_HELPERS: Final = 4
_IDLE_SECONDS_MAX: Final = 30
_PORT_MAX: Final = 65535
_START_SECONDS_MAX: Final = 10.0
_START_POLL_SECONDS: Final = 0.005
_STOP_SECONDS: Final = 3
_STOP_POLL_SECONDS: Final = 0.2


class SqlPort:
    """Answers SQL on `address` ("127.0.0.1:8123"; port 0 means any free one) between `start` and `stop`.

    `connect` makes a fresh chDB connection on the engine of this process. `database` is where a request runs that names
    none. `writable` lets statements write; for tests of the remote mode, on loopback only.
    """

    def __init__(
        self,
        address: str,
        *,
        connect: Callable[[], Any],
        database: str,
        metrics: SelfMetrics,
        writable: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self._address = address
        self._connect = connect
        self._database = database
        self._metrics = metrics
        self._writable = writable
        self._limits = limits or Limits()
        self._port = 0
        self._application: SqlApplication | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._executors: tuple[ThreadPoolExecutor, ...] = ()

    @property
    def port(self) -> int:
        """The port that is listened on, once started."""
        return self._port

    def start(self) -> None:
        """Listen and answer.

        Raises:
            StartFailure: the address can't be used, or not with these settings.
        """
        listener, is_loopback = self._listen()
        try:
            port = self._describe_engine(is_loopback=is_loopback)
        except BaseException:
            listener.close()
            raise
        workers = ThreadPoolExecutor(self._limits.queries_max, thread_name_prefix="sql")
        helpers = ThreadPoolExecutor(_HELPERS, thread_name_prefix="sql-stop")
        self._executors = (workers, helpers)
        self._application = SqlApplication(
            port, workers=workers, helpers=helpers, metrics=self._metrics, local_only=is_loopback
        )
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._application,
                http="h11",
                loop="asyncio",
                ws="none",
                lifespan="off",
                limit_concurrency=CONNECTIONS_MAX,
                h11_max_incomplete_event_size=URL_BYTES_MAX,
                timeout_keep_alive=_IDLE_SECONDS_MAX,
                timeout_graceful_shutdown=_STOP_SECONDS,
                # What goes wrong in a statement is told by the application; what a client breaks is no news.
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                proxy_headers=False,
            )
        )
        self._thread = threading.Thread(target=self._run, args=(self._server, listener), name="sql-port", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS_MAX
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise StartFailure(f"Cannot answer SQL on {self._address}; the service's log says why.")
            time.sleep(_START_POLL_SECONDS)

    def stop(self) -> None:
        """Stop accepting, stop the statements that run, and end."""
        if self._server is None or self._thread is None or self._application is None:
            return
        self._server.should_exit = True
        deadline = time.monotonic() + _STOP_SECONDS * 2
        while self._thread.is_alive() and time.monotonic() < deadline:
            # A statement can't be stopped in the moment before it starts, so this is repeated.
            self._application.cancel_all()
            self._thread.join(_STOP_POLL_SECONDS)
        for executor in self._executors:
            executor.shutdown(wait=False, cancel_futures=True)
        self._thread = None

    @staticmethod
    def _run(server: uvicorn.Server, listener: socket.socket) -> None:
        with listener:
            server.run(sockets=[listener])

    def _describe_engine(self, *, is_loopback: bool) -> Port:
        if self._writable and not is_loopback:
            raise StartFailure(
                f"--sql-writable is for loopback only, and {self._address} is not; use --sql 127.0.0.1:PORT."
            )
        with EngineConnection(self._connect) as engine:
            names = EngineNames(
                table_functions=frozenset(engine.ask("table_functions")[0]),
                file_databases=frozenset(engine.ask("file_databases")[0]),
            )
            version, timezone = engine.ask("about")
            exists = engine.ask("is_database", database=self._database)[0]
        if self._database in names.file_databases:
            raise StartFailure(
                f"The database {self._database!r} of the embedded engine is the file system, which must not be answered "
                "from; choose another one with --database, such as otel."
            )
        if not exists:
            raise StartFailure(f"The embedded engine has no database {self._database!r}; choose one with --database.")
        return Port(
            connect=self._connect,
            database=self._database,
            names=names,
            limits=self._limits,
            version=version,
            timezone=timezone,
            display_name=platform.node() or "otel-errors",
            writable=self._writable,
        )

    def _listen(self) -> tuple[socket.socket, bool]:
        """Bind now, so that a taken port is told before anything runs."""
        host, _, digits = self._address.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not (digits.isascii() and digits.isdigit()) or int(digits) > _PORT_MAX:
            raise StartFailure(
                f"Cannot answer SQL on {self._address!r}: it is not HOST:PORT; write it like --sql 127.0.0.1:8123."
            )
        try:
            family, kind, protocol, _, where = min(
                socket.getaddrinfo(host, int(digits), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE),
                key=lambda found: found[0] != socket.AF_INET,
            )
            listener = socket.socket(family, kind, protocol)
        except (OSError, UnicodeError) as error:
            raise StartFailure(
                f"Cannot answer SQL on {self._address}: {error}; give an address of this machine with "
                f"--sql 127.0.0.1:{digits}."
            ) from error
        try:
            # Else the port of a service that just ended is refused for a minute.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            raise StartFailure(
                f"Cannot answer SQL on {self._address}: {error.strerror}; if another program has the port (a ClickHouse "
                "server has 8123), choose another one with --sql HOST:PORT."
            ) from error
        self._port = listener.getsockname()[1]
        return listener, ipaddress.ip_address(where[0]).is_loopback

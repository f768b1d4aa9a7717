"""A SQL port on the real engine, a database with a few tables, and what an attacker would be after."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlencode

import clickhouse_connect
import pytest

from collector.self_metrics import SelfMetrics
from collector.sqlport.limits import Limits
from collector.sqlport.server import SqlPort
from collector.store.embedded import EmbeddedEngine

ROWS = 1000
SECRET = "hunter2-in-a-file"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    @property
    def code(self):
        return int(self.headers.get("x-clickhouse-exception-code", 0))


@pytest.fixture(scope="session")
def connect(engine_folder):
    """Makes bare connections; one stays open, so that the engine does."""
    engine = EmbeddedEngine(engine_folder, "default")
    kept = engine.raw_connection()
    yield engine.raw_connection
    kept.close()


@pytest.fixture(scope="session")
def sql_database(connect):
    """A database with the table `events`, the view `busy` and the parameterized view `events_of(service = ...)`."""
    name = f"sql_{uuid.uuid4().hex[:8]}"
    connection = connect()
    for statement in (
        f"CREATE DATABASE {name}",
        f"CREATE TABLE {name}.events (id UInt64, service String, at DateTime64(9)) ENGINE = MergeTree ORDER BY id",
        f"INSERT INTO {name}.events SELECT number, if(number % 2, 'pay', 'shop'), 0 FROM numbers({ROWS})",
        f"CREATE VIEW {name}.busy AS SELECT service, count() AS events FROM {name}.events GROUP BY service",
        f"CREATE VIEW {name}.events_of AS SELECT * FROM {name}.events WHERE service = {{service:String}}",
    ):
        connection.query(statement)
    yield name
    connection.query(f"DROP DATABASE {name}")
    connection.close()


@pytest.fixture(scope="session")
def open_port(connect, sql_database):
    """Starts ports: `with open_port(writable=..., limits=...) as port`."""

    @contextmanager
    def opened(*, writable=False, limits=None, database=sql_database):
        metrics = SelfMetrics()
        port = SqlPort(
            "127.0.0.1:0",
            connect=connect,
            database=database,
            metrics=metrics,
            writable=writable,
            limits=limits or Limits(),
        )
        port.start()
        port.metrics = metrics
        try:
            yield port
        finally:
            port.stop()

    return opened


@pytest.fixture(scope="session")
def port(open_port):
    with open_port() as opened:
        yield opened


@pytest.fixture(scope="session")
def writable(open_port):
    with open_port(writable=True) as opened:
        yield opened


def ask_port(port, statement="", *, data=None, headers=None, method=None, path="/", **fields):
    """Send one request; a refusal is an answer too."""
    body = data if data is not None else statement.encode() or None
    request = urllib.request.Request(
        f"http://127.0.0.1:{port.port}{path}?{urlencode(fields)}", data=body, headers=headers or {}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())


@pytest.fixture(scope="session")
def ask(port):
    return lambda statement="", **more: ask_port(port, statement, **more)


def client_of(port, **options):
    return clickhouse_connect.get_client(host="127.0.0.1", port=port.port, autogenerate_session_id=False, **options)


@pytest.fixture(scope="session")
def client(port):
    made = client_of(port)
    yield made
    made.close()


@pytest.fixture(scope="session")
def secret_file(tmp_path_factory):
    """A file whose content no answer may hold."""
    path = tmp_path_factory.mktemp("secret") / "secret.csv"
    path.write_text(f"{SECRET}\n")
    return path


@pytest.fixture(scope="session")
def outside():
    """Another host, in small: a listener that counts who connects."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    came = []
    ended = threading.Event()

    def accept():
        while not ended.is_set():
            with suppress(TimeoutError):
                connection, _ = listener.accept()
                came.append(connection)
                connection.close()

    thread = threading.Thread(target=accept)
    thread.start()
    yield listener.getsockname()[1], came
    ended.set()
    thread.join()
    listener.close()

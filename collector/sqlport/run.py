"""One statement on its own connection, from the check to the last byte.

`begin` checks the statement, runs it and gathers the first piece of the answer, so that an error still gets its status;
`piece` gives the rest as the engine makes it, so that an answer of any size needs little memory here and a slow client
slows the engine down. Both block and run in a worker; `cancel` comes from another thread.
"""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from collector.failures import QueryRefused, StoreRejected
from collector.sqlport import tree
from collector.sqlport.answer import CANCELLED, QUERY_TOO_LARGE, STREAMED, TOO_MANY_BYTES, Facts, error_text, late_error
from collector.sqlport.coding import encoder
from collector.sqlport.engine import EngineConnection
from collector.sqlport.limits import PIECE_BYTES, SPOOL_MEMORY_BYTES, STATEMENT_BYTES_MAX, Limits
from collector.sqlport.settings import capped, engine_settings
from collector.sqlport.writing import Insert, insert, plan, writing_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from collector.sqlport.refuse import EngineNames, Verdict
    from collector.sqlport.request import SqlRequest
    from collector.sqlport.writing import Body

DEFAULT_DATABASE: Final = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """What all statements share. `connect` makes a bare chDB connection."""

    connect: Callable[[], Any]
    database: str
    names: EngineNames
    limits: Limits
    version: str
    timezone: str
    display_name: str
    writable: bool = False

    def database_of(self, asked: str) -> str:
        """The database that a request runs in; `default`, which many clients send unasked, means the port's own."""
        return self.database if asked in ("", DEFAULT_DATABASE) else asked


class Run:
    """One statement. `tag` marks an error that comes after the answer has begun."""

    def __init__(self, port: Port, request: SqlRequest, body: Body | None = None) -> None:
        self.tag = uuid.uuid4().hex[:16]
        self.facts = Facts(timezone=port.timezone, coding=request.coding)
        self.broken = False
        self._port = port
        self._request = request
        self._body = body
        self._mark = uuid.uuid4().hex
        self._cancelled = threading.Event()
        self._begun = False
        self._engine: EngineConnection | None = None
        self._coded: Generator[bytes] = _nothing()
        self._pieces: Iterator[bytes] = iter(())
        self._spool: tempfile.SpooledTemporaryFile[bytes] | None = None

    def begin(self) -> None:
        """Check and run the statement.

        Raises `QueryRefused`: it is not run. `StoreRejected`: the engine's error.
        """
        started = time.monotonic_ns()
        self._coded = self._encoded(self._rows())
        first = self._gather()
        self.facts.elapsed_ns = time.monotonic_ns() - started
        self._begun = True
        self._pieces = self._after(first)

    def piece(self) -> bytes:
        """Give the next piece of the answer; empty at its end. An error is the last piece and sets `broken`."""
        return next(self._pieces, b"")

    def cancel(self) -> None:
        """Stop the statement, wherever it is."""
        self._cancelled.set()
        engine = EngineConnection(self._port.connect)
        try:
            engine.ask("kill", mark=self._mark)
        finally:
            engine.close()

    def close(self) -> None:
        """Give everything back, the statement before its connection: chDB hangs when it is asked the other way round."""
        self._coded.close()
        if self._spool is not None:
            self._spool.close()
        if self._body is not None:
            self._body.close()
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _rows(self) -> Generator[bytes]:
        """Run the statement; its rows in their format."""
        request = self._request
        if self._body is not None:
            planned = self._plan(self._body)
            if isinstance(planned, Insert):
                return self._insert(planned)
            request = replace(request, statement=planned)
        if len(request.statement) > STATEMENT_BYTES_MAX:
            raise QueryRefused(
                f"Max query size exceeded: the statement has {len(request.statement)} characters, the limit is "
                f"{STATEMENT_BYTES_MAX}",
                code=QUERY_TOO_LARGE,
            )
        with self._connected() as engine:
            engine.set({"readonly": "1"})
            statement = tree.parse(engine, request.statement, request.parameters)
            if self._port.writable and not statement.reads:
                return self._write(request)
            verdict = tree.verdict(statement, engine, parameters=request.parameters, names=self._port.names)
        return self._read(request, verdict)

    def _read(self, request: SqlRequest, verdict: Verdict) -> Generator[bytes]:
        form = verdict.format or request.default_format
        self.facts.format = form
        whole = not verdict.streams or form.lower() not in STREAMED
        engine = self._open()
        settings = engine_settings(
            request.settings, is_known=lambda name: bool(engine.ask("is_setting", setting=name)[0])
        )
        self.facts.timezone = settings.get("session_timezone") or self.facts.timezone
        engine.set({**settings, **capped(request.settings, self._port.limits, whole=whole)})
        if not verdict.only_settings:
            # Under readonly=1 the engine calls every setting unchangeable, and clients that ask first
            # (clickhouse-connect) would then refuse to send any.
            engine.set({"readonly": "1"})
        if whole:
            return self._whole(engine, request, form)
        return self._blocks(engine, request, form)

    def _whole(self, engine: EngineConnection, request: SqlRequest, form: str) -> Generator[bytes]:
        result = engine.run(request.statement, request.parameters, form)
        self._count(result)
        data = result.bytes() or b""
        for start in range(0, len(data), PIECE_BYTES):
            yield data[start : start + PIECE_BYTES]

    def _blocks(self, engine: EngineConnection, request: SqlRequest, form: str) -> Generator[bytes]:
        with closing(engine.stream(request.statement, request.parameters, form)) as blocks:
            for block in blocks:
                self._count(block)
                yield block.bytes()

    def _count(self, result: Any) -> None:
        self.facts.rows += result.rows_read()
        self.facts.read_rows += result.storage_rows_read()
        self.facts.read_bytes += result.storage_bytes_read()

    def _plan(self, body: Body) -> Insert | str:
        with self._connected() as engine:
            return plan(engine, self._request.statement, body)

    def _insert(self, planned: Insert) -> Generator[bytes]:
        engine = self._open()
        result = insert(engine, planned, self._request.settings)
        self.facts.written_rows = result.rows_written()
        return _nothing()

    def _write(self, request: SqlRequest) -> Generator[bytes]:
        engine = self._open()
        engine.set(writing_settings(request.settings))
        self.facts.format = request.default_format
        return self._whole(engine, request, request.default_format)

    def _connected(self) -> EngineConnection:
        engine = EngineConnection(self._port.connect)
        try:
            engine.use(self._port.database_of(self._request.database))
            engine.set(
                {
                    "log_comment": self._mark,
                    "max_query_size": str(STATEMENT_BYTES_MAX * 4),
                    "max_execution_time": f"{self._port.limits.execution_seconds_max:.15g}",
                }
            )
        except BaseException:
            engine.close()
            raise
        return engine

    def _open(self) -> EngineConnection:
        """Open the connection that the statement itself runs on."""
        if self._cancelled.is_set():
            raise StoreRejected("Query was cancelled", code=CANCELLED)
        self._engine = self._connected()
        return self._engine

    def _encoded(self, rows: Generator[bytes]) -> Generator[bytes]:
        coder = encoder(self.facts.coding)
        try:
            # Closed here and now: what the garbage collector closes, it closes on any thread, the event loop's too.
            with closing(rows):
                for row in rows:
                    piece = coder.compress(row) if coder else row
                    if piece:
                        yield piece
        except StoreRejected as rejected:
            if not self._begun:
                raise
            self.broken = True
            text = late_error(error_text(rejected.code, str(rejected), self._port.version), self.tag)
            yield coder.compress(text) if coder else text
        if coder and (rest := coder.flush()):
            yield rest

    def _gather(self) -> list[bytes]:
        """Take the first pieces; the length is known when they are all."""
        if self._request.wait_for_end:
            return self._gather_all()
        first: list[bytes] = []
        size = 0
        for piece in self._coded:
            first.append(piece)
            size += len(piece)
            if size >= PIECE_BYTES:
                return first
        self.facts.length = size
        return first

    def _gather_all(self) -> list[bytes]:
        self._spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_MEMORY_BYTES)  # noqa: SIM115  `close` closes it
        for piece in self._coded:
            self._spool.write(piece)
            if self._spool.tell() > self._port.limits.spool_bytes_max:
                raise StoreRejected(
                    f"Limit for result exceeded: an answer that is sent only when complete may have "
                    f"{self._port.limits.spool_bytes_max} bytes; stream it, without wait_end_of_query=1",
                    code=TOO_MANY_BYTES,
                )
        self.facts.length = self._spool.tell()
        self._spool.seek(0)
        return []

    def _after(self, first: list[bytes]) -> Iterator[bytes]:
        yield from first
        first.clear()
        if self._spool is not None:
            while piece := self._spool.read(PIECE_BYTES):
                yield piece
        yield from self._coded


def _nothing() -> Generator[bytes]:
    yield from ()

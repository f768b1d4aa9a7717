"""One HTTP request -> one HTTP answer.

Reading and sending happen on the event loop; everything that blocks (the engine, compression, files) in workers. A
place among the statements that may run at once is taken before the body of an insert is read, and given back when the
last byte is sent or the client is gone.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import uuid
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from collector.failures import QueryRefused, StoreRejected
from collector.sqlport.answer import (
    INTERNAL,
    QUERY_TOO_LARGE,
    TIMEOUT_EXCEEDED,
    TOO_MANY_QUERIES,
    answer_headers,
    common_headers,
    error_text,
    status_of,
)
from collector.sqlport.coding import decoder
from collector.sqlport.limits import INSERT_SECONDS_MAX, SEND_SECONDS_MAX, STATEMENT_BYTES_MAX, STATEMENT_SECONDS_MAX
from collector.sqlport.request import read_request
from collector.sqlport.run import Run
from collector.sqlport.writing import Body

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from starlette.types import Receive, Scope, Send

    from collector.self_metrics import SelfMetrics
    from collector.sqlport.run import Port

logger = logging.getLogger(__name__)

T = TypeVar("T")

OK: Final = "Ok.\n"
_HEALTH: Final = frozenset({"/ping", "/replicas_status"})
_METHODS: Final = frozenset({"GET", "HEAD", "POST"})
_KILL_AGAIN_SECONDS: Final = 0.2
"""A statement can't be stopped in the moment before it starts, so stopping it is repeated."""


class _Gone(Exception):
    """The client is gone, or takes nothing more."""


class SqlApplication:
    """The ASGI application. `workers` run statements, `helpers` stop them."""

    def __init__(
        self, port: Port, *, workers: Executor, helpers: Executor, metrics: SelfMetrics, local_only: bool
    ) -> None:
        self._port = port
        self._workers = workers
        self._helpers = helpers
        self._metrics = metrics
        self._local_only = local_only
        self._running: set[Run] = set()
        self._busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        response = self._without_engine(request)
        if response is not None:
            await response(scope, receive, send)
            return
        await self._answer(request, send)

    def cancel_all(self) -> None:
        """Stop what runs; for the end of the service. From any thread."""
        for run in tuple(self._running):
            with suppress(StoreRejected, RuntimeError):
                run.cancel()

    def _without_engine(self, request: Request) -> Response | None:
        path = request.url.path
        if self._local_only and _foreign(request):
            return PlainTextResponse(
                "This port answers programs on its own machine, not web pages: the request's Host or Origin names "
                "another site.\n",
                status_code=403,
            )
        if request.method not in _METHODS:
            return PlainTextResponse(
                "Only GET and POST are answered.\n", status_code=405, headers={"Allow": "GET, POST"}
            )
        if path in _HEALTH:
            return PlainTextResponse(OK)
        if path != "/":
            return PlainTextResponse(
                f"There is no handle {path}. Use / or /ping for health checks, or /?query=... to run a statement.\n",
                status_code=404,
            )
        if request.method != "POST" and "query" not in request.query_params:
            return PlainTextResponse(OK)
        return None

    async def _answer(self, request: Request, send: Send) -> None:
        query_id = request.query_params.get("query_id") or str(uuid.uuid4())
        if self._busy >= self._port.limits.queries_max:
            refused = QueryRefused(
                f"Too many simultaneous queries. Maximum: {self._port.limits.queries_max}; send it again later",
                code=TOO_MANY_QUERIES,
            )
            await self._send_error(refused, query_id, send, outcome="busy")
            return
        self._busy += 1
        place = ExitStack()
        place.callback(self._leave)
        try:
            await self._answer_in_place(request, query_id, send, place)
        except QueryRefused as refused:
            await self._send_error(refused, query_id, send, outcome="refused")
        except StoreRejected as rejected:
            await self._send_error(rejected, query_id, send, outcome="failed")
        except (_Gone, ClientDisconnect):
            self._metrics.queries.labels(outcome="cancelled").inc()
        except Exception as error:
            logger.exception("SQL port: a statement ended in a way that is a fault of the service")
            failed = StoreRejected(f"{type(error).__name__} in the SQL port; the service's log has more", code=INTERNAL)
            await self._send_error(failed, query_id, send, outcome="failed")
        finally:
            place.close()

    def _leave(self) -> None:
        self._busy -= 1

    async def _answer_in_place(self, request: Request, query_id: str, send: Send, place: ExitStack) -> None:
        run = await self._read(request, query_id)
        self._running.add(run)
        watch = asyncio.ensure_future(self._stop_when_gone(request, run))
        try:
            try:
                await self._blocking(run.begin)
            except StoreRejected as rejected:
                if watch.done():
                    raise _Gone from rejected
                raise
            if watch.done():
                raise _Gone
            headers = common_headers(query_id, self._port.display_name) | answer_headers(
                run.facts, exception_tag=run.tag
            )
            await send(_start(200, headers))
            await self._send_pieces(run, watch, send, place)
        finally:
            watch.cancel()
            self._running.discard(run)
            await self._blocking(run.close)
        if not run.broken:
            self._metrics.queries.labels(outcome="answered").inc()

    async def _send_pieces(self, run: Run, watch: asyncio.Future[None], send: Send, place: ExitStack) -> None:
        piece = await self._blocking(run.piece)
        while following := await self._blocking(run.piece):
            await _send_in_time(send, piece, watch, more=True)
            piece = following
        if run.broken:
            # No end is sent: the connection closes inside the answer, so that no client takes it for a whole one.
            await _send_in_time(send, piece, watch, more=True)
            self._metrics.queries.labels(outcome="failed").inc()
            return
        # Before the last byte: a client that then asks again finds the place free.
        await self._blocking(run.close)
        place.close()
        await _send_in_time(send, piece, watch, more=False)

    async def _stop_when_gone(self, request: Request, run: Run) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        asyncio.ensure_future(self._stop(run))  # noqa: RUF006  it ends with the run, which waits for it

    async def _stop(self, run: Run) -> None:
        loop = asyncio.get_running_loop()
        while run in self._running:
            with suppress(StoreRejected, RuntimeError):
                await loop.run_in_executor(self._helpers, run.cancel)
            await asyncio.sleep(_KILL_AGAIN_SECONDS)

    async def _read(self, request: Request, query_id: str) -> Run:
        """Read the whole request. Raises `QueryRefused`."""
        fields = request.query_params.multi_items()
        headers = request.headers
        form = headers.get("content-type", "").startswith("multipart/form-data")
        blocks = request.query_params.get("decompress", "0") not in ("", "0")
        decode = decoder(headers.get("content-encoding", ""), blocks=blocks)
        if self._port.writable and request.method == "POST" and not form:
            asked = read_request(fields, headers, body=b"", query_id=query_id)
            body = Body(decode)
            try:
                async with asyncio.timeout(INSERT_SECONDS_MAX):
                    async for chunk in request.stream():
                        await self._blocking(body.feed, chunk)
                    await self._blocking(body.finish)
            except BaseException as error:
                body.close()
                raise _too_slow(INSERT_SECONDS_MAX) if isinstance(error, TimeoutError) else error from error
            return Run(self._port, asked, body)
        taken = bytearray()
        try:
            async with asyncio.timeout(STATEMENT_SECONDS_MAX):
                async for chunk in request.stream():
                    for piece in decode.feed(chunk):
                        taken += piece
                        if len(taken) > STATEMENT_BYTES_MAX:
                            raise QueryRefused(
                                f"Max query size exceeded: the limit is {STATEMENT_BYTES_MAX} bytes",
                                code=QUERY_TOO_LARGE,
                            )
        except TimeoutError as error:
            raise _too_slow(STATEMENT_SECONDS_MAX) from error
        decode.finish()
        return Run(self._port, read_request(fields, headers, body=bytes(taken), query_id=query_id))

    async def _blocking(self, call: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, call, *arguments)

    async def _send_error(
        self, error: QueryRefused | StoreRejected, query_id: str, send: Send, *, outcome: str
    ) -> None:
        self._metrics.queries.labels(outcome=outcome).inc()
        body = error_text(error.code, str(error), self._port.version).encode()
        headers = common_headers(query_id, self._port.display_name) | {
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Length": str(len(body)),
            "X-ClickHouse-Exception-Code": str(error.code),
            "X-ClickHouse-Timezone": self._port.timezone,
        }
        if outcome == "busy":
            headers["Retry-After"] = "1"
        await send(_start(status_of(error.code), headers))
        await send({"type": "http.response.body", "body": body, "more_body": False})


async def _send_in_time(send: Send, piece: bytes, watch: asyncio.Future[None], *, more: bool) -> None:
    """Send a piece; raises `_Gone` when nobody takes it."""
    if watch.done():
        raise _Gone
    try:
        await asyncio.wait_for(send({"type": "http.response.body", "body": piece, "more_body": more}), SEND_SECONDS_MAX)
    except TimeoutError as error:
        raise _Gone from error


def _start(status: int, headers: dict[str, str]) -> dict[str, Any]:
    pairs = [(name.lower().encode("latin-1"), _plain(value)) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}


def _plain(value: str) -> bytes:
    """A header's value; what a request named (format, id, time zone) comes back without what ends a line."""
    return value.encode("ascii", "replace").translate(None, b"\r\n\0")


def _too_slow(seconds: float) -> QueryRefused:
    return QueryRefused(f"The request's body took longer than {seconds:.0f} seconds", code=TIMEOUT_EXCEEDED)


def _foreign(request: Request) -> bool:
    """Whether a web page of another site is behind the request.

    A page can make a browser send requests to this machine, and, by a name that it lets point here, read the answers.
    Programs send no Origin, and name the machine by an address or as localhost.
    """
    origin = request.headers.get("origin")
    host = (request.url.hostname or "").strip("[]").lower()
    if origin is not None and origin.partition("://")[2] != request.headers.get("host", ""):
        return True
    if host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False

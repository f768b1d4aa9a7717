"""Serves the control socket: `GET /status`, `POST /flush`, `POST /merge`, `POST /unmerge`."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import pydantic
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from collector.control import SOCKET_NAME
from collector.control.changes import MergeRequest, UnmergeRequest
from collector.failures import Failure, StartFailure, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

Asked = TypeVar("Asked", bound=pydantic.BaseModel)

SOCKET_PATH_BYTES_MAX = 107
"""What the kernel allows for the path of a Unix socket (sun_path, less its end)."""
STOP_SECONDS = 2.0
CHANGE_BYTES_MAX = 2**18
"""Of a request to change something: a thousand ids and a comment take a tenth of it."""


class ControlServer:
    """The control socket of one service.

    `status` gives a JSON-able dict; `flush` seals what is open, waits until it is drained for at most the seconds that
    it is given, and tells whether it is; `merge` and `unmerge` change groups, and give a JSON-able dict or raise a
    `Failure`, whose line the answer holds.
    """

    def __init__(
        self,
        folder: Path,
        *,
        status: Callable[[], dict[str, Any]],
        flush: Callable[[float], bool],
        merge: Callable[[MergeRequest], dict[str, Any]],
        unmerge: Callable[[UnmergeRequest], dict[str, Any]],
    ) -> None:
        self._path = folder / SOCKET_NAME
        self._status = status
        self._flush = flush
        self._merge = merge
        self._unmerge = unmerge
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Bind and serve.

        Raises:
            StartFailure: the path is too long for a socket, or can't be bound.
        """
        if len(os.fsencode(self._path)) > SOCKET_PATH_BYTES_MAX:
            raise StartFailure(
                f"the control socket {self._path} has a longer path than the kernel allows "
                f"({SOCKET_PATH_BYTES_MAX} bytes); choose a shorter data folder with --data"
            )
        # The data folder is locked by this process: a socket that lies there is a leftover.
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            listener.bind(os.fspath(self._path))
        except OSError as failure:
            raise StartFailure(f"the control socket {self._path} can't be made: {failure}") from failure
        finally:
            os.umask(mask)
        app = Starlette(
            routes=[
                Route("/status", self._answer_status, methods=["GET"]),
                Route("/flush", self._answer_flush, methods=["POST"]),
                Route("/merge", self._answer_merge, methods=["POST"]),
                Route("/unmerge", self._answer_unmerge, methods=["POST"]),
            ]
        )
        config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="control", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and remove the socket."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(STOP_SECONDS)
        self._path.unlink(missing_ok=True)

    async def _answer_status(self, request: Request) -> JSONResponse:  # noqa: ARG002  starlette's signature
        return JSONResponse(await run_in_threadpool(self._status))

    async def _answer_flush(self, request: Request) -> JSONResponse:
        try:
            seconds = min(float(request.query_params.get("seconds", "30")), 600.0)
        except ValueError:
            return JSONResponse({"error": "`seconds` must be a number"}, status_code=400)
        drained = await run_in_threadpool(self._flush, seconds)
        return JSONResponse({"drained": drained}, status_code=200 if drained else 503)

    async def _answer_merge(self, request: Request) -> Response:
        return await _answer_change(request, MergeRequest, self._merge)

    async def _answer_unmerge(self, request: Request) -> Response:
        return await _answer_change(request, UnmergeRequest, self._unmerge)


async def _answer_change(
    request: Request, model: type[Asked], change: Callable[[Asked], dict[str, Any]]
) -> JSONResponse:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > CHANGE_BYTES_MAX:
            return JSONResponse({"error": f"the request is longer than {CHANGE_BYTES_MAX} bytes"}, status_code=413)
    try:
        asked = model.model_validate_json(bytes(body))
    except pydantic.ValidationError as failure:
        wrong = failure.errors(include_url=False)[0]
        where = ".".join(map(str, wrong["loc"]))
        return JSONResponse({"error": f"the request is not understood: {where} {wrong['msg']}"}, status_code=400)
    try:
        return JSONResponse(await run_in_threadpool(change, asked))
    except StoreUnavailable as failure:
        return JSONResponse({"error": str(failure)}, status_code=503)
    except Failure as failure:
        return JSONResponse({"error": str(failure)}, status_code=409)

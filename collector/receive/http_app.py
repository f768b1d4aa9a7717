"""The paths of the HTTP port: OTLP's three, health, and the service's own metrics."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from collector.failures import RequestTooLarge, RequestUnavailable
from collector.model import SIGNALS, Signal
from collector.receive.admission import RETRY_AFTER_SECONDS
from collector.receive.decompress import CODINGS, decompress
from collector.receive.respond import PROTOBUF_TYPE, HttpAnswer, http_answer, http_error

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from starlette.types import Receive, Scope, Send

    from collector.receive.admission import Admission, Lease
    from collector.receive.intake import Intake
    from collector.self_metrics import SelfMetrics

BODY_SECONDS_MAX: Final = 30.0
"""From the headers to the body's last byte: 64 MiB at 2 MiB/s. Exporters give up after 10 s."""

_CODINGS_TEXT: Final = ", ".join(sorted(CODINGS))


def build_app(
    *,
    intake: Intake,
    admission: Admission,
    workers: Executor,
    metrics: SelfMetrics,
    request_bytes_max: int,
    body_seconds_max: float,
) -> Starlette:
    """Make the ASGI application. Requests are checked and kept in `workers`, which may block."""

    async def expose(_request: Request) -> Response:
        return Response(metrics.expose(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def healthy(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    return Starlette(
        routes=[
            *(
                Route(
                    f"/v1/{signal}",
                    ExportEndpoint(
                        signal,
                        intake=intake,
                        admission=admission,
                        workers=workers,
                        request_bytes_max=request_bytes_max,
                        body_seconds_max=body_seconds_max,
                    ),
                    methods=["POST"],
                )
                for signal in SIGNALS
            ),
            Route("/healthz", healthy),
            Route("/readyz", healthy),
            Route("/metrics", expose),
        ],
        exception_handlers={HTTPException: _answer_http_exception},
    )


class ExportEndpoint:
    """Answers the Export requests of one signal; an ASGI application."""

    def __init__(
        self,
        signal: Signal,
        *,
        intake: Intake,
        admission: Admission,
        workers: Executor,
        request_bytes_max: int,
        body_seconds_max: float,
    ) -> None:
        self._signal: Signal = signal
        self._intake = intake
        self._admission = admission
        self._workers = workers
        self._request_bytes_max = request_bytes_max
        self._body_seconds_max = body_seconds_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        coding = self._check_headers(request)
        try:
            with self._admission.open() as lease:
                body = await self._read(request, lease)
                await asyncio.get_running_loop().run_in_executor(self._workers, self._keep, coding, body, lease)
            # An Export response without a field, which OTLP calls full success, has no bytes.
            response = Response(b"", media_type=PROTOBUF_TYPE)
        except ClientDisconnect:
            self._intake.count(self._signal, "unfinished")
            return
        except HTTPException:
            self._intake.count(self._signal, "unfinished")
            raise
        except asyncio.CancelledError:
            # The server stops and its grace time is over. uvicorn would answer 500, on which a
            # sender drops the data. If it is kept after all, it is a duplicate when it returns.
            response = _response(http_answer(self._intake.refuse(self._signal, _stopping())))
        except Exception as error:  # noqa: BLE001 - whatever it is, the sender gets an answer
            response = _response(http_answer(self._intake.refuse(self._signal, error)))
        await response(scope, receive, send)

    def _check_headers(self, request: Request) -> str:
        """Return the content coding; raises `HTTPException` for what we can't read."""
        media_type = _media_type(request)
        if media_type != PROTOBUF_TYPE:
            self._intake.count(self._signal, "unsupported")
            raise HTTPException(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"The content type {media_type!r} is not supported; set the exporter's protocol to "
                f"http/protobuf, which sends {PROTOBUF_TYPE}.",
                headers={"accept": PROTOBUF_TYPE},
            )
        coding = request.headers.get("content-encoding", "").strip().lower() or "identity"
        if coding != "identity" and coding not in CODINGS:
            self._intake.count(self._signal, "unsupported")
            raise HTTPException(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"The content encoding {coding[:100]!r} is not supported; set the exporter's "
                f"compression to none, or to one of {_CODINGS_TEXT}.",
                headers={"accept-encoding": _CODINGS_TEXT},
            )
        return coding

    async def _read(self, request: Request, lease: Lease) -> bytes:
        """Read the body as sent, within the limits of size, time and memory."""
        # A body that says that it is too large need not be read to be refused.
        self._check_size(int(request.headers.get("content-length", 0)))
        parts = []
        size = 0
        try:
            async with asyncio.timeout(self._body_seconds_max):
                async for part in request.stream():
                    size += len(part)
                    self._check_size(size)
                    lease.grow(len(part))
                    parts.append(part)
        except TimeoutError:
            raise HTTPException(
                HTTPStatus.REQUEST_TIMEOUT,
                f"The body did not arrive within {self._body_seconds_max:g} s; send smaller batches.",
                headers={"connection": "close"},
            ) from None
        return b"".join(parts)

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._request_bytes_max:
            raise RequestTooLarge(
                f"The request's body has more than {self._request_bytes_max} bytes, which is the "
                "limit; send smaller batches."
            )

    def _keep(self, coding: str, body: bytes, lease: Lease) -> None:
        """Take the request; runs in a worker."""
        if coding != "identity":
            body = decompress(coding, body, bytes_max=self._request_bytes_max, grow=lease.grow)
        self._intake.take(self._signal, body)


def _stopping() -> RequestUnavailable:
    return RequestUnavailable(
        "The service stopped before the request was kept; send it again when it is back.",
        retry_after_seconds=RETRY_AFTER_SECONDS,
    )


def _media_type(request: Request) -> str:
    """Return the content type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()[:100]


def _answer_http_exception(request: Request, error: Exception) -> Response:
    """Answer a refusal that HTTP alone knows: no such path, method, media type."""
    if not isinstance(error, HTTPException):
        raise TypeError from error
    text, path = error.detail, request.url.path[:100]
    if error.status_code == HTTPStatus.NOT_FOUND:
        text = f"There is nothing at {path}; OTLP goes to /v1/traces, /v1/logs or /v1/metrics."
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        text = f"{request.method[:20]} is not allowed at {path}; OTLP requests are sent by POST."
    return _response(
        http_error(error.status_code, text, content_type=_media_type(request), headers=error.headers or {})
    )


def _response(answer: HttpAnswer) -> Response:
    return Response(
        answer.body,
        status_code=answer.status,
        headers=dict(answer.headers),
        media_type=answer.content_type,
    )

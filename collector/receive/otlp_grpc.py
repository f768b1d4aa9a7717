"""OTLP over gRPC.

A threaded server with raw-bytes handlers: threads beat grpc.aio here (527 against 383 requests of
512 spans a second), and the request is journaled as it was sent, so nothing needs a message object.

Each method is declared as one that takes a stream of requests, though OTLP sends one. On the wire
that is the same; but our code then runs as soon as the headers are there, before the message is
read. So an overloaded service refuses without reading, and a sender whose message never comes is
noticed. `maximum_concurrent_rpcs`, grpcio's own limit, answers RESOURCE_EXHAUSTED, on which a
sender drops the data.

grpcio itself answers UNIMPLEMENTED to other methods, RESOURCE_EXHAUSTED to a message over the limit
(before or after decompression), and INTERNAL to compressions other than gzip and deflate. These are
not counted.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Final

import grpc

from collector.failures import RequestMalformed, RequestUnavailable, StartFailure
from collector.receive.address import bind, numeric
from collector.receive.admission import Admission, Lease
from collector.receive.intake import REQUEST_BYTES_MAX, Intake, Keep
from collector.receive.respond import grpc_answer
from collector.receive.slow_senders import SlowSenders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collector.model import Signal
    from collector.self_metrics import SelfMetrics

# Workers mostly wait for the disk, and all that wait share one sync.
WORKERS: Final = 32

_WHAT: Final = "OTLP/gRPC"
_OPTION: Final = "--grpc"
_SIGNALS: Final[Mapping[str, Signal]] = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": "traces",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": "logs",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": "metrics",
}
_STATUS_CODES: Final[Mapping[int, grpc.StatusCode]] = {code.value[0]: code for code in grpc.StatusCode}
# An Export response without a field, which OTLP calls full success.
_SUCCESS: Final = b""
# Cancelled requests end by themselves once the grace time is over.
_STOP_MARGIN_SECONDS: Final = 1.0


class OtlpGrpcServer:
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
        slow_senders: SlowSenders | None = None,
    ) -> None:
        self._address = address
        self._request_bytes_max = request_bytes_max
        self._workers = workers
        self._slow_senders = slow_senders or SlowSenders()
        self._handlers = _ExportHandlers(
            Intake(keep=keep, metrics=metrics, protocol="grpc"),
            admission or Admission(),
            self._slow_senders,
        )
        self._server: grpc.Server | None = None
        self._port = 0

    @property
    def port(self) -> int:
        """The port that is listened on, once started."""
        return self._port

    def start(self) -> None:
        """Listen and serve; raises `StartFailure` when the address can't be used."""
        # gRPC's C core writes its own lines to stderr when it can't bind. So try first, without it.
        with bind(self._address, what=_WHAT, option=_OPTION) as trial:
            address = numeric(trial)
        if self._address.endswith(":0"):
            address = f"{address.rpartition(':')[0]}:0"
        server = grpc.server(
            ThreadPoolExecutor(self._workers, thread_name_prefix="otlp-grpc"),
            handlers=(self._handlers,),
            options=(
                # By default a second server would share the port, and each get half of the data.
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", self._request_bytes_max),
            ),
        )
        try:
            self._port = server.add_insecure_port(address)
        except RuntimeError as error:
            raise StartFailure(
                f"Cannot listen for {_WHAT} on {self._address}: {error}; "
                f"choose another address with {_OPTION} 127.0.0.1:PORT."
            ) from error
        self._slow_senders.start()
        server.start()
        self._server = server

    def stop(self, grace_seconds: float) -> None:
        """Stop accepting, and let running requests finish within the grace time."""
        if self._server is None:
            return
        self._server.stop(grace_seconds).wait(grace_seconds + _STOP_MARGIN_SECONDS)
        self._slow_senders.stop()
        self._handlers.close()
        self._server = None


class _ExportHandlers(grpc.GenericRpcHandler):  # type: ignore[misc] # grpcio has no type information
    """The three Export methods. grpcio asks for a handler when a request's headers are there."""

    def __init__(self, intake: Intake, admission: Admission, slow_senders: SlowSenders) -> None:
        self._intake = intake
        self._admission = admission
        self._slow_senders = slow_senders
        # Refusals must not wait behind the requests because of which they are refused.
        self._refusers = ThreadPoolExecutor(1, thread_name_prefix="otlp-grpc-refuse")

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """Choose who answers a request; None makes grpcio answer UNIMPLEMENTED."""
        signal = _SIGNALS.get(handler_call_details.method)
        if signal is None:
            return None
        try:
            lease = self._admission.open()
        except RequestUnavailable as refusal:
            refuse = _Refuse(self, signal, refusal, self._refusers)
            return grpc.stream_unary_rpc_method_handler(refuse)
        return grpc.stream_unary_rpc_method_handler(partial(self._export, signal, lease))

    def close(self) -> None:
        """Let go of the threads."""
        self._refusers.shutdown(wait=False)

    def _export(self, signal: Signal, lease: Lease, requests: Iterator[bytes], context: grpc.ServicerContext) -> bytes:
        """Answer one Export call; runs in a worker."""
        with lease:
            with self._slow_senders.reading(context.cancel):
                # Raises when the call is cancelled meanwhile: then nobody waits for an answer.
                request = next(requests, None)
            if request is None:
                self.abort(signal, _no_request(signal), context)
                return _SUCCESS
            try:
                lease.grow(len(request))
                self._intake.take(signal, request)
            except Exception as error:  # noqa: BLE001 - whatever it is, the sender gets an answer
                self.abort(signal, error, context)
        return _SUCCESS

    def abort(self, signal: Signal, error: Exception, context: grpc.ServicerContext) -> None:
        """End a call with the refusal that an error means."""
        answer = grpc_answer(self._intake.refuse(signal, error))
        context.set_trailing_metadata(answer.trailers)
        context.abort(_STATUS_CODES[answer.code], answer.details)


def _no_request(signal: Signal) -> RequestMalformed:
    return RequestMalformed(f"The {signal} call ended without a request; send one Export request.")


class _Refuse:
    """Refuses one call without reading its message, in a thread kept for that."""

    def __init__(
        self,
        handlers: _ExportHandlers,
        signal: Signal,
        refusal: RequestUnavailable,
        threads: ThreadPoolExecutor,
    ) -> None:
        self._handlers = handlers
        self._signal = signal
        self._refusal = refusal
        # grpcio runs a handler in the pool that it finds under this name instead of the server's.
        self.experimental_thread_pool = threads

    def __call__(self, _requests: Iterator[bytes], context: grpc.ServicerContext) -> None:
        """Answer the call."""
        self._handlers.abort(self._signal, self._refusal, context)

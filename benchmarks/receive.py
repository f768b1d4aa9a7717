"""What receiving costs: requests a second, and CPU-seconds per million spans.

    python benchmarks/receive.py [--requests 2000] [--spans 500] [--rounds 3]

Side by side in one run, each server in a process of its own, loaded by another process with 4
connections:
- plain gRPC: a threaded grpcio server that parses each request into messages and discards it;
- our OTLP/gRPC and OTLP/HTTP servers, with a `keep` that discards: framing checked, nothing
  journaled.

The CPU time is the server process's own, from the first request to the last answer. The journal,
the drain and ClickHouse come on top and have benchmarks of their own.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc
import psutil
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

from collector.receive import OtlpGrpcServer, OtlpHttpServer
from collector.self_metrics import SelfMetrics

if TYPE_CHECKING:
    from collections.abc import Callable

METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
CONNECTIONS = 4
ATTRIBUTES = 10
WARM_UP_REQUESTS = 100
SERVERS = {
    "plain gRPC, parse": "plain",
    "ours, OTLP/gRPC": "grpc",
    "ours, OTLP/HTTP": "http",
}


def build_request(spans_count: int) -> bytes:
    """Encode a request of spans with 10 attributes each."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "checkout"
    spans = resource.scope_spans.add().spans
    now = time.time_ns()
    for number in range(spans_count):
        span = spans.add(
            trace_id=number.to_bytes(16, "big"),
            span_id=number.to_bytes(8, "big"),
            name=f"GET /{number % 20}",
            start_time_unix_nano=now,
            end_time_unix_nano=now + 1_000_000,
        )
        for index in range(ATTRIBUTES):
            span.attributes.add(key=f"attribute.{index}").value.string_value = f"a value of some length {number}"
    return request.SerializeToString()


class ParseAndDiscard(TraceServiceServicer):
    def Export(  # noqa: N802 - the name that the service gives it
        self,
        request: ExportTraceServiceRequest,  # noqa: ARG002 - parsed to be discarded
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> ExportTraceServiceResponse:
        return ExportTraceServiceResponse()


def serve(kind: str) -> None:
    """Serve until stdin closes; print the port first."""
    if kind == "plain":
        server = grpc.server(ThreadPoolExecutor(32), options=[("grpc.max_receive_message_length", 64 * 1024 * 1024)])
        # The generated code has no type information.
        add_TraceServiceServicer_to_server(ParseAndDiscard(), server)  # type: ignore[no-untyped-call]
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
    else:
        server_class = OtlpGrpcServer if kind == "grpc" else OtlpHttpServer
        ours = server_class("127.0.0.1:0", keep=lambda _signal, _data: True, metrics=SelfMetrics())
        ours.start()
        port = ours.port
    print(port, flush=True)
    sys.stdin.read()


def grpc_sender(port: int, data: bytes) -> Callable[[], None]:
    """Open a connection of its own; sending on it raises when the answer is not OK."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    call = grpc.insecure_channel(f"127.0.0.1:{port}", options=options).unary_unary(METHOD)
    return lambda: call(data, timeout=60)


def http_sender(port: int, data: bytes) -> Callable[[], None]:
    """Open a connection of its own; sending on it raises when the answer is not 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def send() -> None:
        connection.request("POST", "/v1/traces", data, {"content-type": "application/x-protobuf"})
        response = connection.getresponse()
        response.read()
        assert response.status == 200

    return send


def load(kind: str, port: int, requests_count: int, spans_count: int) -> float:
    """Send the requests; return the seconds that it took."""
    data = build_request(spans_count)
    make_sender = http_sender if kind == "http" else grpc_sender
    senders = [make_sender(port, data) for _ in range(CONNECTIONS)]

    def run(send: Callable[[], None]) -> None:
        for _ in range(requests_count // CONNECTIONS):
            send()

    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(run, senders))
    return time.perf_counter() - began


def ask_itself(*arguments: object) -> list[str]:
    return [sys.executable, __file__, *map(str, arguments)]


def measure(kind: str, requests_count: int, spans_count: int) -> tuple[float, float, float]:
    """Return requests a second, CPU-seconds per million spans, and the resident peak in MB."""
    with subprocess.Popen(
        ask_itself("--serve", kind), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        process = psutil.Process(server.pid)

        def send(count: int) -> float:
            command = ask_itself("--load", kind, port, "--requests", count, "--spans", spans_count)
            return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

        send(WARM_UP_REQUESTS)
        before = process.cpu_times()
        seconds = send(requests_count)
        after = process.cpu_times()
        resident_mb = process.memory_info().rss / 1e6
        server.communicate("")
    cpu = after.user + after.system - before.user - before.system
    return requests_count / seconds, cpu / (requests_count * spans_count) * 1e6, resident_mb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--spans", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--load", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    if options.load:
        kind, port = options.load
        print(load(kind, int(port), options.requests, options.spans))
        return
    size_kb = len(build_request(options.spans)) / 1e3
    print(f"{options.requests} requests of {options.spans} spans, {size_kb:.0f} kB each")
    print(f"{'server':<20} {'requests/s':>10} {'CPU-s per M spans':>18} {'ratio':>6} {'RSS MB':>7}")
    results: dict[str, list[tuple[float, float, float]]] = {name: [] for name in SERVERS}
    for _ in range(options.rounds):
        for name, kind in SERVERS.items():
            results[name].append(measure(kind, options.requests, options.spans))
    baseline = statistics.median(cpu for _, cpu, _ in results["plain gRPC, parse"])
    for name, rounds in results.items():
        rate, cpu, resident_mb = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"{name:<20} {rate:>10.0f} {cpu:>18.2f} {cpu / baseline:>6.2f} {resident_mb:>7.0f}")


if __name__ == "__main__":
    main()

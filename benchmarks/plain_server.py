"""The yardstick: a plain Python gRPC server that parses each request with opentelemetry-proto and discards it.

python -m benchmarks.plain_server       prints its port, serves until it is ended
"""

from __future__ import annotations

import signal
from concurrent import futures

import grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUEST_BYTES_MAX = 64 * 1024 * 1024


def main() -> None:
    """Serve."""
    server = grpc.server(
        futures.ThreadPoolExecutor(8), options=[("grpc.max_receive_message_length", REQUEST_BYTES_MAX)]
    )
    for name, message in (
        ("trace.v1.TraceService", ExportTraceServiceRequest),
        ("logs.v1.LogsService", ExportLogsServiceRequest),
    ):

        def export(request: bytes, _: grpc.ServicerContext, message: type = message) -> bytes:
            message.FromString(request)
            return b""

        handler = grpc.method_handlers_generic_handler(
            f"opentelemetry.proto.collector.{name}", {"Export": grpc.unary_unary_rpc_method_handler(export)}
        )
        server.add_generic_rpc_handlers((handler,))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    signal.sigwait({signal.SIGTERM})
    server.stop(None)


if __name__ == "__main__":
    main()

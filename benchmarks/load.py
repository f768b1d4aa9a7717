"""Sends requests as fast as they are taken, from a process of its own, so that its work is not counted as the server's.

python -m benchmarks.load HOST:PORT SIGNAL FILE COUNT FIRST_NUMBER     FILE holds length-delimited templates
"""

from __future__ import annotations

import sys
from collections import deque
from itertools import cycle, islice
from pathlib import Path

import grpc

from benchmarks.payloads import numbered

IN_FLIGHT = 16
SERVICES = {"traces": "trace.v1.TraceService", "logs": "logs.v1.LogsService"}


def main(address: str, signal: str, file: str, count: int, first: int) -> None:
    """Send `count` requests made from the templates in the file; ends when all are acknowledged."""
    data = Path(file).read_bytes()
    templates = []
    while data:
        size = int.from_bytes(data[:8], "big")
        templates.append(data[8 : 8 + size])
        data = data[8 + size :]
    with grpc.insecure_channel(address, options=[("grpc.max_send_message_length", -1)]) as channel:
        export = channel.unary_unary(f"/opentelemetry.proto.collector.{SERVICES[signal]}/Export")
        waiting: deque[grpc.Future] = deque()
        for number, template in enumerate(islice(cycle(templates), count), start=first):
            (request,) = numbered(template, number, 1)
            waiting.append(export.future(request, timeout=120))
            if len(waiting) >= IN_FLIGHT:
                waiting.popleft().result()
        for call in waiting:
            call.result()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))

"""JSON over HTTP between the processes of the shop, with the trace going along in the headers.

A framework and its instrumentation would do all of this; by hand it shows what happens, and needs no dependency.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from opentelemetry import propagate, trace
from shop_errors import ShopError

ANSWER_SECONDS_MAX = 10.0
BODY_BYTES_MAX = 64 * 1024

Answer = tuple[HTTPStatus, dict[str, Any]]
Route = Callable[[dict[str, Any]], Answer]

tracer = trace.get_tracer("shop.web")
opener = build_opener(ProxyHandler({}))  # the shop is on one machine: no proxy in between


def serve(routes: Mapping[str, Route], *, untraced: Mapping[str, Route] | None = None) -> None:
    """Answer requests on a free port, which is printed, until SIGTERM.

    `routes` maps "POST /orders" to a function of the query and the JSON body; `untraced` ones get no span.
    """
    quiet = untraced or {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            url = urlsplit(self.path)
            length = min(int(self.headers.get("Content-Length") or 0), BODY_BYTES_MAX)
            body = {**dict(parse_qsl(url.query)), **json.loads(self.rfile.read(length) or "{}")}
            name = f"{self.command} {url.path}"
            # The answer goes out after the span has ended: who has it knows that all is recorded.
            if name in quiet:
                status, answer = quiet[name](body)
            elif name in routes:
                status, answer = _traced(name, routes[name], body, dict(self.headers))
            else:
                status, answer = HTTPStatus.NOT_FOUND, {"error": f"{name} is not served here"}
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing: the spans tell it."""

    # An orderly end runs the exit handlers of the SDK, which send what is left.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        print(f"listening on {server.server_port}", flush=True)
        server.serve_forever()


def _traced(name: str, route: Route, body: dict[str, Any], headers: dict[str, str]) -> Answer:
    """Run a route in a server span of the caller's trace; an exception is recorded by the span that it leaves."""
    # The propagator looks for `traceparent` in small letters; HTTP does not care.
    carrier = {header.lower(): value for header, value in headers.items()}
    context = propagate.extract(carrier)
    try:
        with tracer.start_as_current_span(name, context=context, kind=trace.SpanKind.SERVER):
            return route(body)
    except ShopError as error:
        return error.http_status, {"error": str(error)}
    except Exception:
        # What is inside is nobody's business outside.
        return HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "internal error"}


def call(method: str, url: str, body: dict[str, Any] | None = None) -> Answer:
    """Send a request that carries the current trace; any status is an answer. OSError: there is none."""
    headers = {"Content-Type": "application/json"}
    propagate.inject(headers)
    content = None if body is None else json.dumps(body).encode()
    request = Request(url, content, headers, method=method)
    try:
        with opener.open(request, timeout=ANSWER_SECONDS_MAX) as response:
            return HTTPStatus(response.status), json.load(response)
    except HTTPError as refusal:
        with refusal:
            return HTTPStatus(refusal.code), json.load(refusal)

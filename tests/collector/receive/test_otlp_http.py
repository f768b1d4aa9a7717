"""OTLP/HTTP on a real port, called through plain sockets and http.client: statuses, bodies, limits."""

from __future__ import annotations

import gzip
import http.client
import socket
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from collector.failures import RequestUnavailable, StartFailure
from collector.receive import OtlpHttpServer
from collector.receive.admission import Admission
from collector.receive.http_protocol import BoundedH11Protocol

PROTOBUF = {"content-type": "application/x-protobuf"}


class HastyProtocol(BoundedH11Protocol):
    headers_seconds_max = 0.3


def ask(server, body=b"", *, method="POST", path="/v1/traces", headers=PROTOBUF, chunked=False):
    """Send one request; return the response and its body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request(method, path, body, headers, encode_chunked=chunked)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize("signal", ["traces", "logs", "metrics"])
@pytest.mark.parametrize("coding", ["", "identity", "gzip", "GZIP", "x-gzip", "deflate"])
def test_a_request_is_kept_decompressed_and_answered_with_an_empty_response(
    http_server, keeper, outcomes, spans_request, signal, coding
):
    data = spans_request(3)
    encode = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress}
    body = encode.get(coding.lower(), bytes)(data)
    headers = {"content-type": "application/x-protobuf; charset=x", "content-encoding": coding}
    response, answer = ask(http_server, body, path=f"/v1/{signal}", headers=headers)
    assert (response.status, answer) == (200, b"")
    assert response.headers["content-type"] == "application/x-protobuf"
    assert keeper.kept == [(signal, data)]
    assert outcomes() == {(signal, "http", "kept"): 1}


def test_a_chunked_request_without_a_length_is_kept(http_server, keeper, spans_request):
    data = spans_request(500)
    parts = (data[start : start + 1000] for start in range(0, len(data), 1000))
    headers = {**PROTOBUF, "transfer-encoding": "chunked"}
    response, _ = ask(http_server, parts, headers=headers, chunked=True)
    assert response.status == 200
    assert keeper.kept == [("traces", data)]


@pytest.mark.parametrize("body", [b"", b"\x0a\x00"])
def test_an_empty_request_is_a_success_and_not_kept(http_server, keeper, body):
    response, answer = ask(http_server, body)
    assert (response.status, answer, keeper.kept) == (200, b"", [])


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (b"hello world", {}, "malformed: at byte 2"),
        (b"\x0a\x05ab", {}, "needs 5 bytes, of which 2 are there"),
        (b"not gzip", {"content-encoding": "gzip"}, "not valid gzip"),
        (gzip.compress(b"\x0a\x00")[:-3], {"content-encoding": "gzip"}, "it is cut off"),
        (
            zlib.compress(b"\x0a\x00") + b"more",
            {"content-encoding": "deflate"},
            "more behind its end",
        ),
    ],
)
def test_a_malformed_request_is_400_with_a_status_in_protobuf(http_server, keeper, outcomes, body, headers, reason):
    response, answer = ask(http_server, body, headers=PROTOBUF | headers)
    assert response.status == 400
    assert response.headers["content-type"] == "application/x-protobuf"
    status = Status.FromString(answer)
    assert status.code == 3
    assert reason in status.message
    assert keeper.kept == []
    assert outcomes() == {("traces", "http", "malformed"): 1}


@pytest.mark.parametrize(("seconds", "header"), [(2.2, "3"), (0.01, "1")])
def test_when_it_cannot_be_kept_it_is_503_with_whole_seconds(http_server, keeper, spans_request, seconds, header):
    keeper.failures.append(RequestUnavailable("the journal is full", retry_after_seconds=seconds))
    response, answer = ask(http_server, spans_request())
    assert (response.status, response.headers["retry-after"]) == (503, header)
    status = Status.FromString(answer)
    retry = RetryInfo()
    assert (status.code, status.message) == (14, "the journal is full")
    assert status.details[0].Unpack(retry)
    assert retry.retry_delay.ToMilliseconds() == int(seconds * 1000)


def test_a_failure_nobody_foresaw_is_503_and_logged_once(http_server, keeper, caplog, spans_request):
    keeper.failures += [ZeroDivisionError("secret"), ZeroDivisionError("secret")]
    for _ in range(2):
        response, answer = ask(http_server, spans_request())
        assert (response.status, response.headers["retry-after"]) == (503, "2")
        assert b"secret" not in answer
    assert caplog.text.count("Traceback") == 1


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_decompression_bomb_is_413_and_never_unpacked(start, keeper, coding):
    server = start(OtlpHttpServer, request_bytes_max=1_000_000)
    bomb = (gzip.compress if coding == "gzip" else zlib.compress)(bytes(500_000_000), 1)
    response, answer = ask(server, bomb[:900_000], headers=PROTOBUF | {"content-encoding": coding})
    assert response.status == 413
    status = Status.FromString(answer)
    assert status.code == 8
    assert "more than 1000000 bytes after" in status.message
    assert keeper.kept == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_413_and_the_connection_serves_on(start, spans_request, chunked):
    server = start(OtlpHttpServer, request_bytes_max=100_000)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    body = bytes(3_000_000)
    headers = {**PROTOBUF, "transfer-encoding": "chunked"} if chunked else PROTOBUF
    connection.request("POST", "/v1/traces", iter([body]) if chunked else body, headers, encode_chunked=chunked)
    response = connection.getresponse()
    assert response.status == 413
    assert "more than 100000 bytes" in Status.FromString(response.read()).message
    connection.request("POST", "/v1/traces", spans_request(), PROTOBUF)
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "text"),
    [
        (
            "POST",
            "/v1/traces",
            {"content-type": "application/json"},
            415,
            "protocol to http/protobuf",
        ),
        ("POST", "/v1/traces", {}, 415, "The content type '' is not supported"),
        ("POST", "/v1/traces", PROTOBUF | {"content-encoding": "br"}, 415, "deflate, gzip, x-gzip"),
        ("GET", "/v1/traces", PROTOBUF, 405, "OTLP requests are sent by POST"),
        ("POST", "/v1/profiles", PROTOBUF, 404, "OTLP goes to /v1/traces"),
        ("GET", "/", {}, 404, "There is nothing at /"),
    ],
)
def test_what_http_alone_refuses_says_what_to_do(http_server, method, path, headers, status, text):
    response, answer = ask(http_server, method=method, path=path, headers=headers)
    assert response.status == status
    in_protobuf = headers.get("content-type") == "application/x-protobuf"
    assert text in (Status.FromString(answer).message if in_protobuf else answer.decode())
    assert response.headers["content-type"].startswith("application/x-protobuf" if in_protobuf else "text/plain")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_ok_while_serving(http_server, path):
    response, answer = ask(http_server, method="GET", path=path, headers={})
    assert (response.status, answer) == (200, b"ok\n")


def test_the_services_own_metrics_are_served_in_the_format_of_prometheus(http_server, spans_request):
    ask(http_server, spans_request())
    response, answer = ask(http_server, method="GET", path="/metrics", headers={})
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    line = 'otel_errors_requests_total{outcome="kept",protocol="http",signal="traces"} 1.0'
    assert line in answer.decode().splitlines()


def test_sixteen_threads_get_every_request_kept_once(http_server, keeper, spans_request):
    requests = [spans_request(name=f"request {number}") for number in range(160)]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda data: ask(http_server, data)[0].status, requests))
    assert answers == [200] * 160
    assert sorted(keeper.kept) == sorted(("traces", data) for data in requests)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"requests_max": 1}, "1 requests are in flight"),
        ({"bytes_max": 100}, "bytes are in flight"),
    ],
)
def test_beyond_what_may_be_in_flight_a_request_is_refused_at_once(start, keeper, spans_request, limits, reason):
    server = start(OtlpHttpServer, admission=Admission(**limits))
    data = spans_request(name="x" * 20)
    keeper.gate.clear()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(ask, server, data)
        assert keeper.waiting.acquire(timeout=10)
        response, answer = ask(server, data)
        assert (response.status, response.headers["retry-after"]) == (503, "1")
        assert reason in Status.FromString(answer).message
        keeper.gate.set()
        assert first.result()[0].status == 200
    assert ask(server, data)[0].status == 200


@pytest.mark.parametrize("sent", [b"", b"POST /v1/traces HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_a_connection_whose_headers_do_not_come_is_closed(start, sent):
    server = start(OtlpHttpServer, http_protocol=HastyProtocol)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(sent)
        assert connection.recv(1) == b""


def test_an_idle_connection_is_closed_after_its_answer(start):
    server = start(OtlpHttpServer, http_protocol=HastyProtocol)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = b""
        while part := connection.recv(1000):
            answer += part
        assert answer.endswith(b"ok\n")


def test_a_body_that_does_not_come_is_408(start, keeper, outcomes):
    server = start(OtlpHttpServer, body_seconds_max=0.3, http_protocol=HastyProtocol)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\n"
            b"Content-Length: 100\r\n\r\nab"
        )
        answer = b""
        while part := connection.recv(1000):
            answer += part
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert outcomes() == {("traces", "http", "unfinished"): 1}
    assert keeper.kept == []


def test_a_sender_that_goes_away_in_the_middle_leaves_no_trace_but_a_count(start, keeper, outcomes, caplog):
    admission = Admission(requests_max=1)
    server = start(OtlpHttpServer, admission=admission)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/logs HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\n"
            b"Content-Length: 100\r\n\r\nab"
        )
        time.sleep(0.2)
    deadline = time.monotonic() + 10
    while not outcomes() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert outcomes() == {("logs", "http", "unfinished"): 1}
    assert (keeper.kept, caplog.text) == ([], "")
    with admission.open():
        pass


def test_stopping_lets_running_requests_finish_and_takes_no_more(start, keeper, spans_request):
    server = start(OtlpHttpServer)
    keeper.gate.clear()
    with ThreadPoolExecutor(2) as threads:
        running = threads.submit(ask, server, spans_request())
        assert keeper.waiting.acquire(timeout=10)
        stopping = threads.submit(server.stop, 10.0)
        time.sleep(0.5)
        with pytest.raises(OSError, match="refused"):
            ask(server, spans_request())
        keeper.gate.set()
        assert running.result()[0].status == 200
        stopping.result()
    server.stop(0)


def test_a_request_that_outlasts_the_grace_time_is_told_to_come_back(start, keeper, spans_request):
    server = start(OtlpHttpServer)
    keeper.gate.clear()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(ask, server, spans_request())
        assert keeper.waiting.acquire(timeout=10)
        server.stop(0.1)
        response, answer = running.result()
        keeper.gate.set()
    assert (response.status, response.headers["retry-after"]) == (503, "1")
    assert "stopped before the request was kept" in Status.FromString(answer).message


def test_a_second_server_on_the_port_fails_in_one_clear_line(http_server, keeper, metrics):
    second = OtlpHttpServer(f"127.0.0.1:{http_server.port}", keep=keeper, metrics=metrics)
    with pytest.raises(StartFailure) as failure:
        second.start()
    assert str(failure.value) == (
        f"Cannot listen for OTLP/HTTP on 127.0.0.1:{http_server.port}: the port is taken by another "
        "program; stop that, or choose another port with --http 127.0.0.1:PORT."
    )

"""OTLP/gRPC on a real port, called through raw channels: statuses, trailers, limits, overload."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status

from collector.failures import RequestUnavailable, StartFailure
from collector.receive import OtlpGrpcServer
from collector.receive.admission import Admission
from collector.receive.slow_senders import SlowSenders

METHODS = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}
NO_LIMIT = [("grpc.max_send_message_length", -1)]


def channel(server):
    return grpc.insecure_channel(f"127.0.0.1:{server.port}", options=NO_LIMIT)


def export(server, data, *, signal="traces", compression=None, timeout=10):
    with channel(server) as opened:
        return opened.unary_unary(METHODS[signal])(data, timeout=timeout, compression=compression)


def refusal(server, data, **options) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as raised:
        export(server, data, **options)
    return raised.value


def trailers(error) -> dict[str, bytes]:
    return dict(error.trailing_metadata() or ())


@pytest.mark.parametrize("signal", METHODS)
@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_a_request_is_kept_as_sent_and_answered_with_full_success(
    grpc_server, keeper, signal, compression, outcomes, spans_request
):
    data = spans_request(3)
    assert export(grpc_server, data, signal=signal, compression=compression) == b""
    assert keeper.kept == [(signal, data)]
    assert outcomes() == {(signal, "grpc", "kept"): 1}


@pytest.mark.parametrize("data", [b"", b"\x0a\x00", b"\x0a\x02\x12\x00"])
def test_an_empty_request_is_a_success_and_not_kept(grpc_server, keeper, data, outcomes):
    assert export(grpc_server, data) == b""
    assert keeper.kept == []
    assert outcomes() == {("traces", "grpc", "empty"): 1}


def test_a_request_kept_before_is_a_success_and_counted_as_a_duplicate(grpc_server, outcomes, spans_request):
    for _ in range(2):
        assert export(grpc_server, spans_request()) == b""
    assert outcomes() == {("traces", "grpc", "kept"): 1, ("traces", "grpc", "duplicate"): 1}


@pytest.mark.parametrize("data", [b"hello world", b"\x0a\x05ab", b"\x0a\x04\x12\x02\x12\x01"])
def test_a_malformed_request_is_refused_with_a_reason_and_changes_nothing(grpc_server, keeper, data, outcomes):
    error = refusal(grpc_server, data, signal="logs")
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "malformed: at byte" in error.details()
    status = Status.FromString(trailers(error)["grpc-status-details-bin"])
    assert (status.code, status.message) == (3, error.details())
    bad_request = BadRequest()
    assert status.details[0].Unpack(bad_request)
    assert bad_request.field_violations[0].description == error.details()
    assert "google.rpc.retryinfo-bin" not in trailers(error)
    assert keeper.kept == []
    assert outcomes() == {("logs", "grpc", "malformed"): 1}


def test_when_it_cannot_be_kept_both_keys_of_the_trailers_say_when_to_come_back(grpc_server, keeper, spans_request):
    keeper.failures.append(RequestUnavailable("the journal is full", retry_after_seconds=2.5))
    error = refusal(grpc_server, spans_request())
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert error.details() == "the journal is full"
    alone = RetryInfo.FromString(trailers(error)["google.rpc.retryinfo-bin"])
    status = Status.FromString(trailers(error)["grpc-status-details-bin"])
    packed = RetryInfo()
    assert status.details[0].Unpack(packed)
    assert status.code == 14
    for retry in (alone, packed):
        assert retry.retry_delay.ToMilliseconds() == 2500


def test_a_failure_nobody_foresaw_is_unavailable_and_logged_once(grpc_server, keeper, caplog, spans_request):
    keeper.failures += [ZeroDivisionError("secret"), ZeroDivisionError("secret")]
    for _ in range(2):
        error = refusal(grpc_server, spans_request())
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert "ZeroDivisionError" in error.details()
        assert "secret" not in error.details()
        assert "google.rpc.retryinfo-bin" in trailers(error)
    assert caplog.text.count("Traceback") == 1
    assert export(grpc_server, spans_request()) == b""


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip])
def test_a_request_over_the_limit_is_resource_exhausted_without_a_delay(start, keeper, compression, spans_request):
    server = start(OtlpGrpcServer, request_bytes_max=100_000)
    error = refusal(server, spans_request(10_000), compression=compression)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "google.rpc.retryinfo-bin" not in trailers(error)
    assert keeper.kept == []


def test_a_request_of_sixty_mebibytes_is_taken(grpc_server, keeper, spans_request):
    data = spans_request(30, name="x" * 2 * 1024 * 1024)
    assert export(grpc_server, data, timeout=30) == b""
    assert keeper.kept == [("traces", data)]


@pytest.mark.parametrize(
    "method",
    [
        "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export",
        "/opentelemetry.proto.collector.trace.v1.TraceService/Import",
        "/grpc.health.v2.Health/Check",
    ],
)
def test_another_service_or_method_is_unimplemented(grpc_server, method):
    with channel(grpc_server) as opened, pytest.raises(grpc.RpcError) as raised:
        opened.unary_unary(method)(b"", timeout=5)
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_call_that_ends_without_a_request_is_malformed(grpc_server):
    with channel(grpc_server) as opened, pytest.raises(grpc.RpcError) as raised:
        opened.stream_unary(METHODS["traces"])(iter(()), timeout=5)
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "without a request" in raised.value.details()


def test_sixteen_threads_get_every_request_kept_once(grpc_server, keeper, spans_request):
    requests = [spans_request(name=f"request {number}") for number in range(320)]
    with channel(grpc_server) as opened, ThreadPoolExecutor(16) as threads:
        call = opened.unary_unary(METHODS["traces"])
        answers = list(threads.map(lambda data: call(data, timeout=20), requests))
    assert answers == [b""] * 320
    assert sorted(keeper.kept) == sorted(("traces", data) for data in requests)


def test_when_too_many_requests_are_in_flight_the_next_is_refused_at_once(start, keeper, outcomes, spans_request):
    server = start(OtlpGrpcServer, workers=1, admission=Admission(requests_max=2))
    keeper.gate.clear()
    with channel(server) as opened:
        call = opened.unary_unary(METHODS["traces"])
        first = call.future(spans_request(name="first"), timeout=20)
        assert keeper.waiting.acquire(timeout=10)
        second = call.future(spans_request(name="second"), timeout=20)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            third = call.future(spans_request(name="third"), timeout=0.5)
            if third.code() is grpc.StatusCode.UNAVAILABLE:
                break
        assert third.code() is grpc.StatusCode.UNAVAILABLE
        assert "2 requests are in flight" in third.details()
        assert "google.rpc.retryinfo-bin" in trailers(third)
        keeper.gate.set()
        assert first.result() == second.result() == b""
    assert sorted(data for _, data in keeper.kept) == [
        spans_request(name="first"),
        spans_request(name="second"),
    ]
    assert outcomes()["traces", "grpc", "unavailable"] >= 1


def test_when_requests_in_flight_hold_too_many_bytes_the_next_is_refused(start, keeper, spans_request):
    server = start(OtlpGrpcServer, admission=Admission(bytes_max=150))
    data = spans_request(name="x" * 60)
    keeper.gate.clear()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(export, server, data)
        assert keeper.waiting.acquire(timeout=10)
        error = refusal(server, data)
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert "bytes are in flight" in error.details()
        keeper.gate.set()
        assert first.result() == b""
    assert export(server, data) == b""


def test_a_sender_whose_message_does_not_come_loses_its_worker(start, keeper, spans_request):
    server = start(OtlpGrpcServer, workers=1, slow_senders=SlowSenders(read_seconds_max=0.2))
    never = threading.Event()

    def silence():
        never.wait(20)
        yield from ()

    with channel(server) as opened:
        slow = opened.stream_unary(METHODS["traces"]).future(silence(), timeout=15)
        assert slow.code() is grpc.StatusCode.CANCELLED  # which OTLP lets senders repeat
        never.set()
    assert export(server, spans_request()) == b""


def test_a_sender_that_went_away_while_its_request_waited_is_not_kept_for(start, keeper, spans_request):
    server = start(OtlpGrpcServer, workers=1)
    keeper.gate.clear()
    with channel(server) as opened:
        call = opened.unary_unary(METHODS["traces"])
        first = call.future(spans_request(name="first"), timeout=20)
        assert keeper.waiting.acquire(timeout=10)
        gone = call.future(spans_request(name="gone"), timeout=0.3)
        assert gone.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        time.sleep(0.2)
        keeper.gate.set()
        assert first.result() == b""
        assert call(spans_request(name="last"), timeout=10) == b""
    assert [data for _, data in keeper.kept] == [
        spans_request(name="first"),
        spans_request(name="last"),
    ]


def test_stopping_lets_running_requests_finish_and_takes_no_more(start, keeper, spans_request):
    server = start(OtlpGrpcServer)
    keeper.gate.clear()
    with ThreadPoolExecutor(2) as threads:
        running = threads.submit(export, server, spans_request())
        assert keeper.waiting.acquire(timeout=10)
        stopping = threads.submit(server.stop, 10.0)
        time.sleep(0.3)
        assert refusal(server, spans_request(name="late")).code() is grpc.StatusCode.UNAVAILABLE
        keeper.gate.set()
        assert running.result() == b""
        stopping.result()
    assert len(keeper.kept) == 1
    server.stop(0)


def test_a_second_server_on_the_port_fails_in_one_clear_line(grpc_server, keeper, metrics):
    second = OtlpGrpcServer(f"127.0.0.1:{grpc_server.port}", keep=keeper, metrics=metrics)
    with pytest.raises(StartFailure) as failure:
        second.start()
    assert str(failure.value) == (
        f"Cannot listen for OTLP/gRPC on 127.0.0.1:{grpc_server.port}: the port is taken by another "
        "program; stop that, or choose another port with --grpc 127.0.0.1:PORT."
    )


def test_a_taken_port_leaves_stderr_clean(grpc_server):
    program = (
        "from collector.receive import OtlpGrpcServer\n"
        "from collector.self_metrics import SelfMetrics\n"
        "from collector.failures import StartFailure\n"
        "try:\n"
        f"    OtlpGrpcServer('127.0.0.1:{grpc_server.port}', keep=None, metrics=SelfMetrics()).start()\n"
        "except StartFailure:\n"
        "    print('refused')\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("refused\n", "")

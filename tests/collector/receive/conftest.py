"""Receivers on free ports, with a keep that remembers, or waits, or refuses, as a test says."""

from __future__ import annotations

import threading

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from collector.receive import OtlpGrpcServer, OtlpHttpServer
from collector.self_metrics import SelfMetrics


class Keeper:
    """What the journal is to the receivers: a list in memory, and failures on demand."""

    def __init__(self):
        self.kept = []
        self.failures = []  # raised one after another, before anything is kept
        self.gate = threading.Event()  # closed: keeping waits
        self.gate.set()
        self.waiting = threading.Semaphore(0)  # released by each request that waits

    def __call__(self, signal, request):
        assert isinstance(request, bytes)
        if not self.gate.is_set():
            self.waiting.release()
            assert self.gate.wait(30)
        if self.failures:
            raise self.failures.pop(0)
        duplicate = (signal, request) in self.kept
        self.kept.append((signal, request))
        return not duplicate


@pytest.fixture
def keeper():
    keeper = Keeper()
    yield keeper
    keeper.gate.set()


@pytest.fixture
def metrics():
    return SelfMetrics()


@pytest.fixture
def outcomes(metrics):
    """How many requests were counted, by signal, protocol and outcome."""

    def read():
        return {
            (sample.labels["signal"], sample.labels["protocol"], sample.labels["outcome"]): int(sample.value)
            for sample in metrics.requests.collect()[0].samples
            if sample.name.endswith("_total")
        }

    return read


@pytest.fixture
def spans_request():
    """Encode an Export request for some spans."""

    def encode(count=1, name="checkout"):
        request = ExportTraceServiceRequest()
        spans = request.resource_spans.add().scope_spans.add().spans
        for number in range(count):
            spans.add(name=f"{name} {number}", trace_id=b"t" * 16, span_id=b"s" * 8)
        return request.SerializeToString()

    return encode


@pytest.fixture
def start(keeper, metrics):
    """Start a server class on a free port, and stop it after the test."""
    started = []

    def start_server(server_class, **options):
        server = server_class("127.0.0.1:0", keep=keeper, metrics=metrics, **options)
        server.start()
        started.append(server)
        return server

    yield start_server
    keeper.gate.set()
    for server in started:
        server.stop(1.0)


@pytest.fixture
def grpc_server(start):
    return start(OtlpGrpcServer)


@pytest.fixture
def http_server(start):
    return start(OtlpHttpServer)

"""The example shop: it ends by itself, and the telemetry that it sends holds the errors that it promises."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from collector.receive import OtlpGrpcServer, OtlpHttpServer
from collector.self_metrics import SelfMetrics

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "examples" / "shop" / "run.py"
SERVICES = {"front", "payments", "worker"}


class Received:
    """All that two receivers, one a protocol, were sent."""

    def __init__(self):
        self._lock = threading.Lock()
        self._requests = []

    def keep(self, signal, request):
        with self._lock:
            self._requests.append((signal, request))
        return True

    def items(self, signal, request_class, path):
        """Every (service, item): `path` names the repeated fields from the request down."""
        for found, request in self._requests:
            if found != signal:
                continue
            resource_field, scope_field, item_field = path
            for resource_items in getattr(request_class.FromString(request), resource_field):
                service = attribute(resource_items.resource, "service.name")
                for scope_items in getattr(resource_items, scope_field):
                    for item in getattr(scope_items, item_field):
                        yield service, item

    def spans(self):
        return list(self.items("traces", ExportTraceServiceRequest, ("resource_spans", "scope_spans", "spans")))

    def logs(self):
        return list(self.items("logs", ExportLogsServiceRequest, ("resource_logs", "scope_logs", "log_records")))

    def metrics(self):
        path = ("resource_metrics", "scope_metrics", "metrics")
        return list(self.items("metrics", ExportMetricsServiceRequest, path))


def attribute(holder, name):
    return next((pair.value.string_value for pair in holder.attributes if pair.key == name), "")


def run(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OTEL_SDK_DISABLED": "true"}
    return subprocess.run(
        [sys.executable, str(RUN), *arguments],
        capture_output=True, text=True, timeout=100, check=False, env=environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def expected():
    told = run("--expected")
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


@pytest.fixture(scope="module")
def received():
    """Run the shop once, and keep what it sends; that the environment switches the SDK off does not reach it."""
    received = Received()
    servers = [
        server_class("127.0.0.1:0", keep=received.keep, metrics=SelfMetrics())
        for server_class in (OtlpGrpcServer, OtlpHttpServer)
    ]
    for server in servers:
        server.start()
    try:
        grpc, http = (f"http://127.0.0.1:{server.port}" for server in servers)
        done = run("--grpc", grpc, "--http", http)
        assert (done.returncode, done.stderr) == (0, "")
    finally:
        for server in servers:
            server.stop(1.0)
    return received


def test_the_expected_groups_are_six_that_no_mix_up_can_hide(expected):
    """Every group is of another error, and no two have the same count."""
    assert len(expected) == 6
    assert len({(group["service"], group["exception_type"]) for group in expected}) == 6
    assert len({group["events"] for group in expected}) == 6
    assert {group["service"] for group in expected} == SERVICES


def test_errors_of_the_instrumented_services_come_as_log_records(received, expected):
    """The front and the worker, which have otel_errors, send each error once as a log record."""
    told = Counter(
        (service, attribute(record, "exception.type"))
        for service, record in received.logs()
        if record.event_name == "exception"
    )
    promised = {
        (group["service"], group["exception_type"]): group["events"]
        for group in expected
        if group["service"] != "payments"
    }
    assert told == promised


def test_errors_of_the_stock_service_come_as_span_events(received, expected):
    """Payments records a declined card on each of three nested spans, a handled error on one."""
    told = Counter(
        attribute(event, "exception.type")
        for service, span in received.spans()
        if service == "payments"
        for event in span.events
    )
    promised = {group["exception_type"]: group["events"] for group in expected if group["service"] == "payments"}
    assert told == {
        "shop_errors.CardDeclined": 3 * promised["shop_errors.CardDeclined"],
        "shop_errors.RatesStale": promised["shop_errors.RatesStale"],
    }


def test_an_order_is_one_trace_through_all_three(received):
    """Fifteen orders get as far as the worker, each in one trace whose spans have their parents in it."""
    traces = {}
    for service, span in received.spans():
        traces.setdefault(span.trace_id, []).append((service, span))
    whole = [spans for spans in traces.values() if {service for service, _ in spans} == SERVICES]
    assert len(whole) == 15
    for spans in whole:
        ids = {span.span_id for _, span in spans}
        assert [span.name for _, span in spans if span.parent_span_id not in ids] == ["POST /orders"]


def test_what_nobody_catches_is_told_outside_any_trace(received):
    """The error that ends the worker is FATAL, and of no span."""
    (record,) = (record for _, record in received.logs() if attribute(record, "exception.type").endswith("UnknownJob"))
    assert (record.severity_text, record.trace_id) == ("FATAL", b"")


def test_each_process_sends_logs_and_metrics_beside_its_errors(received):
    """Counters and histograms of the shop arrive from the process that has them."""
    names = {(service, metric.name) for service, metric in received.metrics()}
    assert names >= {("front", "shop.orders"), ("payments", "shop.charge.duration"), ("worker", "shop.jobs")}
    assert {service for service, record in received.logs() if record.event_name != "exception"} == SERVICES


def test_without_a_collector_it_says_so_and_starts_nothing():
    """One line names the address and the cure."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        done = run("--grpc", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == 1
    assert "otel-errors serve" in done.stderr
    assert len(done.stderr.splitlines()) == 1

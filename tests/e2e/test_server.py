"""Remote mode: a collector that stores into a ClickHouse server. The server is another collector's engine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import grpc

from tests.e2e.test_crash_loses_nothing import METHOD, SPANS_A_REQUEST, request

if TYPE_CHECKING:
    from tests.e2e.running import Collector

COUNTS = (
    "SELECT (SELECT count() FROM remote.otel_traces) AS spans, (SELECT count() FROM remote.error_events) AS events, "
    "(SELECT sum(Events) FROM remote.errors) AS grouped, (SELECT count() FROM remote.otel_traces_trace_id_ts) AS traces"
)


def send(collector: Collector, numbers: range) -> None:
    with grpc.insecure_channel(collector.status["grpc"]) as channel:
        export = channel.unary_unary(METHOD)
        for number in numbers:
            export(request(number), timeout=30)


def test_what_is_sent_is_in_the_server(server: Collector, remote: Collector) -> None:
    send(remote, range(1, 21))
    remote.flush()

    assert server.rows(COUNTS) == [{"spans": 20 * SPANS_A_REQUEST, "events": 20, "grouped": 20, "traces": 20}]


def test_while_the_server_is_away_requests_are_kept_and_stored_when_it_is_back(
    server: Collector, remote: Collector
) -> None:
    send(remote, range(1, 6))
    remote.flush()
    address = server.status["sql"]
    server.kill()
    send(remote, range(6, 16))
    time.sleep(2.5)
    server.arguments = ("--sql-writable", "--sql", address)
    server.start()
    remote.flush()

    assert server.rows(COUNTS) == [{"spans": 15 * SPANS_A_REQUEST, "events": 15, "grouped": 15, "traces": 15}]


def test_a_kill_while_draining_into_a_server_doubles_nothing(server: Collector, remote: Collector) -> None:
    for begin in (1, 101, 201):
        send(remote, range(begin, begin + 100))
        time.sleep(0.4)
        remote.kill()
        remote.start()
    remote.flush()

    assert server.rows(COUNTS) == [{"spans": 300 * SPANS_A_REQUEST, "events": 300, "grouped": 300, "traces": 300}]

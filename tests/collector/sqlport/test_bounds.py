"""What one request and all requests together may take."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from collector.failures import StartFailure
from collector.self_metrics import SelfMetrics
from collector.sqlport.limits import Limits
from collector.sqlport.server import SqlPort
from tests.collector.sqlport.conftest import ask_port

ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"
TIGHT = Limits(
    queries_max=2,
    execution_seconds_max=1.0,
    memory_bytes_max=200 << 20,
    result_bytes_max=20 << 20,
    whole_result_bytes_max=1 << 20,
    spool_bytes_max=4 << 20,
)


@pytest.fixture(scope="module")
def tight(open_port):
    with open_port(limits=TIGHT) as opened:
        yield opened


def outcomes(port):
    return {
        sample.labels["outcome"]: sample.value
        for metric in port.metrics.queries.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


def wait_until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("statement", "fields", "status", "code"),
    [
        (ENDLESS, {}, 408, 159),
        (ENDLESS, {"max_execution_time": "0"}, 408, 159),
        (ENDLESS, {"max_execution_time": "3600"}, 408, 159),
        ("SELECT groupArray(number) FROM numbers(1000000000)", {}, 500, 241),
        ("SELECT groupArray(number) FROM numbers(1000000000)", {"max_memory_usage": "0"}, 500, 241),
        ("SELECT number FROM numbers(10000000) FORMAT JSON", {}, 500, 396),
        ("SELECT number FROM numbers(10000000) FORMAT JSON", {"max_result_bytes": "0"}, 500, 396),
        ("SELECT number FROM numbers(2000000)", {"wait_end_of_query": "1"}, 500, 396),
        ("SELECT number FROM numbers(3)", {"max_result_rows": "2"}, 500, 396),
    ],
)
def test_a_statement_that_takes_too_much_ends_in_an_error_with_its_number(tight, statement, fields, status, code):
    answer = ask_port(tight, statement, **fields)
    assert (answer.status, answer.code) == (status, code), answer.text[-300:]


def test_a_request_can_lower_a_limit_and_not_lift_it(tight):
    asked = "SELECT getSetting('max_execution_time'), getSetting('max_memory_usage')"
    assert ask_port(tight, asked, max_execution_time="0.5", max_memory_usage="1000000").text == "0.5\t1000000\n"
    assert ask_port(tight, asked, max_execution_time="2", max_memory_usage="0").text == f"1\t{200 << 20}\n"


@pytest.mark.parametrize("value", ["x", "-1", "nan", "1e300"])
def test_a_limit_that_is_no_number_is_refused(tight, value):
    assert ask_port(tight, "SELECT 1", max_execution_time=value).code == 452


def test_one_statement_too_many_is_told_to_come_again(open_port):
    with open_port(limits=Limits(queries_max=2)) as port, ThreadPoolExecutor(2) as threads:
        running = [
            threads.submit(ask_port, port, "SELECT sleepEachRow(0.5) FROM numbers(4)", max_block_size="1")
            for _ in range(2)
        ]
        wait_until(lambda: port._application._busy == 2)
        refused = ask_port(port, "SELECT 1")
        assert (refused.status, refused.code, refused.headers["retry-after"]) == (503, 202, "1")
        assert "Too many simultaneous queries. Maximum: 2" in refused.text
        assert ask_port(port, path="/ping", method="GET").text == "Ok.\n"
        assert [answer.result().status for answer in running] == [200, 200]
        assert ask_port(port, "SELECT 1").text == "1\n"


@pytest.mark.parametrize("statement", [ENDLESS, f"{ENDLESS} FORMAT JSON"])
def test_a_statement_whose_client_is_gone_is_stopped(open_port, statement):
    with open_port() as port:
        running = "SELECT count() FROM system.processes WHERE query LIKE '%sipHash64(number) = 1%' AND query NOT LIKE '%processes%'"
        with socket.create_connection(("127.0.0.1", port.port)) as gone:
            body = statement.encode()
            gone.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            wait_until(lambda: ask_port(port, running).text == "1\n")
        wait_until(lambda: ask_port(port, running).text == "0\n")
        wait_until(lambda: outcomes(port).get("cancelled") == 1)


def test_an_answer_whose_reader_is_gone_is_stopped(open_port):
    with open_port() as port:
        with socket.create_connection(("127.0.0.1", port.port)) as gone:
            body = b"SELECT number FROM numbers(1000000000000)"
            gone.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            assert gone.recv(100)
        wait_until(lambda: outcomes(port).get("cancelled") == 1)


def test_stopping_the_port_stops_what_runs(connect, sql_database):
    port = SqlPort("127.0.0.1:0", connect=connect, database=sql_database, metrics=SelfMetrics())
    port.start()
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(ask_port, port, ENDLESS)
        time.sleep(0.3)
        started = time.monotonic()
        port.stop()
        assert time.monotonic() - started < 6
        assert running.result().code == 394


def test_a_taken_port_is_told_in_one_line(connect, sql_database):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        port = SqlPort(address, connect=connect, database=sql_database, metrics=SelfMetrics())
        with pytest.raises(StartFailure, match=rf"{address}: Address already in use; .* --sql HOST:PORT"):
            port.start()


@pytest.mark.parametrize(
    "address", ["8123", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999", ":1", "no.such.host.invalid:1"]
)
def test_an_address_that_can_not_be_used_is_told(connect, sql_database, address):
    with pytest.raises(StartFailure, match=r"--sql 127\.0\.0\.1:"):
        SqlPort(address, connect=connect, database=sql_database, metrics=SelfMetrics()).start()


@pytest.mark.parametrize("database", ["default", "nope"])
def test_a_database_that_can_not_be_answered_from_is_told(connect, database):
    with pytest.raises(StartFailure, match="--database"):
        SqlPort("127.0.0.1:0", connect=connect, database=database, metrics=SelfMetrics()).start()


def test_the_writable_mode_is_for_loopback_only(connect, sql_database):
    port = SqlPort("0.0.0.0:0", connect=connect, database=sql_database, metrics=SelfMetrics(), writable=True)
    with pytest.raises(StartFailure, match="--sql-writable is for loopback only"):
        port.start()


def test_every_statement_is_counted_by_its_outcome(open_port):
    with open_port() as port:
        for statement in ("SELECT 1", "SELECT nope", "DROP TABLE events"):
            ask_port(port, statement)
        assert outcomes(port) == {"answered": 1, "failed": 1, "refused": 1}

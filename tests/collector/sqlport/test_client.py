"""clickhouse-connect, as it is, against the port."""

from __future__ import annotations

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

from tests.collector.sqlport.conftest import ROWS, client_of

MOMENT = dt.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=dt.timezone.utc)


def test_it_connects_and_learns_the_version(client):
    assert client.server_version.startswith("26.")
    assert client.ping()


@pytest.mark.parametrize("compress", [True, False, "gzip", "lz4", "zstd"])
def test_rows_come_back_with_any_compression(port, compress):
    made = client_of(port, compress=compress)
    result = made.query("SELECT id, service FROM events ORDER BY id LIMIT 2")
    assert (result.column_names, result.result_rows) == (("id", "service"), [(0, "shop"), (1, "pay")])
    assert result.summary["result_rows"] == "2"
    made.close()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("String", 'it\'s "quoted" \\ `x` {y:UInt8} \n\t\r\0 é 😀'),
        ("String", ""),
        ("FixedString(2)", "ab"),
        ("UInt64", 2**64 - 1),
        ("Int64", -(2**63)),
        ("UInt256", 2**256 - 1),
        ("Float64", 0.1),
        ("Float64", float("inf")),
        ("Bool", True),
        ("Decimal(38, 9)", Decimal("-12.345000000")),
        ("Date", dt.date(2026, 1, 2)),
        ("DateTime('UTC')", MOMENT.replace(microsecond=0)),
        ("DateTime64(6, 'UTC')", MOMENT),
        ("UUID", uuid.UUID(int=7)),
        ("Nullable(String)", None),
        ("Nullable(UInt8)", 3),
        ("Array(String)", ["a'b", "c\\d", "", "\n"]),
        ("Array(Array(UInt8))", [[1], [], [2, 3]]),
        ("Array(Nullable(Int8))", [1, None]),
        ("Tuple(String, UInt8)", ("a", 1)),
        ("LowCardinality(String)", "low"),
        ("Enum8('a' = 1, 'b' = 2)", "b"),
        ("IPv4", "127.0.0.1"),
    ],
)
def test_a_parameter_of_any_type_comes_back_as_it_went(client, kind, value):
    statement = f"SELECT {{p:{kind}}} AS p"
    got = client.query(statement, parameters={"p": value}).result_rows[0][0]
    if isinstance(value, dt.datetime):
        got = got.replace(tzinfo=dt.timezone.utc)  # the client leaves out the zone when it is UTC
    assert got == value or str(got) == value or got == str(value).encode()


def test_an_identifier_can_be_a_parameter(client, sql_database):
    statement = "SELECT count() FROM {d:Identifier}.{t:Identifier}"
    assert client.command(statement, parameters={"d": sql_database, "t": "events"}) == ROWS


def test_long_parameters_go_as_a_form(port):
    made = client_of(port, form_encode_query_params=True)
    ids = list(range(100_000))
    assert made.query("SELECT length({ids:Array(UInt64)})", parameters={"ids": ids}).result_rows == [(100_000,)]
    made.close()


def test_settings_can_be_given_per_client_and_per_query(port):
    made = client_of(port, settings={"max_threads": 1})
    assert made.command("SELECT getSetting('max_threads')") == 1
    result = made.query("SELECT getSetting('max_block_size')", settings={"max_block_size": 123})
    assert result.result_rows == [(123,)]
    made.close()


def test_data_frames(client):
    pytest.importorskip("pandas")
    frame = client.query_df("SELECT service, count() AS n FROM events GROUP BY service ORDER BY service")
    assert frame.to_dict("list") == {"service": ["pay", "shop"], "n": [ROWS // 2, ROWS // 2]}


def test_arrow(client):
    pytest.importorskip("pyarrow")
    assert client.query_arrow("SELECT id FROM events ORDER BY id LIMIT 3").column("id").to_pylist() == [0, 1, 2]


def test_raw_bytes_in_any_format(client):
    assert client.raw_query("SELECT 1 AS a", fmt="JSONEachRow") == b'{"a":1}\n'
    assert client.raw_query("SELECT 1 AS a", fmt="Parquet")[:4] == b"PAR1"


def test_a_big_result_streams(client):
    rows = 0
    with client.query_column_block_stream("SELECT number, toString(number) FROM numbers(3000000)") as stream:
        for block in stream:
            rows += len(block[0])
    assert rows == 3_000_000


def test_an_error_within_a_stream_is_told(client):
    with (
        pytest.raises(StreamFailureError, match="Code: 395"),
        client.query_column_block_stream("SELECT throwIf(number = 2900000) FROM numbers(3000000)") as stream,
    ):
        for _ in stream:
            pass


def test_an_error_is_told_with_its_number(client):
    with pytest.raises(DatabaseError) as caught:
        client.query("SELECT nope")
    assert caught.value.code == 47
    assert caught.value.name == "UNKNOWN_IDENTIFIER"


def test_an_empty_result_is_empty(client):
    assert client.query("SELECT id FROM events WHERE 0").result_rows == []


def test_columns_of_a_query_without_rows(client):
    assert client.query("SELECT id, service FROM events LIMIT 0").column_names == ("id", "service")


def test_writing_is_refused(client):
    with pytest.raises(DatabaseError, match="READONLY"):
        client.command("CREATE TABLE x (a UInt8) ENGINE = Memory")
    with pytest.raises(DatabaseError, match="READONLY"):
        client.insert("events", [[1, "x", MOMENT]], column_names=["id", "service", "at"])


def test_eight_threads_at_once_each_get_their_own_answer(port):
    def work(number):
        made = client_of(port)
        try:
            statement = "SELECT {n:UInt64}, count() FROM events WHERE id < {n:UInt64}"
            return [made.query(statement, parameters={"n": number + turn}).result_rows[0] for turn in range(10)]
        finally:
            made.close()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(work, range(0, 80, 10)))
    assert [row for rows in answers for row in rows] == [(n, n) for n in range(80)]

"""The hidden writable mode: what our own remote mode and other writers send to a ClickHouse server."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import lz4.block
import lz4.frame
import pytest
from backports import zstd
from clickhouse_connect.driver.exceptions import DatabaseError

from collector.sqlport.coding import decoder
from collector.sqlport.writing import Body
from tests.collector.sqlport.conftest import ask_port, client_of

PROTO = 'syntax = "proto3";\nmessage Row { uint64 id = 1; string text = 2; }\n'
RECORDS = b"\x05\x08\x07\x12\x01z" + b"\x05\x08\x08\x12\x01y"


def block(data):
    """One block of ClickHouse's own compression, without a checksum."""
    packed = lz4.block.compress(data, store_size=False)
    return bytes(16) + b"\x82" + (len(packed) + 9).to_bytes(4, "little") + len(data).to_bytes(4, "little") + packed


@pytest.fixture
def ask(writable):
    return lambda statement="", **more: ask_port(writable, statement, **more)


@pytest.fixture
def rows(ask):
    """An empty table `t` of two columns, and what is in it."""
    made = ask(
        "CREATE TABLE t (id UInt64, text String) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100"
    )
    assert made.status == 200, made.text
    yield lambda: ask("SELECT id, text FROM t ORDER BY id").text
    ask("DROP TABLE t")


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("", b"INSERT INTO t VALUES (1, 'a'), (2, 'b')"),
        ("", b"INSERT INTO t SELECT 1, 'a' UNION ALL SELECT 2, 'b'"),
        ("", b"INSERT INTO t FORMAT TSV\n1\ta\n2\tb\n"),
        ("", b"insert into t\n(id, text)\nformat CSV\n1,a\n2,b\n"),
        ("", b"INSERT INTO t SETTINGS max_insert_threads = 1 FORMAT CSV\n1,a\n2,b\n"),
        ("INSERT INTO t FORMAT TSV", b"1\ta\n2\tb\n"),
        ("INSERT INTO t (text, id) FORMAT CSV", b"a,1\nb,2\n"),
        ("INSERT INTO t VALUES", b"(1, 'a'), (2, 'b')"),
        ("INSERT INTO t FORMAT JSONEachRow", b'{"id": 1, "text": "a"}{"id": 2, "text": "b"}'),
        ("INSERT INTO t FORMAT RowBinary", b"\1\0\0\0\0\0\0\0\1a\2\0\0\0\0\0\0\0\1b"),
        ("INSERT INTO t SELECT 1, 'a' UNION ALL", b"SELECT 2, 'b'"),
    ],
)
def test_an_insert_is_stored(ask, rows, url, body):
    answer = ask(data=body, **({"query": url} if url else {}))
    assert (answer.status, answer.body) == (200, b""), answer.text
    assert rows() == "1\ta\n2\tb\n"


@pytest.mark.parametrize(
    ("encode", "headers", "fields"),
    [
        (gzip.compress, {"Content-Encoding": "gzip"}, {}),
        (lz4.frame.compress, {"Content-Encoding": "lz4"}, {}),
        (zstd.compress, {"Content-Encoding": "zstd"}, {}),
        (block, {}, {"decompress": "1"}),
        (lambda data: block(data[:3]) + block(data[3:]), {}, {"decompress": "1"}),
    ],
)
@pytest.mark.parametrize("statement_in_body", [False, True])
def test_a_compressed_insert_is_stored(ask, rows, encode, headers, fields, statement_in_body):
    statement = "INSERT INTO t FORMAT TSV"
    data = b"1\ta\n2\tb\n"
    body = encode(statement.encode() + b"\n" + data if statement_in_body else data)
    answer = ask(data=body, headers=headers, **fields, **({} if statement_in_body else {"query": statement}))
    assert answer.status == 200, answer.text
    assert rows() == "1\ta\n2\tb\n"


def test_a_segment_is_inserted_as_the_remote_mode_sends_it_and_once(writable, rows, tmp_path):
    segment = tmp_path / "segment"
    segment.write_bytes(RECORDS)
    client = client_of(writable)
    settings = {
        "format_schema_source": "string",
        "format_schema": PROTO,
        "format_schema_message_name": "Row",
        "input_format_protobuf_oneof_presence": "1",
        "async_insert": "0",
        "max_insert_threads": "1",
        "insert_deduplicate": "1",
        "insert_deduplication_token": "segment-1",
        "deduplicate_blocks_in_dependent_materialized_views": "1",
    }
    before = set(Path().iterdir())
    for _ in range(2):
        with segment.open("rb") as file:
            summary = client.raw_insert("t", insert_block=file, settings=settings, fmt="Protobuf")
    assert rows() == "7\tz\n8\ty\n"
    assert summary.written_rows in (0, 2)
    assert set(Path().iterdir()) == before, "the schema was written to the working directory"
    client.close()


@pytest.mark.parametrize("compress", [False, "gzip", "lz4", "zstd"])
def test_clickhouse_connect_inserts_rows(writable, rows, compress):
    client = client_of(writable, compress=compress)
    client.insert("t", [[1, "it's\n"], [2, "é"]], column_names=["id", "text"])
    assert client.query("SELECT * FROM t ORDER BY id").result_rows == [(1, "it's\n"), (2, "é")]
    client.close()


def test_tables_can_be_made_changed_and_dropped(ask, rows):
    for statement in (
        "ALTER TABLE t ADD COLUMN n UInt8",
        "INSERT INTO t VALUES (1, 'a', 1)",
        "ALTER TABLE t UPDATE text = 'b' WHERE id = 1",
        "CREATE VIEW v AS SELECT 1",
        "OPTIMIZE TABLE t FINAL",
        "TRUNCATE TABLE t",
        "DROP VIEW v",
        "CREATE DATABASE IF NOT EXISTS other",
        "DROP DATABASE other",
    ):
        answer = ask(statement, mutations_sync="1")
        assert answer.status == 200, f"{statement}: {answer.text}"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("INSERT INTO nope FORMAT CSV\n1", 60),
        ("INSERT INTO t FORMAT CSV\nx,y\n", 27),
        ("INSERT INTO t FORMAT Nope\n1", 73),
        ("DROP TABLE nope", 60),
        ("SELECT file('/etc/passwd')", 497),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", 164),
        ("SELECT 1; DROP TABLE t", 62),
    ],
)
def test_an_error_is_told_and_reading_is_as_narrow_as_ever(ask, rows, statement, code):
    assert ask(statement).code == code


@pytest.mark.parametrize(
    ("data", "headers", "fields", "code"),
    [
        (gzip.compress(b"1\ta\n")[:-9], {"Content-Encoding": "gzip"}, {}, 271),
        (b"not gzip", {"Content-Encoding": "gzip"}, {}, 271),
        (b"x", {"Content-Encoding": "br"}, {}, 89),
        (block(b"1\ta\n")[:-1], {}, {"decompress": "1"}, 271),
        (bytes(40), {}, {"decompress": "1"}, 271),
        (b"1\ta\n", {}, {"max threads": "1"}, 115),
        (b"1\ta\n", {}, {"no_such_setting": "1"}, 115),
    ],
)
def test_an_insert_that_can_not_be_read_stores_nothing(ask, rows, data, headers, fields, code):
    assert ask(data=data, headers=headers, query="INSERT INTO t FORMAT TSV", **fields).code == code
    assert rows() == ""


def _bodies() -> set[Path]:
    """Bodies that lie on this machine, those of other processes too."""
    return set(Path(tempfile.gettempdir()).glob("otel-errors-insert-*"))


def test_no_file_is_left_behind(ask, rows):
    before = _bodies()
    ask(data=b"1\ta\n", query="INSERT INTO t FORMAT TSV")
    ask(data=b"x", query="INSERT INTO nope FORMAT TSV")
    assert not _bodies() - before


def test_the_read_only_port_takes_none_of_it(port):
    for fields, data in (
        ({"query": "INSERT INTO events FORMAT TSV"}, b"1\ta\t0\n"),
        ({}, b"INSERT INTO events FORMAT Native\n\x01\xff"),
    ):
        assert ask_port(port, data=data, **fields).code == 164


def test_clickhouse_connect_learns_that_it_may_not_write(port):
    client = client_of(port)
    with pytest.raises(DatabaseError, match="READONLY"):
        client.raw_insert("events", insert_block=b"1\ta\t0\n", fmt="TSV")
    client.close()


def test_a_body_waits_in_a_private_file():
    body = Body(decoder("", blocks=False), bytes_max=10)
    body.feed(b"12345")
    body.finish()
    assert Path(body.path).stat().st_mode & 0o777 == 0o600
    assert body.folder.stat().st_mode & 0o777 == 0o700
    body.close()
    assert not body.folder.exists()

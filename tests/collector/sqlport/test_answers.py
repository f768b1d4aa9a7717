"""Requests as curl sends them, answers as a ClickHouse server gives them."""

from __future__ import annotations

import gzip
import http.client
import json
import shutil
import subprocess

import lz4.frame
import pytest
from backports import zstd


@pytest.mark.parametrize(
    ("path", "fields", "status", "text"),
    [
        ("/", {}, 200, "Ok.\n"),
        ("/ping", {}, 200, "Ok.\n"),
        ("/replicas_status", {}, 200, "Ok.\n"),
        ("/", {"query": "SELECT 1"}, 200, "1\n"),
        (
            "/nowhere",
            {},
            404,
            "There is no handle /nowhere. Use / or /ping for health checks, or /?query=... to run a statement.\n",
        ),
    ],
)
def test_get(ask, path, fields, status, text):
    answer = ask(path=path, method="GET", **fields)
    assert (answer.status, answer.text) == (status, text)


def test_the_statement_is_the_body_or_the_url_or_both(ask):
    assert ask("SELECT 1").text == "1\n"
    assert ask("+ 2", query="SELECT 1").text == "3\n"


def test_other_methods_are_refused(ask):
    assert ask("SELECT 1", method="DELETE").status == 405


def test_an_answer_has_the_headers_of_a_server(ask):
    headers = ask("SELECT id FROM events LIMIT 3", query_id="my-id").headers
    assert headers["x-clickhouse-query-id"] == "my-id"
    assert headers["x-clickhouse-format"] == "TabSeparated"
    assert headers["x-clickhouse-timezone"]
    assert headers["x-clickhouse-server-display-name"]
    assert headers["content-type"] == "text/tab-separated-values; charset=UTF-8"
    summary = json.loads(headers["x-clickhouse-summary"])
    assert summary["result_rows"] == "3"
    assert int(summary["read_rows"]) >= 3


def test_headers_do_not_carry_line_breaks_from_a_request(ask):
    headers = ask("SELECT 1", query_id="a\r\nset-cookie: x").headers
    assert headers["x-clickhouse-query-id"] == "aset-cookie: x"
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    ("statement", "fields", "status", "code", "name"),
    [
        ("SELEKT 1 2", {}, 400, 62, "SYNTAX_ERROR"),
        ("SELECT nope", {}, 404, 47, "UNKNOWN_IDENTIFIER"),
        ("SELECT nope()", {}, 404, 46, "UNKNOWN_FUNCTION"),
        ("SELECT * FROM nope", {}, 404, 60, "UNKNOWN_TABLE"),
        ("SELECT 1", {"database": "nope"}, 404, 81, "UNKNOWN_DATABASE"),
        ("SELECT 1 FORMAT Nope", {}, 404, 73, "UNKNOWN_FORMAT"),
        ("SELECT 1", {"nope": "1"}, 404, 115, "UNKNOWN_SETTING"),
        ("SELECT 1", {"format_schema": "x"}, 403, 452, "SETTING_CONSTRAINT_VIOLATION"),
        ("SELECT {p:UInt8}", {}, 400, 456, "UNKNOWN_QUERY_PARAMETER"),
        ("SELECT {p:UInt8}", {"param_p": "x"}, 400, 457, "BAD_QUERY_PARAMETER"),
        ("SELECT throwIf(1, 'mine')", {}, 500, 395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"),
        ("DROP TABLE events", {}, 403, 164, "READONLY"),
        ("SELECT file('x')", {}, 403, 497, "ACCESS_DENIED"),
        ("", {}, 400, 62, "SYNTAX_ERROR"),
        ("SELECT 1; SELECT 2", {}, 400, 62, "SYNTAX_ERROR"),
        ("SELECT '" + "x" * (1 << 20) + "'", {}, 413, 229, "QUERY_IS_TOO_LARGE"),
        ("SELECT 1", {"compress": "1"}, 501, 48, "NOT_IMPLEMENTED"),
    ],
)
def test_an_error_is_worded_as_a_server_words_it(ask, statement, fields, status, code, name):
    answer = ask(statement, method="POST", **fields)
    assert (answer.status, answer.code) == (status, code), answer.text
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
    assert f"({name}) (version 26." in answer.text
    assert answer.text.count("\n") == 1
    assert "parseQueryToJSON" not in answer.text


def test_a_body_that_is_no_text_is_refused(ask):
    assert ask(data=b"SELECT '\xff'").code == 117


@pytest.mark.parametrize(
    ("fields", "headers", "database"),
    [
        ({}, {}, None),
        ({"database": "system"}, {}, "system"),
        ({}, {"X-ClickHouse-Database": "system"}, "system"),
        ({"database": "system"}, {"X-ClickHouse-Database": "nope"}, "system"),
        # What many clients send unasked. chDB's own database of that name is the file system.
        ({"database": "default"}, {}, None),
    ],
)
def test_a_request_runs_in_the_database_that_it_names(ask, sql_database, fields, headers, database):
    answer = ask("SELECT currentDatabase()", headers=headers, **fields)
    assert answer.text == f"{database or sql_database}\n"


@pytest.mark.parametrize(
    ("fields", "headers", "text"),
    [
        ({"default_format": "JSONEachRow"}, {}, '{"a":1}\n'),
        ({}, {"X-ClickHouse-Format": "CSV"}, "1\n"),
        ({"default_format": "CSVWithNames"}, {}, '"a"\n1\n'),
    ],
)
def test_the_format_can_come_from_the_request(ask, fields, headers, text):
    assert ask("SELECT 1 AS a", headers=headers, **fields).text == text


def test_settings_of_the_request_reach_the_statement(ask):
    statement = "SELECT 18446744073709551615 AS a FORMAT JSONEachRow"
    assert ask(statement).text == '{"a":18446744073709551615}\n'
    assert ask(statement, output_format_json_quote_64bit_integers="1").text == '{"a":"18446744073709551615"}\n'
    assert ask("SELECT getSetting('max_threads')", max_threads="1").text == "1\n"
    assert (
        ask("SELECT toHour(toDateTime(0))", session_timezone="Asia/Tokyo").headers["x-clickhouse-timezone"]
        == "Asia/Tokyo"
    )


def test_settings_do_not_outlive_their_request(ask):
    ask("SELECT 1", max_block_size="7")
    assert ask("SELECT getSetting('max_block_size')").text != "7\n"


def test_a_client_may_call_its_own_requests_read_only(ask):
    assert ask("SELECT getSetting('readonly')", readonly="2").text == "1\n"


@pytest.mark.parametrize(
    ("accepted", "coding", "decode"),
    [
        ("gzip", "gzip", gzip.decompress),
        ("deflate, gzip, br", "gzip", gzip.decompress),
        ("lz4", "lz4", lz4.frame.decompress),
        ("zstd;q=1", "zstd", zstd.decompress),
        ("br", None, bytes),
    ],
)
@pytest.mark.parametrize("ending", ["TSV", "JSONCompact"])
def test_an_answer_is_compressed_when_asked_for(ask, accepted, coding, decode, ending):
    statement = f"SELECT number FROM numbers(300000) FORMAT {ending}"
    plain = ask(statement.replace("JSONCompact", "JSONCompactEachRow"))
    headers = {"Accept-Encoding": accepted}
    answer = ask(statement.replace("JSONCompact", "JSONCompactEachRow"), headers=headers, enable_http_compression="1")
    assert answer.headers.get("content-encoding") == coding
    assert decode(answer.body) == plain.body
    assert ask(statement, headers=headers).headers.get("content-encoding") is None


def test_a_request_with_a_compressed_body_is_answered(ask):
    assert ask(data=gzip.compress(b"SELECT 1"), headers={"Content-Encoding": "gzip"}).text == "1\n"
    assert ask(data=b"SELECT 1", headers={"Content-Encoding": "gzip"}).code == 271
    assert ask(data=b"SELECT 1", headers={"Content-Encoding": "br"}).code == 89


def test_an_error_within_the_first_mebibyte_has_its_status(ask):
    assert ask("SELECT throwIf(number = 70000) FROM numbers(100000)").code == 395


def test_an_error_after_the_answer_began_ends_it_short_with_the_marks_that_the_headers_announced(port):
    connection = http.client.HTTPConnection("127.0.0.1", port.port, timeout=60)
    connection.request("POST", "/", "SELECT throwIf(number = 2900000) FROM numbers(3000000)")
    response = connection.getresponse()
    assert response.status == 200
    with pytest.raises(http.client.IncompleteRead) as broken:
        response.read()
    tag = response.headers["x-clickhouse-exception-tag"]
    end = broken.value.partial.decode().partition(f"\r\n__exception__\r\n{tag}\r\n")[2]
    assert end.startswith("Code: 395. DB::Exception: ")
    assert end.endswith(f" {tag}\r\n__exception__\r\n")
    connection.close()


def test_a_client_that_waits_for_the_end_gets_a_late_error_with_its_status(ask):
    assert ask("SELECT throwIf(number = 2900000) FROM numbers(3000000)", wait_end_of_query="1").code == 395


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:8123", None, 200),
        ("localhost", None, 200),
        ("otel.localhost:1", None, 200),
        ("[::1]:8123", None, 200),
        ("evil.example", None, 403),
        ("127.0.0.1.evil.example:8123", None, 403),
        ("127.0.0.1:8123", "http://evil.example", 403),
        ("127.0.0.1:8123", "null", 403),
        ("127.0.0.1:8123", "http://127.0.0.1:8123", 200),
    ],
)
def test_a_web_page_of_another_site_gets_nothing(port, host, origin, status):
    connection = http.client.HTTPConnection("127.0.0.1", port.port, timeout=20)
    headers = {"Host": host} | ({"Origin": origin} if origin else {})
    connection.request("GET", "/?query=SELECT+1", headers=headers)
    assert connection.getresponse().status == status
    connection.close()


def test_a_multipart_form_carries_statement_and_parameters(ask):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="query"\r\n\r\nSELECT {p:String}\r\n'
        b'--x\r\nContent-Disposition: form-data; name="param_p"\r\n\r\nhello \xc3\xa9\r\n--x--\r\n'
    )
    assert ask(data=body, headers={"Content-Type": "multipart/form-data; boundary=x"}).text == "hello é\n"
    table = body.replace(b'name="param_p"', b'name="t"; filename="t.csv"')
    assert ask(data=table, headers={"Content-Type": "multipart/form-data; boundary=x"}).code == 48


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["{url}?query=SELECT+1"], "1\n"),
        (["-d", "SELECT 1 AS a FORMAT JSONEachRow", "{url}"], '{"a":1}\n'),
        (
            [
                "-G",
                "--data-urlencode",
                "query=SELECT {p:String} FORMAT TSVRaw",
                "--data-urlencode",
                "param_p=it's",
                "{url}",
            ],
            "it's\n",
        ),
        (["--compressed", "{url}?query=SELECT+1&enable_http_compression=1"], "1\n"),
        (["-F", "query=SELECT {p:UInt8} + 1", "-F", "param_p=1", "{url}"], "2\n"),
        (["-u", "default:", "{url}?query=SELECT+1"], "1\n"),
        (["-H", "X-ClickHouse-User: default", "{url}?query=SELECT+1"], "1\n"),
        (["{url}ping"], "Ok.\n"),
    ],
)
def test_curl(port, arguments, text):
    url = f"http://127.0.0.1:{port.port}/"
    ran = subprocess.run(
        ["curl", "-sS", "--fail", *(word.replace("{url}", url) for word in arguments)], capture_output=True, check=True
    )
    assert ran.stdout.decode() == text

"""The parts without an engine: requests, settings, texts of errors, compression."""

from __future__ import annotations

import zlib

import lz4.frame
import pytest
from backports import zstd
from hypothesis import assume, given
from hypothesis import strategies as st

from collector.failures import QueryRefused
from collector.sqlport.answer import error_text, late_error, status_of
from collector.sqlport.coding import DECODED_PIECE_BYTES, decoder, encoder
from collector.sqlport.engine import as_rejected
from collector.sqlport.limits import Limits
from collector.sqlport.outline import READING_ROOTS, check_outline, root_of
from collector.sqlport.refuse import EngineNames, check
from collector.sqlport.request import escape, read_request
from collector.sqlport.settings import ALLOWED, TRANSPORT, capped, engine_settings

NAMES = EngineNames(table_functions=frozenset({"file", "url", "numbers"}), file_databases=frozenset({"default"}))


def unescape(text):
    """The inverse of `escape`, the long way."""
    plain, marks = [], {"\\": "\\", "t": "\t", "n": "\n", "r": "\r", "0": "\0"}
    letters = iter(text)
    for letter in letters:
        plain.append(marks[next(letters)] if letter == "\\" else letter)
    return "".join(plain)


@given(st.text())
def test_an_escaped_value_is_the_value(text):
    escaped = escape(text)
    assert unescape(escaped) == text
    assert not set(escaped) & set("\t\n\r\0")


def test_the_last_field_of_a_name_counts():
    asked = read_request([("query", "SELECT 1"), ("query", "SELECT 2")], {}, body=b"", query_id="q")
    assert asked.statement == "SELECT 2"


def test_fields_are_sorted_into_parameters_and_settings():
    fields = [("param_a", "1"), ("param_", "x"), ("max_threads", "2"), ("query_id", "mine"), ("wait_end_of_query", "1")]
    asked = read_request(fields, {}, body=b"SELECT 1", query_id="given")
    assert asked.parameters == {"a": "1", "": "x"}
    assert asked.settings == {"max_threads": "2", "query_id": "mine", "wait_end_of_query": "1"}
    assert (asked.query_id, asked.wait_for_end, asked.default_format) == ("mine", True, "TabSeparated")


@given(st.dictionaries(st.text(max_size=10), st.text(max_size=10)), st.binary(max_size=50))
def test_any_request_is_read_or_refused(fields, body):
    try:
        read_request(fields.items(), {"content-type": "multipart/form-data; boundary=x"}, body=body, query_id="")
        read_request(fields.items(), {}, body=body, query_id="")
    except QueryRefused:
        pass


@given(st.text(max_size=40))
def test_only_plain_names_of_settings_get_through(name):
    try:
        taken = engine_settings({name: "1"}, is_known=lambda _name: False)
    except QueryRefused:
        return
    assert all(setting.isidentifier() and setting.isascii() for setting in taken)


def test_no_setting_is_in_two_lists():
    assert not ALLOWED & TRANSPORT


@given(st.floats(min_value=0, max_value=1e12))
def test_a_limit_is_never_above_the_ports(asked):
    limit = float(capped({"max_execution_time": repr(asked)}, Limits(), whole=False)["max_execution_time"])
    assert 0 < limit <= Limits().execution_seconds_max


@pytest.mark.parametrize(
    ("said", "code", "text"),
    [
        ("Code: 62. DB::Exception: Syntax error. (SYNTAX_ERROR)", 62, "Syntax error. (SYNTAX_ERROR)"),
        ("Streaming query failed: Code: 395. DB::Exception: x. (A)", 395, "x. (A)"),
        (
            "Code: 73. DB::Exception: Code: 73. DB::Exception: Unknown format x. (UNKNOWN_FORMAT) (version 26.9.2.1). (U)",
            73,
            "Unknown format x. (UNKNOWN_FORMAT)",
        ),
        ("Code: x. DB::Exception: y", 0, "Code: x. DB::Exception: y"),
        ("no number", 0, "no number"),
    ],
)
def test_the_engines_message_is_read(said, code, text):
    rejected = as_rejected(RuntimeError(said))
    assert (rejected.code, str(rejected)) == (code, text)


def test_an_error_is_named_once():
    assert (
        error_text(62, "No.", "26.9") == "Code: 62. DB::Exception: No. (SYNTAX_ERROR) (version 26.9 (official build))\n"
    )
    assert error_text(62, "No. (SYNTAX_ERROR)", "26.9").count("SYNTAX_ERROR") == 1


def test_an_unknown_error_is_the_servers_fault():
    assert (status_of(62), status_of(9999)) == (400, 500)


def test_a_late_error_tells_its_length():
    assert late_error("Code: 1\n", "tag") == b"\r\n__exception__\r\ntag\r\nCode: 1\n8 tag\r\n__exception__\r\n"


@given(st.lists(st.binary(max_size=2000), max_size=10), st.sampled_from(["gzip", "lz4", "zstd"]), st.integers(1, 500))
def test_what_is_compressed_comes_back_in_pieces_of_any_size(pieces, coding, step):
    coder = encoder(coding)
    packed = b"".join(coder.compress(piece) for piece in pieces) + coder.flush()
    decode = decoder(coding, blocks=False)
    plain = b"".join(out for at in range(0, len(packed), step) for out in decode.feed(packed[at : at + step]))
    decode.finish()
    assert plain == b"".join(pieces)


def outcome(decode, data):
    """The number of the error that this body makes, or 0."""
    try:
        list(decode.feed(data))
        decode.finish()
    except QueryRefused as refused:
        return refused.code
    return 0


@pytest.mark.parametrize("coding", ["gzip", "deflate", "lz4", "zstd"])
@given(data=st.binary(min_size=1, max_size=300))
def test_bytes_that_are_not_compressed_are_refused_or_incomplete(coding, data):
    assert outcome(decoder(coding, blocks=False), data) in (0, 271)


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", zlib.compress(bytes(64 << 20))),
        ("lz4", lz4.frame.compress(bytes(64 << 20))),
        ("zstd", zstd.compress(bytes(64 << 20))),
    ],
)
def test_a_small_body_that_unfolds_comes_in_bounded_pieces(coding, packed):
    sizes = [len(piece) for piece in decoder(coding, blocks=False).feed(packed)]
    assert max(sizes) <= DECODED_PIECE_BYTES
    assert sum(sizes) == 64 << 20


@given(st.binary(max_size=200))
def test_blocks_that_are_none_are_refused_or_incomplete(data):
    assert outcome(decoder("", blocks=True), data) in (0, 89, 271)


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "name", "children", "query", "arguments", "name_parts"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=5), TREES, max_size=4))
def test_a_tree_that_is_no_statement_is_refused(tree):
    with pytest.raises(QueryRefused):
        check(tree, parameters={}, names=NAMES, is_view=lambda _name: False)


@given(st.lists(st.text(max_size=30), max_size=6))
def test_lines_that_are_no_statement_are_refused(lines):
    assume(root_of(lines) not in READING_ROOTS)
    with pytest.raises(QueryRefused):
        check_outline(lines, names=NAMES)


@pytest.mark.parametrize(
    "lines",
    [
        ["DescribeQuery (children 1)", " TableExpression (children 1)", "  Function url (children 1)"],
        ["DescribeQuery (children 1)", " TableExpression (children 1)", "  TableIdentifier default.x"],
        ["DescribeQuery (children 2)", " TableExpression (children 1)", "  TableIdentifier t", " Literal '/tmp/x'"],
        ["DescribeQuery (children 2)", " TableExpression (children 1)", "  TableIdentifier t", " Set"],
        ["ExistsTableQuery default x (children 2)", " Identifier default", " Identifier x"],
        ["ShowCreateTableQuery  t (children 2)", " Identifier t", " Literal '/tmp/x'"],
        ["DropQuery  t (children 1)", " Identifier t"],
        ["ExistsTableQuery  t (children 1)", " Identifier t", "1"],
    ],
)
def test_an_outline_with_anything_more_is_refused(lines):
    with pytest.raises(QueryRefused):
        check_outline(lines, names=NAMES)


@pytest.mark.parametrize(
    ("lines", "form"),
    [
        (["ExistsTableQuery otel t (children 3)", " Identifier otel", " Identifier t", " Identifier JSON"], "JSON"),
        (["ExistsTableQuery  t (children 2)", " Identifier t", " Identifier JSON"], "JSON"),
        (["ExistsTableQuery otel t (children 2)", " Identifier otel", " Identifier t"], ""),
        (["ShowCreateDatabaseQuery otel  (children 1)", " Identifier otel"], ""),
        (
            ["DescribeQuery (children 2)", " TableExpression (children 1)", "  TableIdentifier t", " Identifier CSV"],
            "CSV",
        ),
        (["ShowProcesslistQuery"], ""),
    ],
)
def test_the_format_of_an_outline_is_found(lines, form):
    assert check_outline(lines, names=NAMES).format == form

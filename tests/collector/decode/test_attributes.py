"""The text of an attribute value."""

from __future__ import annotations

import base64
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1 import common_pb2

from collector.decode import attributes
from collector.decode.messages import AnyValue


def any_value(value):  # noqa: PLR0911 - one return a kind
    """Make the OTLP AnyValue of a Python value."""
    if isinstance(value, bool):
        return common_pb2.AnyValue(bool_value=value)
    if isinstance(value, int):
        return common_pb2.AnyValue(int_value=value)
    if isinstance(value, float):
        return common_pb2.AnyValue(double_value=value)
    if isinstance(value, bytes):
        return common_pb2.AnyValue(bytes_value=value)
    if isinstance(value, str):
        return common_pb2.AnyValue(string_value=value)
    if isinstance(value, list):
        return common_pb2.AnyValue(array_value={"values": [any_value(item) for item in value]})
    if isinstance(value, dict):
        pairs = [common_pb2.KeyValue(key=key, value=any_value(item)) for key, item in value.items()]
        return common_pb2.AnyValue(kvlist_value={"values": pairs})
    return common_pb2.AnyValue()


def text_of(value):
    return attributes.value_text(AnyValue.FromString(any_value(value).SerializeToString()))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        ("", ""),
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-(2**63), "-9223372036854775808"),
        (1.5, "1.5"),
        (2.0, "2"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (b"\x00\xff", "AP8="),
        (b"", ""),
        ([], "[]"),
        ({}, "{}"),
        ([1, "a", True, None, 0.5, b"\xff"], '[1,"a",true,null,0.5,"/w=="]'),
        ([float("inf")], '["Infinity"]'),
        ({"k": {"l": ["é\n"]}}, '{"k":{"l":["é\\n"]}}'),
        ([[[[1]]]], "[[[[1]]]]"),
    ],
)
def test_each_kind_has_its_text(value, text):
    """Each kind of value has one text."""
    assert text == text_of(value)


@pytest.mark.parametrize("value", [[[[[[1]]]]], ["x" * 70_000]])
def test_too_deep_or_too_large_is_base64(value):
    """What is not turned into JSON is kept as the beginning of its encoding."""
    encoding = any_value(value).SerializeToString()

    assert base64.b64encode(encoding).decode()[: attributes.ATTRIBUTE_CHARS_MAX] == text_of(value)


@pytest.mark.parametrize(
    "number",
    [1.0, 0.1, -0.0, 1e20, 1e21, 1.5e-7, 1e-6, 5e-324, 1.7976931348623157e308, 1e16, 1 / 3],
)
def test_floats_are_written_as_clickhouse_writes_them(connection, number):
    """The error tables and the span tables show one float in one way."""
    (row,) = connection.rows(
        f"SELECT toString(reinterpretAsFloat64(unhex('{struct.pack('<d', number).hex()}'))) AS text"
    )

    assert row["text"] == attributes.float_text(number)


@given(st.floats(allow_nan=False))
def test_floats_read_back(number):
    """A float's text is the float."""
    assert number == float(attributes.float_text(number).replace("Infinity", "inf"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def depth(value):
    if isinstance(value, (list, dict)):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, inner), default=0)
    return 0


@given(st.lists(VALUES, max_size=3))
def test_nested_values_read_back(value):
    """The JSON of a nested value is the value, down to four levels."""
    if depth(value) <= attributes.JSON_LEVELS_MAX:
        assert value == json.loads(text_of(value))


@given(st.binary(max_size=60))
def test_any_bytes_are_text(data):
    """Text that is not UTF-8 is kept, with U+FFFD in the place of what can't be read."""
    encoding = b"\x0a" + bytes([len(data)]) + data

    assert data.decode(errors="replace") == attributes.value_text(AnyValue.FromString(encoding))


def test_a_reader_cleans_and_bounds_what_it_reads():
    """Every text is cleaned under its key, also when it is known; keys and counts are bounded."""
    asked = []

    def clean(key, text):
        asked.append(key)
        return text.replace("secret", "***")

    reader = attributes.AttributeReader(clean)
    pairs = [common_pb2.KeyValue(key=f"k{n}", value=any_value("a secret")) for n in range(2000)]
    read = [reader.read(pairs_in_bytes(pairs)) for _ in range(2)]

    assert read[0] == read[1] == {f"k{n}": "a ***" for n in range(attributes.ATTRIBUTES_COUNT_MAX)}
    assert len(asked) == attributes.ATTRIBUTES_COUNT_MAX


def pairs_in_bytes(pairs):
    """Pairs as the bytes messages have them."""
    encoding = common_pb2.AnyValue(kvlist_value={"values": pairs}).SerializeToString()
    return AnyValue.FromString(encoding).kvlist_value.values

"""Records: framing as protobuf has it, and files that end too early."""

from __future__ import annotations

import io
import itertools
import tempfile
from pathlib import Path

import pytest
from google.protobuf.proto import serialize_length_prefixed
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from collector.journal.record import (
    RecordTorn,
    encode_length,
    iter_records,
    record_bytes,
    scan_records,
)

REQUESTS = st.lists(st.binary(max_size=300), max_size=8)


def framed(requests) -> bytes:
    return b"".join(encode_length(len(request)) + request for request in requests)


@given(REQUESTS)
def test_what_is_framed_is_read_back(requests):
    """Requests come out as they went in, in order, empty ones too."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "segment")
        path.write_bytes(framed(requests))

        assert list(iter_records(path)) == requests


@pytest.mark.parametrize("size", [0, 1, 127, 128, 300, 16_383, 16_384, 2_100_000])
def test_a_record_is_protobufs_length_delimited_form(size):
    """The bytes are those that protobuf's own writer makes, at every size of the varint."""
    message = ExportTraceServiceRequest()
    message.resource_spans.add(schema_url="x" * size)
    request = message.SerializeToString()
    expected = io.BytesIO()
    serialize_length_prefixed(message, expected)

    record = encode_length(len(request)) + request

    assert record == expected.getvalue()
    assert record_bytes(len(request)) == len(record)


@given(st.integers(min_value=0, max_value=2**31))
def test_the_size_of_a_record_is_known_without_making_it(length):
    assert record_bytes(length) == len(encode_length(length)) + length


def test_a_file_cut_at_any_byte_gives_the_whole_records_before_the_cut(tmp_path):
    """At every one of its bytes, with the offset of the torn one in the failure."""
    requests = [b"a" * 3, b"b" * 200, b"c", b"", b"d" * 130]
    data = framed(requests)
    ends = [len(framed(requests[:count])) for count in range(len(requests) + 1)]
    path = tmp_path / "segment"
    for cut in range(len(data) + 1):
        path.write_bytes(data[:cut])
        whole = sum(end <= cut for end in ends) - 1
        records = iter_records(path)
        assert list(itertools.islice(records, whole)) == requests[:whole]
        if cut in ends:
            assert next(records, "the end") == "the end"
        else:
            with pytest.raises(RecordTorn) as torn:
                next(records)
            assert torn.value.offset == ends[whole]


@pytest.mark.parametrize(
    "garbage",
    [b"\xff" * 12, b"\xff\xff\xff\xff\x07", b"\x80", b"\x05abcd", b"\xff\xff\xff\xff\xff\x01"],
    ids=[
        "no end of the varint",
        "32 GiB announced",
        "half a varint",
        "one byte short",
        "six bytes",
    ],
)
def test_a_length_that_cannot_be_is_torn_and_costs_no_memory(tmp_path, garbage):
    path = tmp_path / "segment"
    path.write_bytes(framed([b"whole"]) + garbage)
    records = iter_records(path)

    assert next(records) == b"whole"
    with pytest.raises(RecordTorn, match="no whole record at byte 6"):
        next(records)


def test_reading_may_begin_behind_any_record(tmp_path):
    path = tmp_path / "segment"
    path.write_bytes(framed([b"one", b"two", b"three"]))

    with path.open("rb") as file:
        assert list(scan_records(file, 4)) == [(8, b"two"), (14, b"three")]

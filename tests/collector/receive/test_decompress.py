"""Decompression: the bytes come back, damage is told, and there are never more bytes than allowed."""

from __future__ import annotations

import contextlib
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.failures import RequestMalformed, RequestTooLarge
from collector.receive.decompress import decompress

COMPRESS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress}
MEBIBYTE = 1024 * 1024


@given(coding=st.sampled_from(sorted(COMPRESS)), data=st.binary(max_size=3000))
def test_what_was_compressed_comes_back(coding, data):
    assert decompress(coding, COMPRESS[coding](data), bytes_max=3000) == data


@pytest.mark.parametrize("size", [MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 5 * MEBIBYTE])
@pytest.mark.parametrize("coding", COMPRESS)
def test_large_bodies_come_back_whole_step_by_step(coding, size):
    steps = []
    data = bytes(size)
    assert decompress(coding, COMPRESS[coding](data), bytes_max=size, grow=steps.append) == data
    assert sum(steps) == size
    assert max(steps) <= MEBIBYTE


@given(
    coding=st.sampled_from(sorted(COMPRESS)),
    data=st.binary(min_size=1, max_size=300),
    cut=st.floats(0, 1, exclude_max=True),
)
def test_a_body_that_is_cut_off_is_malformed(coding, data, cut):
    body = COMPRESS[coding](data)
    with pytest.raises(RequestMalformed):
        decompress(coding, body[: int(len(body) * cut)], bytes_max=300)


@given(coding=st.sampled_from(sorted(COMPRESS)), body=st.binary(max_size=100))
def test_random_bytes_are_malformed_or_short(coding, body):
    with contextlib.suppress(RequestMalformed, RequestTooLarge):
        assert len(decompress(coding, body, bytes_max=10)) <= 10


@pytest.mark.parametrize("coding", COMPRESS)
def test_one_byte_over_the_limit_is_too_large_after_little_more_was_made(coding):
    made = []
    body = COMPRESS[coding](bytes(100 * MEBIBYTE))
    with pytest.raises(RequestTooLarge, match="more than 3145728 bytes"):
        decompress(coding, body, bytes_max=3 * MEBIBYTE, grow=made.append)
    assert sum(made) <= 3 * MEBIBYTE


def test_members_of_gzip_in_a_row_are_one_body():
    assert decompress("gzip", gzip.compress(b"one ") + gzip.compress(b"two"), bytes_max=10) == b"one two"


def test_countless_members_are_malformed():
    with pytest.raises(RequestMalformed, match="more behind its end"):
        decompress("gzip", gzip.compress(b"") * 100_000, bytes_max=10)

"""Writing many buffers at once: more than one call takes, and calls that take only a part."""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.journal.disk import Disk


@settings(deadline=None)
@given(
    buffers=st.lists(st.binary(max_size=20), max_size=12),
    takes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
)
def test_all_buffers_are_written_however_little_a_call_takes(tmp_path_factory, buffers, takes):
    """A call of the system may write a part; the rest follows, nothing twice."""
    path = tmp_path_factory.mktemp("disk") / "file"
    really_write = os.writev
    calls = []

    def write_a_part(fd, rest) -> int:
        calls.append(None)
        part = b"".join(rest)[: takes[len(calls) % len(takes)]]
        return really_write(fd, [part])

    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.writev = write_a_part
    try:
        Disk().write(fd, buffers)
    finally:
        os.writev = really_write
        os.close(fd)

    assert path.read_bytes() == b"".join(buffers)


def test_more_buffers_than_one_call_takes(tmp_path):
    path = tmp_path / "file"
    buffers = [b"%d," % number for number in range(5000)]
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    Disk().write(fd, buffers)
    os.close(fd)

    assert path.read_bytes() == b"".join(buffers)

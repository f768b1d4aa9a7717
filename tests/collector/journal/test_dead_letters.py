"""Dead letters: kept once, with the reason, readable by hand."""

from __future__ import annotations

import stat
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from collector.journal import DeadLetters

SEGMENT = "1700000000123-0a1b2c3d-traces"


def test_a_letter_is_listed_with_all_that_was_put(tmp_path):
    letters = DeadLetters(tmp_path / "dead")
    path = letters.put("traces", b"\x00\n\xffbytes", reason="Code: 117. Bad\nvarint", segment=SEGMENT, kind="item")

    (letter,) = letters.list()

    assert (letter.path, letter.signal, letter.kind, letter.segment) == (
        path,
        "traces",
        "item",
        SEGMENT,
    )
    assert letter.reason == "Code: 117. Bad\nvarint"
    assert letter.read() == b"\x00\n\xffbytes"
    assert letter.size_bytes == 8
    assert letter.put_ms > 1_700_000_000_000


@given(data=st.binary(max_size=500), reason=st.text(max_size=100))
def test_bytes_and_reason_come_back_as_they_were(tmp_path_factory, data, reason):
    letters = DeadLetters(tmp_path_factory.mktemp("dead"))
    letters.put("logs", data, reason=reason, segment=SEGMENT, kind="request")

    (letter,) = letters.list()
    assert (letter.read(), letter.reason, letter.size_bytes) == (data, reason, len(data))


def test_the_same_bytes_of_the_same_segment_are_one_letter(tmp_path):
    """A replay changes nothing; the same bytes of another segment are another letter."""
    letters = DeadLetters(tmp_path)
    first = letters.put("traces", b"bad", reason="first reason", segment=SEGMENT, kind="item")
    again = letters.put("traces", b"bad", reason="second reason", segment=SEGMENT, kind="item")
    other = letters.put("traces", b"bad", reason="reason", segment=SEGMENT.replace("123-", "124-"), kind="item")

    assert first == again != other
    assert [letter.reason for letter in letters.list()] == ["first reason", "reason"]


def test_half_a_letter_of_a_crash_is_not_listed_and_is_completed_by_the_replay(tmp_path):
    letters = DeadLetters(tmp_path)
    path = letters.put("traces", b"whole", reason="reason", segment=SEGMENT, kind="item")
    path.rename(path.with_suffix(".partial"))
    path.with_suffix(".partial").write_bytes(b'{"signal": "tra')
    assert letters.list() == ()

    letters.put("traces", b"whole", reason="reason", segment=SEGMENT, kind="item")

    assert [letter.read() for letter in letters.list()] == [b"whole"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_letter_can_be_taken_apart_by_hand(tmp_path):
    """Without our tools: the reason in the first line, the bytes behind it."""
    path = DeadLetters(tmp_path).put("logs", b"\x0a\x0b\x0a", reason="why", segment=SEGMENT, kind="request")

    head = subprocess.run(["head", "-1", path], capture_output=True, check=True).stdout
    tail = subprocess.run(["tail", "-n", "+2", path], capture_output=True, check=True).stdout

    assert b'"reason": "why"' in head
    assert tail == b"\x0a\x0b\x0a"


def test_letters_are_for_the_owners_eyes_only(tmp_path):
    path = DeadLetters(tmp_path / "dead").put("logs", b"secret", reason="why", segment=SEGMENT, kind="item")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_no_folder_means_no_letters(tmp_path):
    assert DeadLetters(tmp_path / "nothing").list() == ()


def test_a_long_reason_is_cut(tmp_path):
    letters = DeadLetters(tmp_path)
    letters.put("logs", b"data", reason="x" * 100_000, segment=SEGMENT, kind="item")

    assert len(letters.list()[0].reason) == 2000

"""What a crash leaves behind: files as they may lie there, and what an opening makes of them."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.clock import SystemClock
from collector.journal import Journal, iter_records
from collector.journal.digests import DigestEncoder, DigestEntry, digest_of, read_digests
from collector.journal.record import encode_length
from collector.self_metrics import SelfMetrics

REQUESTS = st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=6, unique=True)
GARBAGE = st.one_of(st.binary(max_size=300), st.integers(0, 300).map(bytes))


def framed(requests) -> bytes:
    return b"".join(encode_length(len(request)) + request for request in requests)


def digest_file(requests, *, kept_ms: int | None = None) -> bytes:
    """Make the digest file that the writer would have made beside these requests."""
    encoder = DigestEncoder()
    entries = [
        DigestEntry(
            end_offset=len(framed(requests[: count + 1])),
            kept_ms=kept_ms or SystemClock().now_ns() // 1_000_000,
            digest=digest_of("traces", requests[count]),
        )
        for count in range(len(requests))
    ]
    return encoder.header + encoder.encode(entries)


def leave(folder: Path, segment: bytes, digests: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "traces.open").write_bytes(segment)
    (folder / "traces.digests").write_bytes(digests)


def reopen(folder: Path) -> tuple[Journal, list[bytes]]:
    """Open the folder: the journal, and every request that waits in it."""
    journal = Journal(folder, clock=SystemClock(), metrics=SelfMetrics(), disk_free_bytes_min=0)
    journal.open()
    found = []
    for segment in journal.pending():
        found += iter_records(segment.path)
    return journal, found


def whole_records_in(data: bytes, requests) -> list[bytes]:
    """Tell which requests `data` still holds, by comparing bytes: the oracle."""
    pairs = zip(data, framed(requests), strict=False)
    common = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    return [requests[n] for n in range(len(requests)) if len(framed(requests[: n + 1])) <= common]


@settings(max_examples=300, deadline=None)
@given(requests=REQUESTS, garbage=GARBAGE, data=st.data())
def test_a_file_cut_at_any_byte_with_garbage_behind_gives_the_whole_records(requests, garbage, data):
    """Exactly the records before the cut come back; what is lost is new again.

    The file is at most as long as what was written to it, as after a power cut.
    """
    segment = framed(requests)
    cut = data.draw(st.integers(0, len(segment) - 1), label="cut at")
    left = (segment[:cut] + garbage)[: len(segment)]
    with tempfile.TemporaryDirectory() as name:
        leave(Path(name), left, digest_file(requests))
        journal, found = reopen(Path(name))
        try:
            expected = whole_records_in(left, requests)
            assert found == expected
            for request in requests:
                assert journal.append("traces", request) is (request not in expected)
        finally:
            journal.close()


@settings(max_examples=200, deadline=None)
@given(requests=REQUESTS, refused=REQUESTS, garbage=GARBAGE, digests_cut=st.integers(0, 500))
def test_garbage_behind_acknowledged_records_never_costs_one(requests, refused, garbage, digests_cut):
    """Whatever stands behind them, and however much of the digest file reached the disk."""
    with tempfile.TemporaryDirectory() as name:
        leave(Path(name), framed(requests) + garbage, digest_file([*requests, *refused])[:digests_cut])
        journal, found = reopen(Path(name))
        journal.close()

    assert found[: len(requests)] == requests


@settings(max_examples=100, deadline=None)
@given(requests=REQUESTS, digests_cut=st.integers(0, 300), data=st.data())
def test_it_does_without_the_digest_file(requests, digests_cut, data):
    """Whole records count, also if their digests are torn or missing, and are known as duplicates."""
    segment = framed(requests)
    cut = data.draw(st.integers(0, len(segment)), label="cut at")
    with tempfile.TemporaryDirectory() as name:
        leave(Path(name), segment[:cut], digest_file(requests)[:digests_cut])
        journal, found = reopen(Path(name))
        try:
            assert found == whole_records_in(segment[:cut], requests)
            assert [journal.append("traces", request) for request in found] == [False] * len(found)
        finally:
            journal.close()


def test_every_cut_of_one_file(tmp_path):
    """The same without chance: every byte of a file of four records, with zeros behind the cut."""
    requests = [b"one", b"a second one " * 20, b"3", b"four"]
    segment = framed(requests)
    for cut in range(len(segment)):
        folder = tmp_path / str(cut)
        left = segment[:cut] + bytes(400)
        leave(folder, left, digest_file(requests))
        journal, found = reopen(folder)
        journal.close()
        assert found == whole_records_in(left, requests), f"cut at {cut}"


def test_a_segment_that_holds_no_whole_record_is_removed(folder, open_journal):
    leave(folder, b"\x05abc", digest_file([b"abcde"]))

    journal = open_journal()

    assert journal.is_drained()
    assert list(folder.iterdir()) == []


def test_a_damaged_record_before_good_ones_does_not_take_them_along(folder):
    """What follows may be acknowledged; the engine judges the damaged one."""
    requests = [b"first", b"second", b"third"]
    damaged = framed([b"first", b"sec\0nd", b"third"])
    leave(folder, damaged, digest_file(requests))

    journal, found = reopen(folder)
    journal.close()

    assert found == [b"first", b"sec\0nd", b"third"]


def test_stale_digests_of_another_file_do_not_cut_good_records(folder):
    """Entries whose chain does not begin with this file's header say nothing about this file."""
    stale = digest_file([b"other", b"things"])
    leave(folder, framed([b"one", b"two"]), digest_file([b"one"])[:8] + stale[8:])

    journal, found = reopen(folder)
    journal.close()

    assert found == [b"one", b"two"]


def test_a_digest_file_is_read_up_to_the_first_damaged_entry(tmp_path):
    path = tmp_path / "digests"
    data = digest_file([b"one", b"two", b"three"])
    for damaged in range(len(data)):
        path.write_bytes(data[:damaged] + bytes([data[damaged] ^ 1]) + data[damaged + 1 :])
        expected = 0 if damaged < 8 else (damaged - 8) // 36
        assert len(read_digests(path)) == expected


def test_sealing_a_leftover_keeps_the_times_of_its_records(folder, open_journal):
    """The window is not prolonged by a restart."""
    kept_ms = SystemClock().now_ns() // 1_000_000 - 300_000
    leave(folder, framed([b"one", b"two"]), digest_file([b"one", b"two", b"lost"], kept_ms=kept_ms))

    (segment,) = open_journal().pending()

    entries = read_digests(segment.digests_path)
    assert [(entry.end_offset, entry.kept_ms) for entry in entries] == [(4, kept_ms), (8, kept_ms)]


class TestDuplicatesAcrossARestart:
    def test_of_a_segment_that_is_still_there(self, open_journal):
        journal = open_journal()
        journal.append("traces", b"same")
        journal.close()

        assert open_journal().append("traces", b"same") is False

    def test_of_a_segment_that_was_drained(self, open_journal):
        journal = open_journal()
        journal.append("traces", b"same")
        journal.seal_now()
        journal.finish(journal.next_sealed(timeout_seconds=0))
        journal.close()

        journal = open_journal()
        assert journal.is_drained()
        assert journal.append("traces", b"same") is False

    def test_until_the_window_has_passed(self, open_journal, clock, folder):
        """Counted from when it was kept, not from the restart; then the digest file goes."""
        journal = open_journal(duplicate_window_seconds=900)
        journal.append("traces", b"drained")
        journal.seal_now()
        journal.finish(journal.next_sealed(timeout_seconds=0))
        journal.append("traces", b"waiting")
        journal.close()
        clock.passed_seconds = 800
        journal = open_journal(duplicate_window_seconds=900)
        assert journal.append("traces", b"drained") is False
        assert journal.append("traces", b"waiting") is False
        clock.passed_seconds = 902

        assert journal.append("traces", b"drained") is True
        journal.close()
        journal = open_journal(duplicate_window_seconds=900)
        assert journal.append("traces", b"drained") is False
        assert {path.with_suffix("").name for path in folder.glob("*.digests")} == {
            segment.name for segment in journal.pending()
        }

    def test_with_the_digest_file_of_a_sealed_segment_lost(self, open_journal, folder):
        """They are computed anew from the records, and written for the next time."""
        journal = open_journal()
        journal.append("traces", b"same")
        journal.close()
        (lost,) = folder.glob("*.digests")
        lost.write_bytes(lost.read_bytes()[:20])

        journal = open_journal()
        assert journal.append("traces", b"same") is False
        assert len(read_digests(lost)) == 1


class TestCrashWhileFinishing:
    @pytest.fixture
    def drained(self, open_journal):
        """Leave a closed journal with one segment that was drained but not finished."""
        journal = open_journal()
        journal.append("traces", b"request")
        journal.seal_now()
        segment = journal.next_sealed(timeout_seconds=0)
        journal.close()
        return segment

    def test_before_the_deletion_it_is_handed_out_again_under_its_name(self, drained, open_journal):
        """The replay is the same insert under the same token, which the engine knows."""
        journal = open_journal()

        assert journal.next_sealed(timeout_seconds=0) == drained
        journal.finish(drained)
        assert journal.is_drained()

    def test_after_the_deletion_it_is_gone_and_known(self, drained, open_journal):
        drained.path.unlink()
        journal = open_journal()

        assert journal.is_drained()
        assert journal.append("traces", b"request") is False
        journal.finish(drained)


def test_foreign_files_are_left_alone(folder, open_journal):
    folder.mkdir()
    (folder / "notes.txt").write_text("not ours")
    (folder / "backup.segment").write_bytes(b"not ours")

    journal = open_journal()

    assert journal.is_drained()
    assert {path.name for path in folder.iterdir()} == {"notes.txt", "backup.segment"}


def test_leftovers_are_sealed_behind_what_was_sealed(folder, open_journal, drain):
    """What is found open at the start is newer than what is found sealed, and keeps one order over all signals."""
    journal = open_journal()
    journal.append("metrics", b"sealed")
    journal.close()
    for signal in ("logs", "traces", "metrics"):
        (folder / f"{signal}.open").write_bytes(framed([signal.encode()]))

    found = [requests for _, requests in drain(open_journal())]

    assert found == [[b"sealed"], [b"traces"], [b"logs"], [b"metrics"]]

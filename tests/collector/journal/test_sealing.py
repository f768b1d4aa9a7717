"""Sealing, order, names, handing out and finishing."""

from __future__ import annotations

import threading
import time

import pytest

from collector.journal.segment import SegmentNames


def test_a_segment_seals_by_age_without_further_appends(open_journal):
    """The writer wakes up by itself: an error that nothing follows is visible all the same."""
    journal = open_journal(segment_age_seconds=0.2)
    started = time.monotonic()
    journal.append("traces", b"alone")

    segment = journal.next_sealed(timeout_seconds=10)

    assert segment is not None
    assert 0.2 <= time.monotonic() - started < 5


def test_a_segment_seals_by_size(open_journal, drain):
    """A batch that would pass the limit begins a new segment; a larger request has one for itself."""
    journal = open_journal(segment_bytes_max=1000)
    for size in (400, 401, 402, 3000, 10):
        journal.append("traces", b"x" * size)
    journal.seal_now()

    sizes = [[len(request) for request in requests] for _, requests in drain(journal)]

    assert sizes == [[400, 401], [402], [3000], [10]]


def test_a_batch_is_not_larger_than_a_segment(open_journal, drain, disk, pool, eventually):
    """Also when many requests waited for the same sync."""
    journal = open_journal(segment_bytes_max=1000)
    arrived, go = disk.hold("sync")
    waiting = [pool.submit(journal.append, "traces", b"first")]
    assert arrived.wait(10)
    waiting += [pool.submit(journal.append, "traces", b"%300d" % number) for number in range(10)]
    eventually(lambda: journal.used_bytes == 6 + 10 * 302)
    go.set()
    assert all(future.result(10) for future in waiting)
    journal.seal_now()

    segments = drain(journal)

    assert sum(len(requests) for _, requests in segments) == 11
    assert all(segment.size_bytes <= 1000 for segment, _ in segments)


def test_segments_come_in_the_order_of_sealing_over_all_signals(open_journal, drain):
    """One order for traces, logs and metrics: by name is by time."""
    journal = open_journal()
    for number in range(4):
        for signal in ("logs", "traces", "metrics"):
            journal.append(signal, b"%d" % number)
        journal.seal_now()

    names = [segment.name for segment, _ in drain(journal)]

    assert len(names) == 12
    assert names == sorted(names)
    assert len(set(names)) == 12


@pytest.mark.parametrize("jump_seconds", [-86_400, 0, 86_400])
def test_names_increase_after_the_clock_was_set(open_journal, clock, drain, jump_seconds):
    """The sealed time, which is in the name, never goes back while a segment is in the journal."""
    journal = open_journal()
    journal.append("traces", b"before")
    journal.seal_now()
    clock.jumped_seconds = jump_seconds
    journal.append("traces", b"after")
    journal.seal_now()

    (first, _), (second, _) = drain(journal)

    assert first.name < second.name
    assert first.sealed_ms < second.sealed_ms
    assert first.name.split("-")[1] == second.name.split("-")[1]


def test_names_increase_also_over_a_restart_with_the_clock_set_back(open_journal, clock, drain):
    """And they carry another nonce, so a name is not used twice even in a folder that was emptied."""
    journal = open_journal()
    journal.append("traces", b"before")
    journal.close()
    clock.jumped_seconds = -86_400
    journal = open_journal()
    journal.append("traces", b"after")
    journal.seal_now()

    (first, _), (second, _) = drain(journal)

    assert first.name < second.name
    assert first.name.split("-")[1] != second.name.split("-")[1]


def test_a_name_has_its_documented_form():
    names = SegmentNames()

    name = names.next("logs", 1_700_000_000_123)

    sealed, nonce, signal = name.split("-")
    assert (sealed, signal, len(nonce)) == ("1700000000123", "logs", 8)
    assert names.next("traces", 5).startswith("1700000000124-")


def test_next_sealed_waits_for_a_segment(open_journal, pool):
    journal = open_journal()
    waiting = pool.submit(journal.next_sealed, 10)
    journal.append("traces", b"request")
    journal.seal_now()

    assert waiting.result(10).signal == "traces"


def test_next_sealed_gives_none_on_timeout_and_on_close(open_journal, pool):
    journal = open_journal()
    assert journal.next_sealed(timeout_seconds=0.01) is None
    waiting = pool.submit(journal.next_sealed, 60)
    time.sleep(0.05)
    journal.append("traces", b"request")
    journal.close()

    waiting.result(10)
    assert journal.next_sealed(timeout_seconds=60) is None


def test_a_segment_is_handed_out_once(open_journal, pool):
    """Several drain threads never get the same one."""
    journal = open_journal()
    for number in range(20):
        journal.append("traces", b"%d" % number)
        journal.seal_now()
    futures = [pool.submit(journal.next_sealed, 0.2) for _ in range(40)]

    names = [segment.name for future in futures if (segment := future.result(10)) is not None]

    assert len(names) == len(set(names)) == 20


class TestFinish:
    def test_in_any_order_until_nothing_is_left(self, open_journal, folder, drain, value_of):
        """The segments are gone from the disk and from the figures; their digests stay."""
        journal = open_journal()
        for number in range(3):
            journal.append("traces", b"%d" % number)
            journal.seal_now()
        segments = [segment for segment, _ in drain(journal)]
        assert journal.pending() == tuple(segments)
        assert value_of("journal_segments") == 3

        journal.finish(segments[1])
        assert journal.pending() == (segments[0], segments[2])
        assert not journal.is_drained()
        journal.finish(segments[2])
        journal.finish(segments[0])

        assert journal.is_drained()
        assert journal.pending() == ()
        assert value_of("journal_segments") == value_of("journal_bytes") == 0
        assert {path.suffix for path in folder.iterdir()} == {".digests"}

    def test_twice_is_harmless(self, open_journal, drain):
        journal = open_journal()
        journal.append("traces", b"request")
        journal.seal_now()
        ((segment, _),) = drain(journal)

        journal.finish(segment)
        journal.finish(segment)

        assert journal.is_drained()
        assert journal.used_bytes == 0

    def test_twice_at_once_is_harmless(self, open_journal, drain, pool):
        journal = open_journal()
        for number in range(20):
            journal.append("traces", b"%d" % number)
            journal.seal_now()
        segments = [segment for segment, _ in drain(journal)]
        gate = threading.Barrier(2)

        def finish_all() -> None:
            for segment in segments:
                gate.wait(10)
                journal.finish(segment)

        for future in [pool.submit(finish_all) for _ in range(2)]:
            future.result(20)
        assert journal.used_bytes == 0

    def test_digest_files_are_deleted_after_the_window(self, open_journal, folder, clock, drain):
        journal = open_journal(duplicate_window_seconds=900)

        def finish_one(request: bytes) -> None:
            journal.append("traces", request)
            journal.seal_now()
            ((segment, _),) = drain(journal)
            journal.finish(segment)

        finish_one(b"old")
        clock.passed_seconds = 800
        finish_one(b"newer")
        assert len(list(folder.glob("*.digests"))) == 2
        clock.passed_seconds = 901
        finish_one(b"newest")

        assert len(list(folder.glob("*.digests"))) == 2


def test_is_drained_counts_what_is_waiting_open_and_sealed(open_journal, disk, drain, pool):
    journal = open_journal()
    assert journal.is_drained()
    arrived, go = disk.hold("sync")
    waiting = pool.submit(journal.append, "traces", b"request")
    assert arrived.wait(10)
    assert not journal.is_drained()
    go.set()
    waiting.result(10)
    assert not journal.is_drained()
    journal.seal_now()
    assert not journal.is_drained()
    ((segment, _),) = drain(journal)
    journal.finish(segment)

    assert journal.is_drained()


def test_seal_now_seals_what_was_appended_before_also_under_load(open_journal, pool, drain):
    """Requests that keep coming do not keep it waiting."""
    journal = open_journal()
    stop = threading.Event()

    def send(worker: int) -> None:
        number = 0
        while not stop.is_set():
            journal.append("traces", b"%d %d" % (worker, number))
            number += 1

    senders = [pool.submit(send, worker) for worker in range(4)]
    journal.append("logs", b"mine")
    journal.seal_now()
    found = [requests for segment, requests in drain(journal) if segment.signal == "logs"]
    stop.set()
    for sender in senders:
        sender.result(10)

    assert found == [[b"mine"]]


def test_close_seals_and_leaves_the_segments_for_the_next_opening(open_journal, drain):
    journal = open_journal()
    journal.append("traces", b"request")
    journal.close()
    journal.close()

    ((_, requests),) = drain(open_journal())
    assert requests == [b"request"]

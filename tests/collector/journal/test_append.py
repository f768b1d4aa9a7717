"""`append`: what it keeps, what it knows already, what it refuses."""

from __future__ import annotations

import errno
import stat

import pytest

from collector.failures import RequestUnavailable, StartFailure
from collector.journal import Journal


def test_what_was_acknowledged_is_in_a_segment(open_journal, drain):
    """Requests come out by signal, in the order in which they were appended, byte for byte."""
    journal = open_journal()
    for number in range(5):
        assert journal.append("traces", b"trace %d" % number) is True
        assert journal.append("logs", b"log %d" % number) is True
    journal.seal_now()

    segments = drain(journal)

    assert [(segment.signal, requests) for segment, requests in segments] == [
        ("traces", [b"trace %d" % number for number in range(5)]),
        ("logs", [b"log %d" % number for number in range(5)]),
    ]


def test_many_threads_share_commits(open_journal, drain, disk, pool, value_of):
    """What comes while the disk is busy is committed together: two syncs for twelve requests."""
    journal = open_journal()
    arrived, go = disk.hold("sync")
    first = pool.submit(journal.append, "traces", b"first")
    assert arrived.wait(10)
    others = [pool.submit(journal.append, "traces", b"other %d" % number) for number in range(11)]
    while journal.used_bytes < len("first") + 1 + sum(len(b"other %d" % n) + 1 for n in range(11)):
        pass
    go.set()

    assert first.result(10)
    assert all(other.result(10) for other in others)
    assert value_of("journal_syncs_total") == 2
    journal.seal_now()
    ((_, requests),) = drain(journal)
    assert sorted(requests) == sorted([b"first", *(b"other %d" % number for number in range(11))])


def test_a_request_is_not_acknowledged_before_it_is_synced(open_journal, disk, pool):
    journal = open_journal()
    arrived, go = disk.hold("sync")
    waiting = pool.submit(journal.append, "traces", b"request")
    assert arrived.wait(10)

    assert not waiting.done()
    go.set()
    assert waiting.result(10)


class TestDuplicates:
    def test_after_the_commit_it_is_acknowledged_and_not_kept(self, open_journal, drain, value_of):
        journal = open_journal()

        assert [journal.append("traces", b"same") for _ in range(3)] == [True, False, False]
        journal.seal_now()
        ((_, requests),) = drain(journal)
        assert requests == [b"same"]
        assert value_of("duplicate_requests_total", signal="traces") == 2

    def test_during_the_commit_it_waits_for_it(self, open_journal, disk, pool):
        """The second caller is acknowledged when the first one's bytes are on disk, not before."""
        journal = open_journal()
        arrived, go = disk.hold("sync")
        first = pool.submit(journal.append, "traces", b"same")
        assert arrived.wait(10)
        second = pool.submit(journal.append, "traces", b"same")

        with pytest.raises(TimeoutError):
            second.result(0.1)
        go.set()
        assert (first.result(10), second.result(10)) == (True, False)

    def test_it_fails_with_the_commit_it_waits_for(self, open_journal, disk, pool):
        """Nobody is told that a request is safe because somebody else tried to save it."""
        journal = open_journal()
        arrived, go = disk.hold("sync", then_raise=OSError(errno.EIO, "Input/output error"))
        first = pool.submit(journal.append, "traces", b"same")
        assert arrived.wait(10)
        second = pool.submit(journal.append, "traces", b"same")
        with pytest.raises(TimeoutError):
            second.result(0.1)
        go.set()

        for waiting in (first, second):
            with pytest.raises(RequestUnavailable, match="Input/output error"):
                waiting.result(10)
        disk.before.clear()
        assert journal.append("traces", b"same") is True

    def test_signals_do_not_share_digests(self, open_journal):
        journal = open_journal()

        assert journal.append("traces", b"same")
        assert journal.append("logs", b"same")

    def test_it_is_new_again_when_the_window_has_passed(self, open_journal, clock):
        journal = open_journal(duplicate_window_seconds=900)
        assert journal.append("traces", b"same")
        clock.passed_seconds = 899
        assert not journal.append("traces", b"same")
        clock.passed_seconds = 902

        assert journal.append("traces", b"same")

    def test_the_wall_clock_may_jump(self, open_journal, clock):
        """Somebody who sets the clock changes nothing: the window is measured in real seconds."""
        journal = open_journal()
        assert journal.append("traces", b"same")
        for clock.jumped_seconds in (-86_400, 86_400):
            assert not journal.append("traces", b"same")

    def test_it_is_acknowledged_also_when_the_journal_is_full(self, open_journal):
        journal = open_journal(journal_bytes_max=5)
        assert journal.append("traces", b"same")

        assert not journal.append("traces", b"same")


def test_an_empty_request_is_acknowledged_and_leaves_nothing(open_journal):
    journal = open_journal()

    assert journal.append("traces", b"") is False
    assert journal.is_drained()


def test_a_full_journal_refuses_until_a_segment_is_finished(open_journal, value_of):
    """The refusal names the setting and when to come back; what was refused is not kept."""
    journal = open_journal(journal_bytes_max=2000)
    assert journal.append("traces", b"x" * 1500)
    with pytest.raises(RequestUnavailable, match="journal-bytes 2000") as refusal:
        journal.append("logs", b"y" * 600)
    assert refusal.value.retry_after_seconds > 0
    assert value_of("journal_bytes") == 1502

    journal.seal_now()
    journal.finish(journal.next_sealed(timeout_seconds=0))

    assert journal.append("logs", b"y" * 600)


def test_a_disk_that_is_nearly_full_refuses(open_journal, disk, clock):
    """Free space is asked for once a second, not for every request."""
    free_bytes = [1000]
    asked = []
    disk.free_bytes = lambda folder: asked.append(folder) or free_bytes[0]
    journal = open_journal(disk_free_bytes_min=500)
    for number in range(10):
        journal.append("traces", b"request %d" % number)
    assert len(asked) == 1
    free_bytes[0] = 499
    clock.passed_seconds = 2

    with pytest.raises(RequestUnavailable, match="disk-free-bytes is 500"):
        journal.append("traces", b"one more")
    clock.passed_seconds = 4
    free_bytes[0] = 500
    assert journal.append("traces", b"one more")


def test_files_are_for_the_owners_eyes_only(open_journal, folder):
    journal = open_journal()
    journal.append("traces", b"secret")
    journal.seal_now()
    journal.append("traces", b"more")
    files = list(folder.iterdir())

    assert len(files) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_journal_that_is_not_open_refuses(folder, clock, metrics):
    journal = Journal(folder, clock=clock, metrics=metrics)
    with pytest.raises(RequestUnavailable, match="not open yet"):
        journal.append("traces", b"early")
    journal.open()
    journal.close()

    with pytest.raises(RequestUnavailable, match="closed"):
        journal.append("traces", b"late")


def test_a_folder_that_cannot_be_used_is_one_clear_line(tmp_path, clock, metrics):
    (tmp_path / "journal").write_text("a file")

    with pytest.raises(StartFailure, match=r"journal in .*/journal can't be opened: .*; give the"):
        Journal(tmp_path / "journal", clock=clock, metrics=metrics).open()

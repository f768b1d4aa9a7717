"""The disk fails, fills up or hangs: nothing acknowledged is lost, nothing refused is kept, nobody waits for ever."""

from __future__ import annotations

import errno
import os
import subprocess
import threading

import pytest

from collector.failures import RequestUnavailable
from collector.journal import Journal
from collector.journal.disk import Disk

NO_SPACE = OSError(errno.ENOSPC, "No space left on device")
IO_ERROR = OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("operation", ["write", "sync"])
@pytest.mark.parametrize("error", [NO_SPACE, IO_ERROR], ids=["ENOSPC", "EIO"])
def test_a_failed_commit_is_refused_and_costs_no_acknowledged_request(
    open_journal, disk, drain, operation, error, value_of
):
    """The segment ends where it was acknowledged; the next request goes into a new one."""
    journal = open_journal()
    journal.append("traces", b"before")
    disk.fail(operation, error=error, times=1)

    with pytest.raises(RequestUnavailable, match=error.strerror) as refusal:
        journal.append("traces", b"refused")
    assert refusal.value.retry_after_seconds > 0
    assert journal.append("traces", b"after") is True
    journal.seal_now()

    assert [requests for _, requests in drain(journal)] == [[b"before"], [b"after"]]
    assert value_of("journal_write_failures_total") == 1


def test_what_was_refused_may_be_sent_again(open_journal, disk, drain):
    journal = open_journal()
    disk.fail("sync", error=IO_ERROR, times=1)
    with pytest.raises(RequestUnavailable):
        journal.append("traces", b"request")
    assert journal.is_drained()

    assert journal.append("traces", b"request") is True
    journal.seal_now()
    assert [requests for _, requests in drain(journal)] == [[b"request"]]


def test_half_a_write_leaves_no_trace(open_journal, disk, drain, monkeypatch):
    """The disk takes a part of a batch and then no more: the part is cut off again."""
    journal = open_journal()
    journal.append("traces", b"before")
    really_write = Disk.write

    def write_half(self, fd, buffers) -> None:
        data = b"".join(buffers)
        really_write(self, fd, (data[: len(data) // 2],))
        raise NO_SPACE

    monkeypatch.setattr(Disk, "write", write_half)
    with pytest.raises(RequestUnavailable):
        journal.append("traces", b"refused" * 10)
    monkeypatch.undo()
    journal.append("traces", b"after")
    journal.seal_now()

    assert [requests for _, requests in drain(journal)] == [[b"before"], [b"after"]]


def test_a_batch_fails_as_a_whole_and_only_for_its_signal(open_journal, disk, pool, eventually):
    """Everybody who waited for the failed sync is refused; requests of another signal are not."""
    journal = open_journal()
    arrived, go = disk.hold("sync")
    first = pool.submit(journal.append, "traces", b"first")
    assert arrived.wait(10)
    batch = [pool.submit(journal.append, "traces", b"%d" % number) for number in range(8)]
    eventually(lambda: journal.used_bytes == 6 + 8 * 2)
    other = pool.submit(journal.append, "logs", b"other signal")
    eventually(lambda: journal.used_bytes == 6 + 8 * 2 + 13)
    calls = []

    def fail_the_second() -> None:
        calls.append(None)
        if len(calls) == 1:
            raise IO_ERROR

    disk.before["sync"] = fail_the_second
    go.set()

    assert first.result(10)
    for waiting in batch:
        with pytest.raises(RequestUnavailable):
            waiting.result(10)
    assert other.result(10)


@pytest.mark.parametrize("operation", ["cut", "rename", "sync_folder"])
def test_a_seal_that_fails_is_tried_again(open_journal, disk, clock, drain, operation, eventually):
    """Acknowledged requests are late, not lost; no name is handed out that is not on disk."""
    journal = open_journal()
    journal.append("traces", b"before")
    disk.fail("sync", error=IO_ERROR, times=1)
    disk.fail(operation, error=IO_ERROR, times=2)
    with pytest.raises(RequestUnavailable):
        journal.append("traces", b"refused")
    assert journal.pending() == ()
    with pytest.raises(RequestUnavailable):
        journal.append("traces", b"refused, for its segment can't be sealed")
    clock.passed_seconds += 2
    journal.append("logs", b"wakes the writer")

    eventually(journal.pending)
    assert [requests for _, requests in drain(journal)] == [[b"before"]]
    assert journal.append("traces", b"after") is True


def test_what_a_failed_cut_left_behind_is_known_after_a_restart(open_journal, disk, drain):
    """The refused request is still in the file when the process ends: kept once, for its client sends it again."""
    journal = open_journal()
    journal.append("traces", b"before")
    disk.fail("sync", error=IO_ERROR, times=1)
    disk.fail("cut", error=IO_ERROR)
    with pytest.raises(RequestUnavailable):
        journal.append("traces", b"refused")
    journal.close()
    disk.before.clear()

    journal = open_journal()
    assert [requests for _, requests in drain(journal)] == [[b"before", b"refused"]]
    assert journal.append("traces", b"refused") is False


@pytest.mark.parametrize("operation", ["write", "sync_folder"])
def test_a_segment_that_cannot_be_created_is_refused(open_journal, disk, operation):
    journal = open_journal()
    disk.fail(operation, error=NO_SPACE, times=3)
    for number in range(3):
        with pytest.raises(RequestUnavailable, match="No space left"):
            journal.append("traces", b"%d" % number)

    assert journal.append("traces", b"3") is True


class TestWriterDies:
    """A bug in the writer: an exception that is no OSError."""

    @pytest.fixture(autouse=True)
    def _expected(self, monkeypatch):
        monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def test_everybody_who_waits_is_refused(self, open_journal, disk, pool, eventually):
        journal = open_journal()
        arrived, go = disk.hold("sync", then_raise=RuntimeError("a bug"))
        waiting = [pool.submit(journal.append, "traces", b"first")]
        assert arrived.wait(10)
        waiting += [pool.submit(journal.append, "logs", b"%d" % number) for number in range(5)]
        eventually(lambda: journal.used_bytes == 6 + 5 * 2)
        flush = pool.submit(journal.seal_now)
        go.set()

        for future in waiting:
            with pytest.raises(RequestUnavailable, match="writer has died"):
                future.result(10)
        flush.result(10)

    def test_everybody_who_comes_later_is_refused(self, open_journal, disk):
        journal = open_journal()
        disk.fail("sync", error=RuntimeError("a bug"), times=1)
        for number in range(3):
            with pytest.raises(RequestUnavailable, match="restart the service"):
                journal.append("traces", b"%d" % number)
        journal.seal_now()
        journal.close()

    def test_a_restart_finds_what_was_acknowledged(self, open_journal, disk, drain):
        journal = open_journal()
        journal.append("traces", b"before")
        disk.fail("write", error=RuntimeError("a bug"), times=1)
        with pytest.raises(RequestUnavailable):
            journal.append("traces", b"refused")
        journal.close()

        assert [requests for _, requests in drain(open_journal())] == [[b"before"]]


def test_close_while_callers_wait_keeps_their_requests(open_journal, disk, pool, drain, eventually):
    """Who waited is acknowledged; who comes later is refused; the requests are there at the next opening."""
    journal = open_journal()
    arrived, go = disk.hold("sync")
    waiting = [pool.submit(journal.append, "traces", b"first")]
    assert arrived.wait(10)
    waiting += [pool.submit(journal.append, "traces", b"%d" % number) for number in range(5)]
    eventually(lambda: journal.used_bytes == 6 + 5 * 2)
    closing = pool.submit(journal.close)

    def is_refused() -> bool:
        try:
            journal.append("traces", b"first")
        except RequestUnavailable:
            return True
        return False

    later = pool.submit(eventually, is_refused)
    later.result(10)
    go.set()
    closing.result(10)

    assert all(future.result(10) for future in waiting)
    ((_, requests),) = drain(open_journal())
    assert sorted(requests) == [b"0", b"1", b"2", b"3", b"4", b"first"]


@pytest.fixture
def tiny_disk(tmp_path):
    """Mount a file system of one mebibyte."""
    mount_point = tmp_path / "tiny"
    mount_point.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount_point],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"needs the right to mount a tmpfs: {mounted.stderr.decode().strip()}")
    yield mount_point
    subprocess.run(["umount", mount_point], check=True)


def test_a_disk_that_is_really_full_loses_nothing(tiny_disk, clock, metrics, drain):
    """Until it is full everything is kept; then everything is refused; with room again it goes on."""
    journal = Journal(
        tiny_disk / "journal",
        clock=clock,
        metrics=metrics,
        disk_free_bytes_min=0,
        segment_bytes_max=200_000,
    )
    journal.open()
    kept, refused, reasons = [], [], set()
    for number in range(30):
        request = b"%8d" % number + os.urandom(70_000)
        try:
            assert journal.append("traces", request)
            kept.append(request)
        except RequestUnavailable as refusal:
            reasons.add(str(refusal))
            refused.append(request)
    assert all("No space left on device" in reason for reason in reasons)
    assert len(kept) >= 10
    assert len(refused) >= 10
    journal.seal_now()

    segments = drain(journal)
    assert [request for _, requests in segments for request in requests] == kept
    for segment, _ in segments[:3]:
        journal.finish(segment)
    assert journal.append("traces", refused[0])
    journal.close()

    reopened = Journal(tiny_disk / "journal", clock=clock, metrics=metrics, disk_free_bytes_min=0)
    reopened.open()
    found = [request for _, requests in drain(reopened) for request in requests]
    reopened.close()
    kept_in_drained = sum(len(requests) for _, requests in segments[:3])
    assert found == [*kept[kept_in_drained:], refused[0]]

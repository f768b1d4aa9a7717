"""A release with another version of the fingerprint is installed over a running one: errors go on in their groups."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from collector.fingerprint.versions import VERSIONS
from tests.e2e.running import Collector, command
from tests.e2e.test_crash_loses_nothing import send as send_without_pause
from tests.e2e.test_merge import REMOTE_SECONDS_MAX, send

if TYPE_CHECKING:
    from pathlib import Path

NEXT = ("tests.next_version", "next")
"""The next release: another version of the fingerprint, v99, that continues the one before."""


@dataclass(frozen=True)
class Place:
    """A collector that takes errors, the one that answers SQL, and how commands name the store."""

    taking: Collector
    answering: Collector
    database: str
    reading: tuple[str, ...]

    def groups(self) -> dict[str, dict[str, Any]]:
        """The list of groups, by where they were raised."""
        query = f"SELECT GroupId, Culprit, Events, FirstSeen, MergedGroups FROM {self.database}.errors"
        return {row["Culprit"].split()[-1]: row for row in self.answering.rows(query)}

    def versions(self) -> dict[str, int]:
        query = f"SELECT splitByChar(':', Fingerprint)[1] AS v, sum(Weight) AS n FROM {self.database}.error_events GROUP BY v"
        return {row["v"]: row["n"] for row in self.answering.rows(query)}

    def events(self) -> dict[str, int]:
        return {name: row["Events"] for name, row in self.groups().items()}


@pytest.fixture(params=["embedded", pytest.param("remote", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest) -> Place:
    """Both modes: the store in the collector, and in a ClickHouse server."""
    if request.param == "embedded":
        collector: Collector = request.getfixturevalue("collector")
        return Place(collector, collector, "otel", ("--data", str(collector.data)))
    server: Collector = request.getfixturevalue("server")
    at = ("--server", f"http://{server.status['sql']}/remote")
    return Place(request.getfixturevalue("remote"), server, "remote", at)


@pytest.mark.timeout(REMOTE_SECONDS_MAX)
def test_errors_go_on_in_their_groups_after_the_release(place: Place) -> None:
    send(place.taking, book=2, pay=3)
    before = place.groups()
    assert place.taking.stop() == 0

    place.taking.program = NEXT
    place.taking.start()
    send(place.taking, book=1, pay=1)
    after = place.groups()
    assert place.events() == {"book": 3, "pay": 4}
    assert place.versions() == {VERSIONS.current.name: 5, "v99": 2}
    for name, row in before.items():
        assert (after[name]["GroupId"], after[name]["FirstSeen"]) == (row["GroupId"], row["FirstSeen"])

    # Old and new ids name one group, for people and for what they do with it.
    (new_id,) = after["pay"]["MergedGroups"]
    shown = command("show", new_id, *place.reading, "--json")
    assert json.loads(shown.stdout)["group"]["GroupId"] == before["pay"]["GroupId"]
    changing = ("--data", str(place.taking.data)) if place.answering is place.taking else place.reading
    merged = command("merge", before["book"]["GroupId"], before["pay"]["GroupId"], *changing)
    assert merged.returncode == 0, merged.stderr
    send(place.taking, pay=1)
    assert list(place.events().values()) == [8]
    assert command("unmerge", before["pay"]["GroupId"], *changing).returncode == 0
    assert place.events() == {"book": 3, "pay": 5}

    place.taking.kill()
    place.taking.start()
    send(place.taking, pay=1)
    assert place.events() == {"book": 3, "pay": 6}
    (aliases,) = place.answering.rows(f"SELECT count() AS n FROM {place.database}.error_group_merges")
    assert aliases["n"] == 2


def test_kills_in_the_transition_lose_and_double_nothing(data: Path) -> None:
    """The old release is killed with work in its journal, and so is the new one that drains it, again and again."""
    running = Collector(data, ("--segment-seconds", "0.2")).start()
    numbers: list[int] = []
    acknowledged: list[int] = []
    try:
        for _ in range(4):
            stop = threading.Event()
            given = (running.status["grpc"], stop, numbers, acknowledged, threading.Lock())
            sender = threading.Thread(target=send_without_pause, args=given)
            sender.start()
            time.sleep(1.5)
            running.kill()
            stop.set()
            sender.join()
            running.program = NEXT
            running.start()
        running.flush()
        requests = {
            row["n"]: row["c"]
            for row in running.rows(
                "SELECT toUInt64(splitByChar(' ', ExceptionMessage)[2]) AS n, sum(Weight) AS c FROM error_events GROUP BY n"
            )
        }
        (stored,) = running.rows(
            "SELECT min(Timestamp) AS first, countIf(NOT startsWith(Fingerprint, 'v99:')) AS old, "
            "countIf(startsWith(Fingerprint, 'v99:')) AS new FROM error_events"
        )
        groups = running.rows("SELECT Events, FirstSeen, MergedGroups FROM errors")
    finally:
        running.kill()

    assert stored["old"]
    assert stored["new"]
    assert not set(acknowledged) - requests.keys()
    assert set(requests.values()) == {1}
    (group,) = groups
    assert (group["Events"], group["FirstSeen"], len(group["MergedGroups"])) == (len(requests), stored["first"], 1)

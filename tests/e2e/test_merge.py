"""Merging groups for real: exporters send, commands merge, and every view counts right before, after, and after that."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from collector.control import client
from collector.control.changes import MergeRequest, UnmergeRequest
from tests.e2e.running import Collector, command

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = (
    "SELECT groupArray(Culprit) AS culprits, groupArray(Events) AS events, groupArray(Users) AS users, "
    "(SELECT sum(Errors) FROM {0}.error_service_minutes) AS minutes, (SELECT sum(Weight) FROM {0}.error_events) AS stored "
    "FROM {0}.errors"
)
REMOTE_SECONDS_MAX = 300
"""A dozen commands against a server that is another collector, each with its own start."""


@dataclass(frozen=True)
class Place:
    """A collector that takes errors, the one that answers SQL, and how commands read and change."""

    taking: Collector
    answering: Collector
    database: str
    reading: tuple[str, ...]
    changing_without: tuple[str, ...]

    @property
    def changing(self) -> tuple[str, ...]:
        return ("--data", str(self.taking.data))

    def counts(self) -> dict[str, dict[str, int]]:
        """What each view counts, by the name of the group or of the service."""
        (row,) = self.answering.rows(COUNTS.format(self.database))
        names = [culprit.split()[-1] for culprit in row["culprits"]]
        return {
            "events": dict(zip(names, row["events"], strict=True)),
            "users": dict(zip(names, row["users"], strict=True)),
            "in all": {"minutes": row["minutes"], "stored": row["stored"]},
        }

    def trace(self, group: str) -> list[str]:
        """The spans of a group's latest trace."""
        query = f"SELECT SpanName FROM {self.database}.error_trace_spans(group = {{g:String}})"
        return [row["SpanName"] for row in self.answering.rows(query, {"g": group})]


@pytest.fixture(params=["embedded", pytest.param("remote", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest) -> Place:
    """Both modes: the store in the collector, and in a ClickHouse server."""
    if request.param == "embedded":
        collector: Collector = request.getfixturevalue("collector")
        data = ("--data", str(collector.data))
        return Place(collector, collector, "otel", data, data)
    server: Collector = request.getfixturevalue("server")
    at = ("--server", f"http://{server.status['sql']}/remote")
    return Place(request.getfixturevalue("remote"), server, "remote", at, at)


def book() -> None:
    raise LookupError("no such order")


def pay() -> None:
    raise TimeoutError("the bank does not answer")


def send(collector: Collector, service: str = "checkout", **times: int) -> None:
    """Let functions fail in spans of an ordinary SDK, each time for another user; wait until it is stored."""
    provider = TracerProvider(resource=Resource({"service.name": service}))
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=f"http://{collector.status['grpc']}", insecure=True))
    )
    tracer = provider.get_tracer("tests")
    for name, count in times.items():
        for number in range(count):
            # The span records what goes through it.
            with suppress(LookupError, TimeoutError), tracer.start_as_current_span(f"span {name}") as span:
                span.set_attribute("user.id", f"user {number}")
                {"book": book, "pay": pay}[name]()
    provider.shutdown()
    collector.flush()


def told(*arguments: str) -> Any:
    done = command(*arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def ids(place: Place) -> dict[str, str]:
    return {row["Culprit"].split()[-1]: row["GroupId"] for row in told("groups", *place.reading)}


@pytest.mark.timeout(REMOTE_SECONDS_MAX)
def test_a_merge_holds_for_what_comes_and_its_undoing_loses_nothing(place: Place) -> None:
    send(place.taking, book=2, pay=3)
    groups = ids(place)
    assert place.counts()["events"] == {"book": 2, "pay": 3}

    done = command("merge", groups["book"][:12], groups["pay"], "--comment", "one cause", *place.changing)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{groups['pay']} is now part of {groups['book']}" in done.stdout

    send(place.taking, book=2, pay=4)
    merged = place.counts()
    assert merged == {
        "events": {"pay": 11},  # the latest event's place
        "users": {"pay": 4},  # each function failed for the same ones
        "in all": {"minutes": 11, "stored": 11},
    }
    assert place.taking.stop() == 0
    place.taking.start()
    assert place.counts() == merged
    send(place.taking, book=1)
    assert place.counts()["events"] == {"book": 12}

    (row,) = told("groups", *place.reading)
    assert (row["GroupId"], row["MergedGroups"]) == (groups["book"], [groups["pay"]])
    for group in groups.values():
        assert place.trace(group) == ["span book"]
        shown = told("show", group, *place.reading)
        assert shown["group"]["GroupId"] == groups["book"]
        assert shown["event"]["ExceptionType"] == "LookupError"

    assert command("unmerge", groups["pay"], *place.changing).returncode == 0
    assert place.counts() == {
        "events": {"book": 5, "pay": 7},
        "users": {"book": 2, "pay": 4},
        "in all": {"minutes": 12, "stored": 12},
    }
    assert place.trace(groups["pay"]) == ["span pay"]
    assert ids(place) == groups


@pytest.mark.timeout(REMOTE_SECONDS_MAX)
def test_groups_are_merged_with_no_collector_in_between(place: Place) -> None:
    """In the folder that none owns, or in the ClickHouse server that is named."""
    send(place.taking, book=1, pay=1)
    groups = ids(place)
    place.taking.stop()

    assert told("merge", groups["book"], groups["pay"], *place.changing_without) == {
        "group": groups["book"],
        "groups": [groups["pay"]],
    }
    (row,) = told("groups", *place.reading)
    assert (row["Events"], row["MergedGroups"]) == (2, [groups["pay"]])
    listed = command("groups", *place.reading).stdout
    assert listed.splitlines()[1].split()[:3] == [groups["book"], groups["pay"], "2"]
    assert f"{groups['pay']}, merged into it" in command("show", groups["pay"][:9], *place.reading).stdout
    assert told("unmerge", groups["book"], *place.changing_without)["groups"] == [groups["pay"]]
    assert len(told("groups", *place.reading)) == 2


def test_what_can_not_be_merged_is_told_in_one_line(collector: Collector, data: Path) -> None:
    send(collector, book=1, pay=1)
    send(collector, "billing", book=1)
    mine, other = (
        {row["Culprit"].split()[-1]: row["GroupId"] for row in rows}
        for rows in (
            collector.rows(f"SELECT GroupId, Culprit FROM errors WHERE ServiceName = '{service}'")
            for service in ("checkout", "billing")
        )
    )
    by_data = ("--data", str(data))
    assert command("merge", mine["book"], mine["pay"], *by_data).returncode == 0

    for arguments, said in (
        (("merge", mine["book"], mine["pay"], *by_data), f"merged into {mine['book']} already"),
        (("merge", mine["book"], mine["book"], *by_data), "into itself"),
        (("merge", mine["book"], other["book"], *by_data), "--across-services"),
        (("merge", mine["book"], "nothing", *by_data), "there is no group 'nothing'"),
        (("unmerge", other["book"], *by_data), "not merged with any other"),
        (("unmerge", mine["pay"], "--server", f"http://{collector.status['sql']}"), "--data"),
        (("unmerge", mine["pay"], "--data", f"{data}/none"), "no collector runs in"),
        (("unmerge", mine["pay"], "--data", f"{data}/none", "--server", "http://127.0.0.1:1"), "no SQL answers at"),
    ):
        done = command(*arguments)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert done.stderr.startswith("otel-errors: ")
        assert len(done.stderr.splitlines()) == 1
        assert said in done.stderr


def test_two_who_merge_the_same_groups_the_other_way_round_leave_one_group(collector: Collector) -> None:
    """And a kill right after the answer does not take it back."""
    send(collector, book=1, pay=1)
    book, pay = (row["GroupId"] for row in collector.rows("SELECT GroupId FROM errors ORDER BY Culprit"))

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(merged, collector, *pair) for pair in ((book, pay), (pay, book))]
        answers = [one.result() for one in asked]
    collector.kill()

    assert any(answers)
    (row,) = told("groups", "--data", str(collector.data))
    (other,) = {book, pay} - {row["GroupId"]}
    assert (row["Events"], row["MergedGroups"]) == (2, [other])


def merged(collector: Collector, into: str, group: str) -> bool:
    try:
        client.change(collector.data, "merge", MergeRequest(into=into, groups=(group,)))
    except client.ControlRefused:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "asked", "said"),
    [
        ("merge", UnmergeRequest(group="0"), "not understood: into Field required"),
        ("unmerge", UnmergeRequest(group="0" * 300_000), "longer than 262144 bytes"),
    ],
)
def test_the_control_socket_refuses_what_it_does_not_understand(
    kind: str, asked: UnmergeRequest, said: str, collector: Collector, data: Path
) -> None:
    with pytest.raises(client.ControlRefused, match=said):
        client.change(data, kind, asked)

    assert client.status(data)["pid"] == collector.status["pid"]

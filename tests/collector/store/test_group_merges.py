"""Merges in a real database: every view counts a group with all that was merged into it, and gives it back."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from collector.clock import SystemClock
from collector.failures import Failure
from collector.store.group_merges import GROUPS_A_MERGE_MAX, GroupMerges
from collector.store.statements import statement
from collector.store.store import Store
from tests.collector.errors import insert_errors
from tests.collector.store.test_errors import event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from collector.store.embedded import EmbeddedConnection, EmbeddedEngine

STACK = (
    'Traceback (most recent call last):\n  File "/srv/app/{0}.py", line 3, in {0}\n    raise {0}()\n{0}: {1} is gone\n'
)


class SetClock:
    """A clock that tests turn."""

    def __init__(self, now_ns: int) -> None:
        self.at_ns = now_ns

    def now_ns(self) -> int:
        return self.at_ns

    def monotonic(self) -> float:
        return self.at_ns / 1e9


@pytest.fixture
def opened(engine: EmbeddedEngine, connection: EmbeddedConnection) -> Iterator[EmbeddedConnection]:
    """A connection in the test's database."""
    made = engine.connect()
    yield made
    made.close()


@pytest.fixture
def merges(opened: EmbeddedConnection) -> GroupMerges:
    return GroupMerges(opened, clock=SystemClock())


@pytest.fixture
def store(opened: EmbeddedConnection, tmp_path: Path) -> Store:
    return Store(opened)


@pytest.fixture
def groups(store: Store) -> dict[str, str]:
    """Six groups, by name: `a` with one event of one user, `b` with two of two, ... the later the name, the later seen."""
    return fill(store, "abcdef")


def fill(store: Store, names: str, *, begin: int = 0, **given: Any) -> dict[str, str]:
    events = []
    for number, name in enumerate(names, start=1):
        for n in range(number):
            events.append(
                event(
                    begin + number * 100 + n,
                    exception_type=f"shop.{name}",
                    exception_message=f"{name} is gone",
                    exception_stacktrace=STACK.format(f"shop_{name}", name),
                    trace_id=f"{number:02x}" * 16,
                    attributes={"user.id": f"user-{n}"},
                    **given,
                )
            )
    insert_errors(store, events, segment=f"{begin}{names}")
    return {
        name: next(e.grouping.group_id for e in events if e.sighting.exception_type == f"shop.{name}") for name in names
    }


def listed(connection: EmbeddedConnection) -> list[dict[str, Any]]:
    return connection.rows("SELECT * FROM errors ORDER BY GroupId")


def counts(connection: EmbeddedConnection) -> dict[str, int]:
    return {row["GroupId"]: row["Events"] for row in listed(connection)}


def test_a_merged_group_counts_in_its_target(
    opened: EmbeddedConnection, merges: GroupMerges, groups: dict[str, str]
) -> None:
    """Events add up, users are those of either, times and texts are those of both together; the group stays its own."""
    before = {row["GroupId"]: row for row in listed(opened)}

    done = merges.merge(groups["b"], [groups["d"], groups["c"]], created_by="ann", comment="it's \\ 'one' ü")

    assert (done.group, set(done.groups)) == (groups["b"], {groups["c"], groups["d"]})
    after = {row["GroupId"]: row for row in listed(opened)}
    row = after[groups["b"]]
    own, latest = before[groups["b"]], before[groups["d"]]
    assert set(before) - set(after) == {groups["c"], groups["d"]}
    assert (row["Events"], row["Users"]) == (2 + 3 + 4, 4)
    assert row["MergedGroups"] == sorted([groups["c"], groups["d"]])
    assert (row["FirstSeen"], row["LastSeen"]) == (own["FirstSeen"], latest["LastSeen"])
    assert {name: row[name] for name in ("Fingerprint", "ServiceName", "FirstRelease")} == {
        name: own[name] for name in ("Fingerprint", "ServiceName", "FirstRelease")
    }
    texts = ("ExceptionType", "Message", "Culprit", "LastTraceId", "LastEventId")
    assert {name: row[name] for name in texts} == {name: latest[name] for name in texts}
    assert {
        (row["GroupId"], row["RootGroupId"], row["CreatedBy"], row["Comment"])
        for row in opened.rows("SELECT * FROM error_group_merges")
    } == {(groups[name], groups["b"], "ann", "it's \\ 'one' ü") for name in "cd"}


def test_events_that_come_after_a_merge_count_in_the_target(
    opened: EmbeddedConnection, store: Store, merges: GroupMerges, groups: dict[str, str]
) -> None:
    merges.merge(groups["b"], [groups["a"]])

    fill(store, "ab", begin=1000)

    assert counts(opened)[groups["b"]] == 1 + 2 + 1 + 2


def test_an_unmerge_gives_back_what_was_there_before(
    opened: EmbeddedConnection, merges: GroupMerges, groups: dict[str, str]
) -> None:
    """Of a chain, the group that is taken out keeps what had been merged into it."""
    apart = listed(opened)
    merges.merge(groups["b"], [groups["a"]])
    before = listed(opened)
    merges.merge(groups["c"], [groups["b"]])
    assert counts(opened)[groups["c"]] == 6

    assert merges.unmerge(groups["b"]).group == groups["c"]
    assert listed(opened) == before
    assert merges.unmerge(groups["b"]).groups == (groups["a"],)
    assert listed(opened) == apart


def test_a_change_holds_when_the_clock_goes_back(opened: EmbeddedConnection, groups: dict[str, str]) -> None:
    clock = SetClock(2_000_000_000_000_000_000)
    merges = GroupMerges(opened, clock=clock)
    before = counts(opened)
    merges.merge(groups["b"], [groups["a"]])
    clock.at_ns -= 10**15

    merges.unmerge(groups["a"])

    assert counts(opened) == before


def test_merging_into_a_merged_group_means_the_one_it_is_part_of(
    opened: EmbeddedConnection, merges: GroupMerges, groups: dict[str, str]
) -> None:
    merges.merge(groups["b"], [groups["a"]])

    assert merges.merge(groups["a"], [groups["c"]]).group == groups["b"]
    assert counts(opened)[groups["b"]] == 6


def test_statements_and_views_of_one_group_take_the_id_of_any_member(
    opened: EmbeddedConnection, merges: GroupMerges, groups: dict[str, str]
) -> None:
    merges.merge(groups["a"], [groups["b"], groups["c"]])
    for name in "abc":
        members = opened.rows("SELECT * FROM error_group_members(group = {g:String})", {"g": groups[name]})
        assert {row["GroupId"] for row in members} == {groups[member] for member in "abc"}
        (event_row,) = opened.rows(statement("latest_event"), {"group": groups[name]})
        assert event_row["ExceptionMessage"] == "c is gone"
        (found,) = opened.rows(statement("find_groups"), {"prefix": groups[name][:12], "limit": 5})
        assert (found["GroupId"], found["Events"]) == (groups["a"], 6)
    assert {row["GroupId"] for row in opened.rows(statement("groups"), {"since": 10**9, "limit": 10})} == {
        groups[name] for name in "adef"
    }
    assert len(opened.rows("SELECT * FROM error_group_members(group = {g:String})", {"g": groups["f"]})) == 1


def test_a_users_profile_that_joins_with_nulls_changes_no_answer(
    opened: EmbeddedConnection, merges: GroupMerges, groups: dict[str, str]
) -> None:
    merges.merge(groups["a"], [groups["b"]])
    members = "SELECT GroupId FROM error_group_members(group = {g:String}) ORDER BY GroupId"

    for query in (
        "SELECT * FROM errors ORDER BY GroupId",
        members,
        statement("find_groups"),
        statement("stale_aliases"),
    ):
        for name in "abc":
            given = {"g": groups[name], "prefix": groups[name], "limit": 5}
            assert opened.rows(f"{query} SETTINGS join_use_nulls = 1", given) == opened.rows(query, given)


def test_ids_may_be_cut(opened: EmbeddedConnection, merges: GroupMerges, groups: dict[str, str]) -> None:
    merges.merge(groups["a"][:10].upper(), [f" {groups['b'][:10]}"])

    assert counts(opened)[groups["a"]] == 3


REFUSED = [
    ("b", ["b"], "into itself"),
    ("a", ["b"], "can't be merged into {a}, which is part of it"),
    ("b", ["a"], "merged into {b} already"),
    ("c", ["a"], "unmerge {a}"),
    ("c", ["0" * 16], "there is no group '0000000000000000'"),
    ("c", ["' OR 1"], "there is no group"),
    ("", ["c"], "there is no group"),
    ("c", ["other"], "service checkout of shop"),
    ("other", ["c"], "--across-services"),
    ("c", [], "0 groups"),
    ("c", ["d"] * (GROUPS_A_MERGE_MAX + 1), f"give 1 to {GROUPS_A_MERGE_MAX}"),
]
"""Merge what into which: `a` is part of `b`, `other` is of another service."""


def test_what_can_not_be_merged_is_refused_and_changes_nothing(
    opened: EmbeddedConnection, store: Store, merges: GroupMerges, groups: dict[str, str]
) -> None:
    merges.merge(groups["b"], [groups["a"]])
    other = fill(store, "o", begin=5000, resource={"service.name": "billing"})["o"]
    named = {**groups, "other": other}
    before = counts(opened)

    for into, others, told in REFUSED:
        with pytest.raises(Failure) as failure:
            merges.merge(named.get(into, into), [named.get(name, name) for name in others])
        assert told.format(**groups) in str(failure.value)
        assert "\n" not in str(failure.value)

    assert counts(opened) == before


class Interrupted:
    """A connection during whose first insert somebody else merges."""

    def __init__(self, connection: EmbeddedConnection, other: Callable[[], object]) -> None:
        self._connection, self._other = connection, [other]
        self.rows = connection.rows

    def command(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Any:
        if self._other:
            self._other.pop()()
        return self._connection.command(statement, parameters)


@pytest.mark.parametrize(("into", "group"), [("a", "b"), ("b", "a")])
def test_who_merges_the_other_way_round_at_the_same_time_is_told(
    into: str, group: str, opened: EmbeddedConnection, merges: GroupMerges, groups: dict[str, str]
) -> None:
    """Of the two links one is opened, whoever wrote first; what is said of a merge is what holds."""
    interrupted = Interrupted(opened, lambda: merges.merge(groups[group], [groups[into]]))
    root, member = sorted((groups["a"], groups["b"]))
    holds = groups[group] == member

    with nullcontext() if holds else pytest.raises(Failure, match="by somebody else at the same time"):
        GroupMerges(interrupted, clock=SystemClock()).merge(groups[into], [groups[group]])

    linked = opened.rows("SELECT GroupId, RootGroupId FROM error_group_merges")
    assert linked == [{"GroupId": member, "RootGroupId": root}]


def test_a_merge_that_was_cut_short_can_be_repeated(
    opened: EmbeddedConnection, merges: GroupMerges, groups: dict[str, str]
) -> None:
    """What is in already is not written again, and not refused."""
    merges.merge(groups["a"], [groups["b"], groups["c"]], comment="first")

    merges.merge(groups["a"], [groups[name] for name in "bcde"], comment="second")

    assert counts(opened)[groups["a"]] == 15
    rows = opened.rows("SELECT Comment, count() AS n FROM error_group_aliases GROUP BY Comment ORDER BY Comment")
    assert rows == [{"Comment": "first", "n": 2}, {"Comment": "second", "n": 2}]


def test_groups_of_two_services_are_merged_when_asked_for(
    opened: EmbeddedConnection, store: Store, merges: GroupMerges, groups: dict[str, str]
) -> None:
    """The events stay where they happened: the service's minutes do not change."""
    other = fill(store, "o", begin=5000, resource={"service.name": "billing"})["o"]
    minutes = (
        "SELECT ServiceName, sum(Errors) AS n FROM error_service_minutes GROUP BY ServiceName ORDER BY ServiceName"
    )
    before = opened.rows(minutes)

    merges.merge(groups["a"], [other], across_services=True)

    (row,) = [row for row in listed(opened) if row["GroupId"] == groups["a"]]
    assert (row["ServiceName"], row["Events"], row["Message"]) == ("checkout", 2, "o is gone")
    assert opened.rows(minutes) == before == [{"ServiceName": "billing", "n": 1}, {"ServiceName": "checkout", "n": 21}]


def test_what_can_not_be_taken_apart_is_refused(merges: GroupMerges, groups: dict[str, str]) -> None:
    for group, told in ((groups["f"], "not merged with any other"), ("0" * 16, "there is no group")):
        with pytest.raises(Failure, match=told):
            merges.unmerge(group)


def test_a_change_that_was_interrupted_is_finished_at_the_next_start(
    opened: EmbeddedConnection, merges: GroupMerges, groups: dict[str, str]
) -> None:
    """The link was written, the rows of what it takes along were not."""
    merges.merge(groups["b"], [groups["a"]])
    opened.command(
        "INSERT INTO error_group_aliases (GroupId, TargetGroupId, RootGroupId, Kind, CreatedAt) VALUES "
        f"('{groups['b']}', '{groups['c']}', '{groups['c']}', 'merge', now64(9) + 1)"
    )
    assert groups["b"] in counts(opened)

    assert [merges.finish(), merges.finish()] == [1, 0]
    assert counts(opened)[groups["c"]] == 6


def test_a_database_of_an_earlier_version_says_what_to_do(
    opened: EmbeddedConnection, merges: GroupMerges, groups: dict[str, str]
) -> None:
    opened.command("DROP TABLE error_group_aliases")

    with pytest.raises(Failure, match="start `otel-errors serve` once"):
        merges.merge(groups["a"], [groups["b"]])

"""Groups that continue those of an earlier version of the fingerprint, in a real database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from collector.clock import SystemClock
from collector.failures import Failure
from collector.store.alias_plan import Continuation
from collector.store.alias_rows import IDS_A_STATEMENT_MAX
from collector.store.group_merges import GroupMerges
from collector.store.store import Store
from tests.collector.store.test_group_merges import counts, fill

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collector.store.embedded import EmbeddedConnection, EmbeddedEngine

NEW = "0123456789abcdef"


@pytest.fixture
def opened(engine: EmbeddedEngine, connection: EmbeddedConnection) -> Iterator[EmbeddedConnection]:
    """A connection in the test's database."""
    made = engine.connect()
    yield made
    made.close()


@pytest.fixture
def merges(opened: EmbeddedConnection) -> GroupMerges:
    return GroupMerges(opened, clock=SystemClock())


class Counting:
    """A connection that counts its statements, and can do something before one of them."""

    def __init__(self, connection: EmbeddedConnection) -> None:
        self.connection = connection
        self.statements = 0
        self.before_write: Any = None

    def command(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Any:
        self.statements += 1
        if self.before_write is not None:
            act, self.before_write = self.before_write, None
            act()
        return self.connection.command(statement, parameters)

    def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        self.statements += 1
        return self.connection.rows(statement, parameters)

    def insert_file(self, *given: Any, **named: Any) -> None:
        self.connection.insert_file(*given, **named)


@pytest.fixture
def counting(opened: EmbeddedConnection) -> Counting:
    return Counting(opened)


@pytest.fixture
def store(counting: Counting) -> Store:
    return Store(counting)


@pytest.fixture
def groups(store: Store) -> dict[str, str]:
    """Six groups, by name: `a` with one event, `b` with two, ..."""
    return fill(store, "abcdef")


def one(group: str, *previous: str) -> Continuation:
    return Continuation(group, previous)


def aliases(connection: EmbeddedConnection) -> int:
    return connection.rows("SELECT count() AS n FROM error_group_aliases")[0]["n"]


def test_a_group_continues_once_however_often_it_is_told(
    opened: EmbeddedConnection, store: Store, merges: GroupMerges, groups: dict[str, str]
) -> None:
    """Where the old group counts, also when that was merged; and an unmerge of the old one leaves it there."""
    told = [one(groups["d"], groups["a"]), one(groups["e"], groups["b"]), one(NEW, groups["b"])]
    merges.merge(groups["c"], [groups["b"]])

    assert [store.continue_groups(told), store.continue_groups(told)] == [3, 0]
    assert counts(opened) == {groups["a"]: 1 + 4, groups["c"]: 2 + 3 + 5, groups["f"]: 6}
    merges.unmerge(groups["c"])
    assert counts(opened) == {groups["a"]: 1 + 4, groups["b"]: 2 + 5, groups["c"]: 3, groups["f"]: 6}


def test_what_somebody_took_out_stays_out(
    opened: EmbeddedConnection, store: Store, merges: GroupMerges, groups: dict[str, str]
) -> None:
    told = [one(groups["e"], groups["a"]), one(groups["e"], groups["b"])]
    store.continue_groups(told)
    assert counts(opened)[groups["a"]] == 1 + 2 + 5

    with pytest.raises(Failure, match=f"by its own id: .*{groups['e']}"):
        merges.unmerge(groups["a"])
    merges.unmerge(groups["b"])
    assert store.continue_groups(told) == 0
    merges.merge(groups["c"], [groups["b"]])
    assert store.continue_groups(told) == 0
    merges.unmerge(groups["e"])
    assert store.continue_groups(told) == 0
    assert counts(opened) == {groups["a"]: 1, groups["c"]: 2 + 3, groups["d"]: 4, groups["e"]: 5, groups["f"]: 6}


def test_a_group_that_nobody_has_seen_is_not_continued(
    opened: EmbeddedConnection, store: Store, groups: dict[str, str]
) -> None:
    assert store.continue_groups([one(groups["a"], NEW), one(NEW, "f" * 16)]) == 0
    assert aliases(opened) == 0
    assert len(counts(opened)) == 6


def test_of_several_earlier_versions_the_newest_that_has_a_group_is_continued(
    opened: EmbeddedConnection, store: Store, groups: dict[str, str]
) -> None:
    store.continue_groups([one(groups["b"], groups["a"])])
    store.continue_groups([one(groups["c"], groups["b"], groups["a"]), one(groups["d"], NEW, groups["a"])])

    assert opened.rows("SELECT GroupId, TargetGroupId, RootGroupId FROM error_group_merges ORDER BY GroupId") == sorted(
        [
            {"GroupId": groups[group], "TargetGroupId": groups[target], "RootGroupId": groups["a"]}
            for group, target in ("ba", "cb", "da")
        ],
        key=lambda row: row["GroupId"],
    )


def test_a_group_split_in_two_goes_on_as_one(opened: EmbeddedConnection, store: Store, groups: dict[str, str]) -> None:
    assert store.continue_groups([one(groups["b"], groups["a"]), one(groups["c"], groups["a"])]) == 2
    assert counts(opened)[groups["a"]] == 1 + 2 + 3


def test_two_groups_joined_in_one_go_on_as_one(
    opened: EmbeddedConnection, store: Store, groups: dict[str, str]
) -> None:
    """In one segment or in two, and a group that people had merged one of them into comes along."""
    store.continue_groups([one(NEW, groups["a"]), one(NEW, groups["b"])])
    GroupMerges(opened, clock=SystemClock()).merge(groups["d"], [groups["c"]])
    store.continue_groups([one(NEW, groups["c"])])

    assert counts(opened) == {groups["a"]: 1 + 2 + 3 + 4, groups["e"]: 5, groups["f"]: 6}


def test_a_merge_at_the_same_time_is_followed(
    opened: EmbeddedConnection, counting: Counting, store: Store, merges: GroupMerges, groups: dict[str, str]
) -> None:
    counting.before_write = lambda: merges.merge(groups["b"], [groups["a"]])

    store.continue_groups([one(NEW, groups["a"])])

    (row,) = opened.rows("SELECT RootGroupId FROM error_group_merges WHERE GroupId = {g:String}", {"g": NEW})
    assert row["RootGroupId"] == groups["b"]


def test_a_batch_of_groups_takes_a_few_statements(opened: EmbeddedConnection, counting: Counting, store: Store) -> None:
    """However many: none is asked about alone, and neither is one whose group has thousands already."""
    olds = [f"{n:016x}" for n in range(1, 2 * IDS_A_STATEMENT_MAX)]
    opened.command(
        "INSERT INTO error_groups (GroupId, ServiceName, Events) SELECT arrayJoin({g:Array(String)}), 'shop', 1",
        {"g": olds},
    )
    told = [one(f"{1:08x}{n:08x}", old) for n, old in enumerate(olds)]
    told += [one(f"{2:08x}{n:08x}", olds[0]) for n in range(2 * IDS_A_STATEMENT_MAX)]
    counting.statements = 0

    assert store.continue_groups(told) == len(told)
    assert counting.statements <= 7 * -(-len(told) // IDS_A_STATEMENT_MAX)
    counting.statements = 0
    assert store.continue_groups(told) == 0
    assert counting.statements <= 4 * -(-len(told) // IDS_A_STATEMENT_MAX)
    assert aliases(opened) == len(told)

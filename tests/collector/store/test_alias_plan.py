"""Merges, unmerges and versions of groups, against the plainest thing that could be true: a tree of links."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from collector.store.alias_plan import (
    MERGE_DEPTH_MAX,
    Alias,
    VersionAlias,
    continue_versions,
    depth_below,
    members_of,
    merge,
    root_of,
    settle,
    unmerge,
)

GROUPS = "abcdefgh"


def written(aliases: dict[str, Alias], changes: list[Alias]) -> dict[str, Alias]:
    """The latest rows after a change."""
    assert len({change.group_id for change in changes}) == len(changes)
    return {**aliases, **{change.group_id: change for change in changes}}


def merged(aliases: dict[str, Alias], target: str, *groups: str) -> dict[str, Alias]:
    return written(aliases, merge(target, groups, aliases, created_by="me", comment="why"))


def unmerged(aliases: dict[str, Alias], *groups: str) -> dict[str, Alias]:
    return written(aliases, unmerge(groups, aliases, created_by="", comment=""))


def counted_in(aliases: dict[str, Alias]) -> dict[str, str]:
    """Where the events of each group are counted, as the views have it: by the stored root alone."""
    return {group: aliases[group].root_group_id or group if group in aliases else group for group in GROUPS}


def links(aliases: dict[str, Alias]) -> dict[str, tuple[str, str, str]]:
    return {
        group: (alias.target_group_id, alias.kind, alias.comment)
        for group, alias in aliases.items()
        if alias.root_group_id
    }


def test_a_merged_group_takes_along_what_was_merged_into_it_and_gives_it_back() -> None:
    before = merged({}, "b", "a")
    after = merged(before, "c", "b")
    assert counted_in(after) | {} == {group: "c" if group in "abc" else group for group in GROUPS}

    back = unmerged(after, "b")
    assert counted_in(back) == counted_in(before)
    assert links(back) == links(before)


def test_rows_that_follow_keep_who_asked_for_the_merge_and_why() -> None:
    before = merged({}, "b", "a")

    (_, follower) = merge("c", ["b"], before, created_by="somebody else", comment="")

    assert follower == replace(before["a"], root_group_id="c")


def test_an_unmerged_group_can_be_merged_again() -> None:
    again = merged(unmerged(merged({}, "b", "a"), "a"), "c", "a")
    assert counted_in(again)["a"] == "c"


def test_a_version_holds_once_and_yields_to_what_people_merged() -> None:
    pair = VersionAlias(group_id="a", target_group_id="b")
    aliases = written({}, continue_versions([pair, pair], {}))
    assert links(aliases) == {"a": ("b", "version", "")}
    assert not continue_versions([pair], merged({}, "b", "a"))


def test_groups_that_a_version_sees_as_one_become_one() -> None:
    """Otherwise the second one would get no events any more, although its error goes on."""
    pairs = [VersionAlias(group_id="a", target_group_id="b"), VersionAlias(group_id="a", target_group_id="c")]
    aliases = written({}, continue_versions(pairs, {}))
    assert links(aliases) == {"a": ("b", "version", ""), "c": ("a", "version", "")}
    assert counted_in(aliases) | {"a": "b", "c": "b"} == counted_in(aliases)
    assert not continue_versions(pairs[::-1], aliases)


def test_groups_that_a_version_sees_as_one_bring_along_what_people_merged() -> None:
    before = merged(merged({}, "d", "c"), "e", "b")
    pairs = [VersionAlias(group_id="a", target_group_id="b"), VersionAlias(group_id="a", target_group_id="c")]
    aliases = written(before, continue_versions(pairs, before))
    assert {counted_in(aliases)[group] for group in "abcde"} == {"e"}
    assert links(aliases)["d"] == ("a", "version", "")
    assert counted_in(unmerged(aliases, "d")) == {group: group for group in GROUPS} | {"a": "e", "b": "e", "c": "d"}


def test_a_version_does_not_put_together_what_somebody_took_apart() -> None:
    first, second = VersionAlias(group_id="a", target_group_id="b"), VersionAlias(group_id="a", target_group_id="c")
    aliases = written({}, continue_versions([first, second], {}))
    made = [VersionAlias(group_id="a", target_group_id="b"), VersionAlias(group_id="c", target_group_id="a")]

    apart = unmerged(aliases, "c")
    assert not continue_versions([first, second], apart, made)
    assert not continue_versions([first, second], merged(apart, "d", "c"), made)
    assert not continue_versions([first], unmerged(apart, "a"), made)
    assert continue_versions([VersionAlias(group_id="a", target_group_id="e")], unmerged(apart, "a"), made)


def test_a_version_of_a_merged_group_counts_where_that_one_does() -> None:
    before = merged({}, "c", "b")
    aliases = written(before, continue_versions([VersionAlias(group_id="a", target_group_id="b")], before))
    assert counted_in(aliases)["a"] == "c"
    assert counted_in(unmerged(aliases, "b"))["a"] == "b"


def test_versions_of_one_batch_may_build_on_each_other() -> None:
    pairs = [VersionAlias(group_id="a", target_group_id="b"), VersionAlias(group_id="b", target_group_id="c")]
    assert {counted_in(written({}, continue_versions(pairs, {})))[group] for group in "abc"} == {"c"}
    assert {counted_in(written({}, continue_versions(pairs[::-1], {})))[group] for group in "abc"} == {"c"}


def test_no_link_closes_a_circle() -> None:
    before = merged({}, "a", "b")
    assert not continue_versions([VersionAlias(group_id="a", target_group_id="b")], before)


def test_a_chain_has_an_end() -> None:
    pairs = [VersionAlias(group_id=f"{n}", target_group_id=f"{n + 1}") for n in range(MERGE_DEPTH_MAX * 2)]

    for order in (pairs, pairs[::-1]):
        aliases = written({}, continue_versions(order, {}))
        assert max(depth_below(group, aliases) for group in {*aliases, f"{MERGE_DEPTH_MAX * 2}"}) <= MERGE_DEPTH_MAX
        assert not settle(aliases)


def test_two_changes_that_did_not_see_each_other_are_put_right() -> None:
    """One merged a into b, one b into c: the views would show a alone in a group that is none."""
    raced = {**merged({}, "b", "a"), **merged({}, "c", "b")}
    assert counted_in(raced)["a"] == "b"
    assert counted_in(written(raced, settle(raced)))["a"] == "c"


def test_a_circle_that_two_changes_made_is_opened() -> None:
    raced = {**merged({}, "b", "a"), **merged({}, "c", "b"), **merged({}, "a", "c")}

    right = written(raced, settle(raced))

    assert len(links(right)) == 2
    assert len({counted_in(right)[group] for group in "abc"}) == 1
    assert not settle(right)


STEPS = st.lists(
    st.tuples(st.sampled_from(["merge", "unmerge", "version"]), st.sampled_from(GROUPS), st.sampled_from(GROUPS)),
    max_size=30,
)


@given(STEPS)
def test_after_any_changes_every_group_counts_where_its_links_lead(steps: list[tuple[str, str, str]]) -> None:
    aliases: dict[str, Alias] = {}
    parents: dict[str, str] = {}

    def top(group: str) -> str:
        while group in parents:
            group = parents[group]
        return group

    for kind, group, other in steps:
        if kind == "unmerge" and group in parents:
            aliases = unmerged(aliases, group)
            del parents[group]
        elif kind == "merge" and group not in parents and top(other) != group:
            aliases = merged(aliases, top(other), group)
            parents[group] = top(other)
        elif kind == "version" and top(other) != top(group):
            pair = VersionAlias(group_id=group, target_group_id=other)
            aliases = written(aliases, continue_versions([pair], aliases))
            below, above = (top(other), group) if group in parents else (group, other)
            parents[below] = above
        assert counted_in(aliases) == {name: top(name) for name in GROUPS}
        assert {name: root_of(name, aliases) for name in GROUPS} == counted_in(aliases)
        assert not settle(aliases)
    children = {name: tuple(sorted(child for child in parents if parents[child] == name)) for name in GROUPS}
    assert {
        name: tuple(sorted(members_of(name, aliases, "merge") + members_of(name, aliases, "version")))
        for name in GROUPS
    } == children

"""Decides what a merge, an unmerge or a later version of a fingerprint changes (pure).

A group that is part of another one has a *link* to it: what was asked for, and what an unmerge takes back. Links make
trees; the *root* of a tree is the group that its events are counted in. Each row of the history carries both, so that
views need one step. Links are the truth: `settle` finds the rows whose root no longer follows from them, which is how a
merge of a group takes along what was merged into it, and how an unmerge gives that back.

Two writers that do not see each other can leave roots that are out of date, or a circle. `settle` puts both right, so
whoever writes looks again afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["merge", "version", "unmerge"]

MERGE_DEPTH_MAX = 64
"""Links from a group up to its root. People merge two or three deep; it bounds every walk, also one in a circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """What the history says last of one group: a row of `error_group_aliases` without its time.

    `root_group_id` is empty when the group stands for itself; then `target_group_id` is what it was taken out of.
    """

    group_id: str
    target_group_id: str
    root_group_id: str
    kind: Kind
    created_by: str = ""
    comment: str = ""


class Continuation(NamedTuple):
    """One error's group, and its groups by earlier versions of the fingerprint, the newest first.

    It continues the first of `previous` that has events, if one has.
    """

    group_id: str
    previous: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionAlias:
    """One error by two versions of the fingerprint: `group_id` continues `target_group_id`."""

    group_id: str
    target_group_id: str


Aliases = Mapping[str, Alias]
"""The latest row of each group, by its id. Must hold whole trees: a group with all above and below it."""


def root_of(group_id: str, aliases: Aliases) -> str:
    """The group that a group's events are counted in, by the links; itself when it has none, or is in a circle."""
    links = _links_above(group_id, aliases)
    return links[-1].target_group_id if 0 < len(links) <= MERGE_DEPTH_MAX else group_id


def depth_below(group_id: str, aliases: Aliases) -> int:
    """How many links lie below a group, along the longest chain."""
    below = [group_id]
    for depth in range(MERGE_DEPTH_MAX + 1):
        parents = set(below)
        below = [link.group_id for link in aliases.values() if link.root_group_id and link.target_group_id in parents]
        if not below:
            return depth
    return MERGE_DEPTH_MAX + 1


def members_of(group_id: str, aliases: Aliases, kind: Kind) -> tuple[str, ...]:
    """The groups that have a link of this kind straight to a group, in the order of their ids."""
    return tuple(
        sorted(
            link.group_id
            for link in aliases.values()
            if link.root_group_id and link.target_group_id == group_id and link.kind == kind
        )
    )


def merge(target: str, groups: Iterable[str], aliases: Aliases, *, created_by: str, comment: str) -> list[Alias]:
    """The rows that merge groups into a target. All of them are roots and differ from the target."""
    links = [
        Alias(
            group_id=group,
            target_group_id=target,
            root_group_id=target,
            kind="merge",
            created_by=created_by,
            comment=comment,
        )
        for group in groups
    ]
    return _with_followers(links, aliases)


def unmerge(groups: Iterable[str], aliases: Aliases, *, created_by: str, comment: str) -> list[Alias]:
    """The rows that take merged groups out again, each with what was merged into it."""
    links = [
        Alias(
            group_id=group,
            target_group_id=aliases[group].target_group_id,
            root_group_id="",
            kind="unmerge",
            created_by=created_by,
            comment=comment,
        )
        for group in groups
    ]
    return _with_followers(links, aliases)


def continue_versions(
    pairs: Iterable[VersionAlias], aliases: Aliases, joined: Iterable[VersionAlias] = ()
) -> list[Alias]:
    """The rows that make groups of another version part of those that they continue.

    The first pair of a group links it. Where it continues a second one, the version finds one error where the earlier
    one found two: the second group, or what it was merged into, becomes part of the first, since its events go there
    from now on. `joined` are links that were ever made: two groups that one of them tied and that are apart now, were
    taken apart by somebody, and stay so. A link that would close a circle, or a chain that is too long, is not made.
    """
    before = tuple(joined)
    now = dict(aliases)
    targets = {link.target_group_id for link in now.values() if link.root_group_id}
    links: list[Alias] = []
    for pair in pairs:
        group, target = pair.group_id, pair.target_group_id
        own, root = root_of(group, now), root_of(target, now)
        if own == root or _taken_apart({own, root}, before, now):
            continue
        link = now.get(group)
        if link is not None and link.root_group_id:
            group, target, root = root, group, own
        below = depth_below(group, now) if group in targets else 0
        if below + 1 + len(_links_above(target, now)) > MERGE_DEPTH_MAX:
            continue
        made = Alias(group_id=group, target_group_id=target, root_group_id=root, kind="version")
        now[group] = made
        targets.add(target)
        links.append(made)
    return _with_followers(links, aliases)


def _taken_apart(roots: set[str], joined: Iterable[VersionAlias], aliases: Aliases) -> bool:
    """Whether a link was ever made between the trees of these two roots."""
    return any({root_of(link.group_id, aliases), root_of(link.target_group_id, aliases)} == roots for link in joined)


def settle(aliases: Aliases) -> list[Alias]:
    """The rows that are missing: roots that do not follow from the links, and an end to every circle."""
    now = dict(aliases)
    for group in sorted(now):
        if _in_circle(group, now):
            now[group] = replace(now[group], root_group_id="", kind="unmerge", comment="closed a circle of merges")
    changed = []
    for group, link in now.items():
        right = replace(link, root_group_id=root_of(link.target_group_id, now)) if link.root_group_id else link
        if right != aliases[group]:
            changed.append(right)
    return changed


def _with_followers(links: list[Alias], aliases: Aliases) -> list[Alias]:
    """Links, and the rows of all whose root they change."""
    made = {link.group_id: link for link in links}
    followers = {link.group_id: link for link in settle({**aliases, **made})}
    return list((made | followers).values())


def _links_above(group_id: str, aliases: Aliases) -> list[Alias]:
    """The links from a group up to its root; one more than `MERGE_DEPTH_MAX` where they do not end there."""
    links: list[Alias] = []
    while len(links) <= MERGE_DEPTH_MAX:
        link = aliases.get(links[-1].target_group_id if links else group_id)
        if link is None or not link.root_group_id:
            break
        links.append(link)
    return links


def _in_circle(group_id: str, aliases: Aliases) -> bool:
    return any(link.target_group_id == group_id for link in _links_above(group_id, aliases))

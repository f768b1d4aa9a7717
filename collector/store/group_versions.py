"""Groups of one version of the fingerprint become part of those of an earlier version that they continue.

Nearly always a group is new and has one group to continue: that takes a row, found by keys alone however many groups and
aliases there are. Only where people merged, or a version sees one error where the earlier one saw two, whole trees of
links are read (`alias_plan.continue_versions`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.store.alias_plan import Alias, VersionAlias, continue_versions
from collector.store.alias_rows import pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from collector.store.alias_plan import Continuation
    from collector.store.alias_rows import AliasRows


class GroupVersions:
    """Continues groups in one database. Belongs to one thread, as its rows do."""

    def __init__(self, rows: AliasRows) -> None:
        self._rows = rows

    def continue_groups(self, continuations: Iterable[Continuation]) -> int:
        """Make groups part of those that they continue, where those have events; gives how many rows that took.

        What holds already is not written again, and what somebody took apart stays so: it may be repeated.

        Raises:
            StoreFailure: ClickHouse.
        """
        return sum(self._continue(piece) for piece in pieces(list(dict.fromkeys(continuations))))

    def _continue(self, continuations: Sequence[Continuation]) -> int:
        ids = {name for group, previous in continuations for name in (group, *previous)}
        stored = self._rows.services(ids).keys()
        pairs = []
        for group, previous in continuations:
            target = next((older for older in previous if older in stored), group)
            if target != group:
                pairs.append(VersionAlias(group_id=group, target_group_id=target))
        if not pairs:
            return 0
        latest = self._rows.latest(name for pair in pairs for name in (pair.group_id, pair.target_group_id))
        plain: dict[str, Alias] = {}
        others = []
        for pair in pairs:
            group, root = pair.group_id, _root(pair.target_group_id, latest)
            # Nobody merged into a group without events. A target of this very piece may get another root in it.
            if group not in stored and group not in latest and group not in plain and pair.target_group_id not in plain:
                plain[group] = Alias(
                    group_id=group, target_group_id=pair.target_group_id, root_group_id=root, kind="version"
                )
            elif _root(group, {**latest, **plain} if group in plain else latest) != root:
                others.append(pair)
        return self._write_plain(plain, latest) + self._write_others(others)

    def _write_plain(self, plain: Mapping[str, Alias], latest: Mapping[str, Alias]) -> int:
        if not plain:
            return 0
        written = self._rows.write(list(plain.values()))
        targets = {link.target_group_id for link in plain.values()}
        now = self._rows.latest(targets)
        moved = [target for target in targets if _root(target, now) != _root(target, latest)]
        return written + (self._rows.settle(moved) if moved else 0)

    def _write_others(self, pairs: Sequence[VersionAlias]) -> int:
        if not pairs:
            return 0
        ids = [name for pair in pairs for name in (pair.group_id, pair.target_group_id)]
        aliases, latest_ns = self._rows.trees(ids)
        joined = [
            VersionAlias(group_id=row["GroupId"], target_group_id=row["TargetGroupId"])
            for row in self._rows.each("known_versions", {*ids, *aliases})
        ]
        written = self._rows.write(continue_versions(pairs, aliases, joined), latest_ns)
        return written + (self._rows.settle(ids) if written else 0)


def _root(group: str, latest: Mapping[str, Alias]) -> str:
    link = latest.get(group)
    return link.root_group_id if link is not None and link.root_group_id else group

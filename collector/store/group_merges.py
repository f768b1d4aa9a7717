"""Merges groups and takes them apart, in the history of `error_group_aliases`. Events are never rewritten.

The connection is any that may write: the service's own, or that of a command. `alias_rows.py` reads and writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.failures import Failure, StoreFailure
from collector.store.alias_plan import (
    MERGE_DEPTH_MAX,
    Alias,
    depth_below,
    members_of,
    merge,
    root_of,
    unmerge,
)
from collector.store.alias_rows import AliasRows, pieces
from collector.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from collector.clock import Clock
    from collector.store.alias_rows import Connection

GROUPS_A_MERGE_MAX = 1000
"""More groups at once are a mistake, or work for several commands."""
MEMBERS_A_MERGE_MAX = 100_000
"""Groups whose rows one merge or unmerge writes anew, about 40 MB of them."""
CANDIDATES_MAX = 5
COMMENT_CHARS_MAX = 500
STALE_MAX = 10_000
UNKNOWN_TABLE = 60
"""ClickHouse's error numbers: there is no such table (or view); the user, or the port, may only read."""
READ_ONLY = (164, 497)

_WHOLE_ID = re.compile(r"[0-9a-f]{16}")
_CUT_ID = re.compile(r"[0-9a-f]{1,16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge or an unmerge did: `groups` became part of `group`, or no longer are."""

    group: str
    groups: tuple[str, ...]


class GroupMerges:
    """Merges in one database. Belongs to one thread, as its connection does."""

    def __init__(self, connection: Connection, *, clock: Clock) -> None:
        self._connection = connection
        self._rows = AliasRows(connection, clock=clock)

    def merge(
        self,
        into: str,
        groups: Sequence[str],
        *,
        across_services: bool = False,
        created_by: str = "",
        comment: str = "",
    ) -> Merged:
        """Make groups part of another one; ids may be cut. If `into` is part of a group itself, that one is meant.

        Those of several groups that are part of it already stay so.

        Raises:
            Failure: a group is unknown, merged already, of another service (unless `across_services`), or the target.
            StoreFailure: ClickHouse.
        """
        try:
            return self._merge(into, groups, across_services=across_services, created_by=created_by, comment=comment)
        except StoreFailure as failure:
            raise _told(failure) from failure

    def unmerge(self, group: str, *, created_by: str = "", comment: str = "") -> Merged:
        """Take a merged group out again, with what was merged into it; of a group that is not merged, all of its own.

        What another version of the fingerprint continues stays: it is the same error.

        Raises:
            Failure: the group is unknown, or there is nothing to take apart. StoreFailure: ClickHouse.
        """
        try:
            return self._unmerge(group, created_by=created_by, comment=comment)
        except StoreFailure as failure:
            raise _told(failure) from failure

    def finish(self) -> int:
        """Add the rows that an interrupted change left out, at start; gives how many."""
        stale = self._connection.rows(statement("stale_aliases"), {"limit": STALE_MAX})
        ids = [str(row["GroupId"]) for row in stale]
        return sum(self._rows.settle(piece) for piece in pieces(ids))

    def _merge(
        self, into: str, groups: Sequence[str], *, across_services: bool, created_by: str, comment: str
    ) -> Merged:
        if not 0 < len(groups) <= GROUPS_A_MERGE_MAX:
            raise Failure(f"{len(groups)} groups can't be merged at once: give 1 to {GROUPS_A_MERGE_MAX}")
        named, *others = self._find([into, *groups])
        wanted = list(dict.fromkeys(others))
        aliases, latest_ns = self._rows.trees([named, *wanted])
        if len(aliases) > MEMBERS_A_MERGE_MAX:
            raise Failure(f"more than {MEMBERS_A_MERGE_MAX} groups are merged into these already: unmerge some first")
        target = root_of(named, aliases)
        # So that a merge of many that was cut short can be repeated.
        done = [group for group in wanted if group != target and root_of(group, aliases) == target]
        asked = wanted if len(done) == len(wanted) else [group for group in wanted if group not in done]
        for group in asked:
            _refuse(group, named, target, aliases)
        if not across_services:
            self._refuse_other_services(target, asked)
        changes = merge(target, asked, aliases, created_by=created_by, comment=comment[:COMMENT_CHARS_MAX])
        self._rows.write(changes, latest_ns)
        _, now = self._rows.settled([target, *wanted])
        root = root_of(target, now)
        for group in wanted:
            if group == root or root_of(group, now) != root:
                raise Failure(
                    f"group {group} was changed by somebody else at the same time and is not part of {target}: look at "
                    "`otel-errors groups`, and merge again if it should be"
                )
        return Merged(group=root, groups=tuple(wanted))

    def _unmerge(self, group: str, *, created_by: str, comment: str) -> Merged:
        (named,) = self._find([group])
        aliases, latest_ns = self._rows.trees([named])
        root = root_of(named, aliases)
        leaving = (named,) if root != named else members_of(named, aliases, "merge")
        if not leaving and (versions := members_of(named, aliases, "version")):
            raise Failure(
                f"nobody merged anything into group {named}; what continues it by a later version of the fingerprint is "
                f"taken out by its own id: {', '.join(versions[:CANDIDATES_MAX])}"
            )
        if not leaving:
            raise Failure(f"group {named} is not merged with any other: there is nothing to take apart")
        changes = unmerge(leaving, aliases, created_by=created_by, comment=comment[:COMMENT_CHARS_MAX])
        self._rows.write(changes, latest_ns)
        self._rows.settle([root, *leaving[:GROUPS_A_MERGE_MAX]])
        return Merged(group=root, groups=leaving)

    def _find(self, names: Sequence[str]) -> list[str]:
        """The groups whose ids begin so, each the only one."""
        wanted = [name.strip().lower() for name in names]
        whole = self._rows.services([name for name in wanted if _WHOLE_ID.fullmatch(name)])
        return [name if name in whole else self._find_one(name) for name in wanted]

    def _find_one(self, prefix: str) -> str:
        found = (
            self._connection.rows(statement("group_ids"), {"prefix": prefix, "limit": CANDIDATES_MAX})
            if _CUT_ID.fullmatch(prefix)
            else []
        )
        ids = [str(row["GroupId"]) for row in found]
        if not ids:
            raise Failure(f"there is no group {prefix[:80]!r}; `otel-errors groups` lists them")
        if len(ids) > 1:
            raise Failure(f"{prefix!r} is the beginning of several groups: {', '.join(ids)}; give more of it")
        return ids[0]

    def _refuse_other_services(self, target: str, groups: Sequence[str]) -> None:
        services = self._rows.services([target, *groups])
        for group in groups:
            if services.get(group) != services.get(target):
                raise Failure(
                    f"group {group} is of {_service(services.get(group))} and {target} of "
                    f"{_service(services.get(target))}: merge them with --across-services if they are one error"
                )


def _refuse(group: str, named: str, target: str, aliases: Mapping[str, Alias]) -> None:
    """Refuse what can't become part of the target."""
    root = root_of(group, aliases)
    if group == named:
        raise Failure(f"group {group} can't be merged into itself")
    if group == target:
        raise Failure(
            f"group {group} can't be merged into {named}, which is part of it; `otel-errors unmerge {named}` takes it out"
        )
    if root != group:
        raise Failure(f"group {group} is merged into {root} already; `otel-errors unmerge {group}` takes it out")
    if depth_below(group, aliases) >= MERGE_DEPTH_MAX:
        raise Failure(f"group {group} holds a chain of {MERGE_DEPTH_MAX} merges already: unmerge some of it first")


def _service(service: tuple[str, str] | None) -> str:
    namespace, name = service or ("", "")
    return f"service {name or '(without a name)'}{f' of {namespace}' if namespace else ''}"


def _told(failure: StoreFailure) -> Failure:
    """A refusal in terms of what the user can do about it."""
    if failure.code == UNKNOWN_TABLE:
        return Failure(
            "the database has no table error_group_aliases: an earlier version made it; start `otel-errors serve` once"
        )
    if failure.code in READ_ONLY:
        return Failure(
            "merges can't be written there, it only reads: name the collector's data folder with --data, or a ClickHouse "
            f"user who may insert with --server (ClickHouse's error {failure.code})"
        )
    return failure

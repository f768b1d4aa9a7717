"""Merges groups and takes them apart, in the history of `error_group_aliases`. Events are never rewritten.

The connection is any that may write: the service's own, or that of a command. Every change ends with another look:
should somebody else have changed the same groups meanwhile, the rows that are missing are added (`alias_plan.settle`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from collector.failures import Failure, StoreFailure
from collector.store.alias_plan import (
    MERGE_DEPTH_MAX,
    Alias,
    Aliases,
    VersionAlias,
    continue_versions,
    depth_below,
    members_of,
    merge,
    root_of,
    settle,
    unmerge,
)
from collector.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from collector.clock import Clock

GROUPS_A_MERGE_MAX = 1000
"""More groups at once are a mistake, or work for several commands."""
MEMBERS_A_MERGE_MAX = 100_000
"""Groups whose rows one merge or unmerge writes anew, about 40 MB of them."""
IDS_A_STATEMENT_MAX = 200
"""They go in the URL of a request, which servers bound: three ids of a row take 75 bytes there, so 15 KB."""
CANDIDATES_MAX = 5
COMMENT_CHARS_MAX = 500
LOOKS_MAX = 5
"""How often a change looks again. Each look sees what was written before it, so a second one finds nothing."""
STALE_MAX = 10_000
UNKNOWN_TABLE = 60
"""ClickHouse's error numbers: there is no such table (or view); the user, or the port, may only read."""
READ_ONLY = (164, 497)

_WHOLE_ID = re.compile(r"[0-9a-f]{16}")
_CUT_ID = re.compile(r"[0-9a-f]{1,16}")


class Connection(Protocol):
    """What it takes of a connection."""

    def command(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """Run one statement."""

    def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run one query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge or an unmerge did: `groups` became part of `group`, or no longer are."""

    group: str
    groups: tuple[str, ...]


class GroupMerges:
    """Merges in one database. Belongs to one thread, as its connection does."""

    def __init__(self, connection: Connection, *, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

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

    def continue_versions(self, pairs: Iterable[VersionAlias]) -> int:
        """Make groups part of those that they continue; gives how many rows that took.

        A pair that was ever stored is not stored again, so that a repetition does nothing and an unmerge holds.

        Raises:
            StoreFailure: ClickHouse.
        """
        wanted = {
            (pair.group_id, pair.target_group_id): pair for pair in pairs if pair.group_id != pair.target_group_id
        }
        added = 0
        pending = list(wanted.values())
        for begin in range(0, len(pending), IDS_A_STATEMENT_MAX):
            piece = pending[begin : begin + IDS_A_STATEMENT_MAX]
            rows = self._connection.rows(statement("known_versions"), {"groups": [pair.group_id for pair in piece]})
            known = {(row["GroupId"], row["TargetGroupId"]) for row in rows}
            if fresh := [pair for pair in piece if (pair.group_id, pair.target_group_id) not in known]:
                ids = [group for pair in fresh for group in (pair.group_id, pair.target_group_id)]
                aliases, latest_ns = self._aliases(ids)
                added += self._write(continue_versions(fresh, aliases), latest_ns)
                self._settle(ids)
        return added

    def finish(self) -> int:
        """Add the rows that an interrupted change left out, at start; gives how many."""
        stale = self._connection.rows(statement("stale_aliases"), {"limit": STALE_MAX})
        ids = [str(row["GroupId"]) for row in stale]
        return sum(
            self._settle(ids[begin : begin + IDS_A_STATEMENT_MAX])[0]
            for begin in range(0, len(ids), IDS_A_STATEMENT_MAX)
        )

    def _merge(
        self, into: str, groups: Sequence[str], *, across_services: bool, created_by: str, comment: str
    ) -> Merged:
        if not 0 < len(groups) <= GROUPS_A_MERGE_MAX:
            raise Failure(f"{len(groups)} groups can't be merged at once: give 1 to {GROUPS_A_MERGE_MAX}")
        named, *others = self._find([into, *groups])
        wanted = list(dict.fromkeys(others))
        aliases, latest_ns = self._aliases([named, *wanted])
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
        self._write(changes, latest_ns)
        _, now = self._settle([target, *wanted])
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
        aliases, latest_ns = self._aliases([named])
        root = root_of(named, aliases)
        leaving = (named,) if root != named else members_of(named, aliases, "merge")
        if not leaving:
            raise Failure(f"group {named} is not merged with any other: there is nothing to take apart")
        changes = unmerge(leaving, aliases, created_by=created_by, comment=comment[:COMMENT_CHARS_MAX])
        self._write(changes, latest_ns)
        self._settle([root, *leaving[:GROUPS_A_MERGE_MAX]])
        return Merged(group=root, groups=leaving)

    def _find(self, names: Sequence[str]) -> list[str]:
        """The groups whose ids begin so, each the only one."""
        wanted = [name.strip().lower() for name in names]
        whole = self._services([name for name in wanted if _WHOLE_ID.fullmatch(name)])
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
        services = self._services([target, *groups])
        for group in groups:
            if services.get(group) != services.get(target):
                raise Failure(
                    f"group {group} is of {_service(services.get(group))} and {target} of "
                    f"{_service(services.get(target))}: merge them with --across-services if they are one error"
                )

    def _services(self, groups: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Namespace and name of the service of each of these groups that has events."""
        return {
            row["GroupId"]: (row["ServiceNamespace"], row["ServiceName"])
            for begin in range(0, len(groups), IDS_A_STATEMENT_MAX)
            for row in self._connection.rows(
                statement("group_services"), {"groups": list(groups[begin : begin + IDS_A_STATEMENT_MAX])}
            )
        }

    def _aliases(self, groups: Sequence[str]) -> tuple[dict[str, Alias], int]:
        """The whole trees of these groups, and the time of the latest row in them, in Unix nanoseconds."""
        asked: set[str] = set()
        wanted = set(groups)
        aliases: dict[str, Alias] = {}
        latest_ns = 0
        for _ in range(LOOKS_MAX):
            if wanted <= asked:
                break
            for row in self._rows_of(wanted - asked):
                alias = _alias(row)
                aliases[alias.group_id] = alias
                latest_ns = max(latest_ns, int(row["CreatedNs"]))
            # What is counted with a group came with it; what it names did not always, after a race.
            asked |= wanted | aliases.keys()
            live = [alias for alias in aliases.values() if alias.root_group_id]
            wanted |= {name for alias in live for name in (alias.target_group_id, alias.root_group_id)}
        return aliases, latest_ns

    def _rows_of(self, groups: Iterable[str]) -> Iterable[dict[str, Any]]:
        ids = sorted(groups)
        for begin in range(0, len(ids), IDS_A_STATEMENT_MAX):
            piece = ids[begin : begin + IDS_A_STATEMENT_MAX]
            yield from self._connection.rows(statement("aliases_of"), {"groups": piece})

    def _settle(self, groups: Sequence[str]) -> tuple[int, Aliases]:
        """Add what is missing in these groups' trees; gives how many rows that took, and the trees that were found."""
        added = 0
        aliases: Aliases = {}
        for _ in range(LOOKS_MAX):
            aliases, latest_ns = self._aliases(groups)
            missing = settle(aliases)
            if not missing:
                break
            added += self._write(missing, latest_ns)
        return added, aliases

    def _write(self, changes: Sequence[Alias], latest_ns: int) -> int:
        # Later than what it replaces, also when the clock was set back.
        created_ns = max(self._clock.now_ns(), latest_ns + 1)
        alike: dict[tuple[str, str, str], list[Alias]] = {}
        for change in changes:
            alike.setdefault((change.kind, change.created_by, change.comment), []).append(change)
        for (kind, created_by, comment), rows in alike.items():
            for begin in range(0, len(rows), IDS_A_STATEMENT_MAX):
                piece = rows[begin : begin + IDS_A_STATEMENT_MAX]
                self._connection.command(
                    statement("add_aliases"),
                    {
                        "groups": [row.group_id for row in piece],
                        "targets": [row.target_group_id for row in piece],
                        "roots": [row.root_group_id for row in piece],
                        "kind": kind,
                        "created_ns": created_ns,
                        "created_by": created_by,
                        "comment": comment,
                    },
                )
        return len(changes)


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


def _alias(row: Mapping[str, Any]) -> Alias:
    return Alias(
        group_id=row["GroupId"],
        target_group_id=row["TargetGroupId"],
        root_group_id=row["RootGroupId"],
        kind=row["Kind"],
        created_by=row["CreatedBy"],
        comment=row["Comment"],
    )


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

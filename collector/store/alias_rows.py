"""Reads and writes the history of `error_group_aliases`: what `group_merges.py` and `group_versions.py` stand on.

Whoever writes looks again afterwards (`settle`): should somebody else have changed the same groups meanwhile, the rows
that are missing are added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from collector.store.alias_plan import Alias, settle
from collector.store.statements import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from collector.clock import Clock

IDS_A_STATEMENT_MAX = 200
"""They go in the URL of a request, which servers bound: three ids of a row take 75 bytes there, so 15 KB."""
LOOKS_MAX = 5
"""How often a change looks again. Each look sees what was written before it, so a second one finds nothing."""


class Connection(Protocol):
    """What it takes of a connection."""

    def command(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """Run one statement."""

    def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run one query."""


class AliasRows:
    """The history in one database. Belongs to one thread, as its connection does. All methods raise `StoreFailure`."""

    def __init__(self, connection: Connection, *, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def trees(self, groups: Iterable[str]) -> tuple[dict[str, Alias], int]:
        """The whole trees of these groups, and the time of the latest row in them, in Unix nanoseconds."""
        asked: set[str] = set()
        wanted = set(groups)
        aliases: dict[str, Alias] = {}
        latest_ns = 0
        for _ in range(LOOKS_MAX):
            if wanted <= asked:
                break
            for row in self.each("aliases_of", wanted - asked):
                alias = _alias(row)
                aliases[alias.group_id] = alias
                latest_ns = max(latest_ns, int(row["CreatedNs"]))
            # What is counted with a group came with it; what it names did not always, after a race.
            asked |= wanted | aliases.keys()
            live = [alias for alias in aliases.values() if alias.root_group_id]
            wanted |= {name for alias in live for name in (alias.target_group_id, alias.root_group_id)}
        return aliases, latest_ns

    def latest(self, groups: Iterable[str]) -> dict[str, Alias]:
        """What the history says last of these groups alone."""
        return {row["GroupId"]: _alias(row) for row in self.each("latest_aliases", groups)}

    def services(self, groups: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Namespace and name of the service of each of these groups that has events."""
        rows = self.each("group_services", groups)
        return {row["GroupId"]: (row["ServiceNamespace"], row["ServiceName"]) for row in rows}

    def each(self, name: str, groups: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The rows that a statement gives for many groups."""
        for piece in pieces(sorted(set(groups))):
            yield from self._connection.rows(statement(name), {"groups": piece})

    def write(self, changes: Sequence[Alias], latest_ns: int = 0) -> int:
        """Add rows, later than `latest_ns`; gives how many."""
        # Later than what it replaces, also when the clock was set back.
        created_ns = max(self._clock.now_ns(), latest_ns + 1)
        alike: dict[tuple[str, str, str], list[Alias]] = {}
        for change in changes:
            alike.setdefault((change.kind, change.created_by, change.comment), []).append(change)
        for (kind, created_by, comment), rows in alike.items():
            for piece in pieces(rows):
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

    def settle(self, groups: Sequence[str]) -> int:
        """Add what is missing in these groups' trees; gives how many rows that took."""
        return self.settled(groups)[0]

    def settled(self, groups: Sequence[str]) -> tuple[int, dict[str, Alias]]:
        """As `settle`; gives the trees too, in which nothing was missing when they were looked at last."""
        added = 0
        aliases: dict[str, Alias] = {}
        for _ in range(LOOKS_MAX):
            aliases, latest_ns = self.trees(groups)
            missing = settle(aliases)
            if not missing:
                break
            added += self.write(missing, latest_ns)
        return added, aliases


def pieces(items: Sequence[Any]) -> Iterator[list[Any]]:
    """A list in pieces of what one statement takes."""
    for begin in range(0, len(items), IDS_A_STATEMENT_MAX):
        yield list(items[begin : begin + IDS_A_STATEMENT_MAX])


def _alias(row: Mapping[str, Any]) -> Alias:
    return Alias(
        group_id=row["GroupId"],
        target_group_id=row["TargetGroupId"],
        root_group_id=row["RootGroupId"],
        kind=row["Kind"],
        created_by=row["CreatedBy"],
        comment=row["Comment"],
    )

"""A transition between versions of the fingerprint: groups of the current one continue those of the earlier ones.

While the table of versions names earlier ones, every error has its ids by those too (`Grouping.previous`). Before the
events of a segment are stored, each id that is seen for the first time becomes part of the group that it continues, if
one is stored. So the old group goes on, with its id, its history and what people merged with it, and no view ever shows
the new id as an error that just began. `docs/grouping.md` tells what happens where versions split or join groups.

Exactly once: what is written depends on the segment and on what is stored, and a repetition writes nothing. A kill
between the two inserts leaves an alias of a group without events, which no view shows.

Without a transition nothing here is asked or remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.store.alias_plan import Continuation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.model import Grouping
    from collector.self_metrics import SelfMetrics
    from collector.store.store import Store

CONTINUATIONS_KEPT_MAX = 100_000
"""Continuations that are not asked about again, about 0.2 KB each; the oldest go first, and are asked about again."""


def continuations(groupings: Iterable[Grouping]) -> tuple[Continuation, ...]:
    """Which group continues which, of these: each once, in their order."""
    found = dict.fromkeys((grouping.group_id, grouping.previous) for grouping in groupings if grouping.previous)
    return tuple(
        dict.fromkeys(Continuation(group, tuple([older.group_id for older in previous])) for group, previous in found)
    )


class VersionTransition:
    """Continues groups once, as long as it remembers. Belongs to one thread, as its store does."""

    def __init__(self, *, store: Store, metrics: SelfMetrics) -> None:
        self._store = store
        self._metrics = metrics
        # Ids are hex: as bytes they take a third. A dict, since it keeps the order.
        self._done: dict[bytes, None] = {}

    def continue_groups(self, found: Iterable[Continuation]) -> None:
        """Write what is not written yet; may be repeated.

        Raises:
            StoreFailure: repeat it.
        """
        fresh = {key: one for one in found if (key := _key(one)) not in self._done}
        if not fresh:
            return
        self._metrics.version_aliases.inc(self._store.continue_groups(fresh.values()))
        self._done.update(dict.fromkeys(fresh))
        for key in list(self._done)[: max(0, len(self._done) - CONTINUATIONS_KEPT_MAX)]:
            del self._done[key]


def _key(continuation: Continuation) -> bytes:
    return bytes.fromhex(continuation.group_id + "".join(continuation.previous))

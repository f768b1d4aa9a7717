"""What rules would do to stored events: counted while the events go by, told at the end.

Each event is grouped twice, without rules and with them. A *merge* is a group with rules that holds events of several
groups without; a *split* is the other way round; a group is *renamed* if all its events go to one other id, alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from collector.model import Grouping
    from collector.rules.rule import Rule

MOVES_MAX = 100_000
"""Pairs of a group without rules and one with them that are told apart, about 0.5 KB each; more are counted only."""

TITLE_CHARS_MAX = 120


@dataclass(slots=True)
class _OfRule:
    """What one rule did."""

    events: int = 0
    dropped: int = 0
    severities: Counter[str] = field(default_factory=Counter)


class Effects:
    """Counts what the rules do to one event after the other. Events are sums of weights."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._of_rule = {rule.name: _OfRule() for rule in self._rules}
        self._moves: Counter[tuple[str, str]] = Counter()
        self._movers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._titles: dict[str, str] = {}
        self._rows = self._events = self._dropped = self._untold = 0

    def add(self, weight: int, before: Grouping, after: Grouping) -> None:
        """Count one event: `before` is its group without rules, `after` with them."""
        verdict = after.verdict
        self._rows += 1
        self._events += weight
        for name in verdict.rules:
            self._of_rule[name].events += weight
        if before.verdict.severity != verdict.severity:
            change = f"{before.verdict.severity} -> {verdict.severity}"
            for name in verdict.rules:
                self._of_rule[name].severities[change] += weight
        if verdict.dropped_by:
            self._dropped += weight
            self._of_rule[verdict.dropped_by].dropped += weight
        move = (before.group_id, "" if verdict.dropped_by else after.group_id)
        if move not in self._moves and len(self._moves) >= MOVES_MAX:
            self._untold += weight
            return
        self._moves[move] += weight
        self._movers[move].update(verdict.rules)
        for told in (before, after):
            if told.group_id not in self._titles:
                self._titles[told.group_id] = f"{told.exception_type}: {told.message}"[:TITLE_CHARS_MAX]

    def report(self) -> dict[str, Any]:
        """What happened, in values that `json.dumps` takes; the largest first."""
        into: defaultdict[str, list[str]] = defaultdict(list)
        out_of: defaultdict[str, list[str]] = defaultdict(list)
        for before, after in self._moves:
            out_of[before].append(after)
            if after:
                into[after].append(before)
        merges = {after: befores for after, befores in into.items() if len(befores) > 1}
        splits = {before: afters for before, afters in out_of.items() if len([after for after in afters if after]) > 1}
        renamed = [
            {"from": self._group(before, events), "into": after}
            for (before, after), events in self._moves.most_common()
            if after and after != before and len(into[after]) == 1 and len(out_of[before]) == 1
        ]
        return {
            "rows": self._rows,
            "events": self._events,
            "untold_events": self._untold,
            "groups_before": len(out_of),
            "groups_after": len(into),
            "dropped_events": self._dropped,
            "rules": [self._told(rule, merges, splits) for rule in self._rules],
            "merges": self._listed(merges, lambda after, before: (before, after), "into", "from"),
            "splits": self._listed(splits, lambda before, after: (before, after), "from", "into"),
            "renamed": renamed,
        }

    def _told(self, rule: Rule, merges: Mapping[str, list[str]], splits: Mapping[str, list[str]]) -> dict[str, Any]:
        of_rule = self._of_rule[rule.name]
        moved = [move for move, names in self._movers.items() if rule.name in names]
        return {
            "name": rule.name,
            "line": rule.line,
            "events": of_rule.events,
            "groups": len({before for before, _ in moved}),
            "merged_groups": len({before for before, after in moved if after in merges}),
            "split_groups": len({before for before, _ in moved if before in splits}),
            "dropped_events": of_rule.dropped,
            "severities": dict(of_rule.severities.most_common()),
        }

    def _listed(self, moves: Mapping[str, list[str]], pair: Any, one: str, several: str) -> list[dict[str, Any]]:
        listed = []
        for group, others in moves.items():
            events = {other: self._moves[pair(group, other)] for other in others if other}
            listed.append(
                {
                    one: self._group(group, sum(events.values())),
                    several: [self._group(other, count) for other, count in Counter(events).most_common()],
                }
            )
        return sorted(listed, key=lambda told: -told[one]["events"])

    def _group(self, group: str, events: int) -> dict[str, Any]:
        return {"group_id": group, "title": self._titles.get(group, ""), "events": events}

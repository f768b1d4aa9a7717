"""A rules file's text -> rules, or every mistake in it, each with its line.

The text is composed into YAML nodes, which know their lines, and read by hand: values are taken as they are written
(`release: 1.10` is the text `1.10`), unknown and repeated keys are mistakes, and nothing is built of what aliases
repeat.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

import yaml
from yaml.reader import ReaderError

from collector.failures import RulesInvalid
from collector.model import SeenIn, Severity
from collector.rules.parts import PART_CHARS_MAX, PARTS_MAX, PLACEHOLDERS, Part, read_part, unknown_placeholders
from collector.rules.patterns import PatternInvalid, read_pattern
from collector.rules.rule import (
    ATTRIBUTE_PREFIX,
    CONDITIONS,
    FRAME_CONDITIONS,
    Condition,
    FrameCondition,
    Pattern,
    Rule,
    Rules,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FILE_CHARS_MAX = 256 * 1024
"""Characters of a rules file: reading this much YAML takes some seconds."""

RULES_MAX = 500
PATTERNS_MAX = 100
"""Patterns of one condition."""

FRAMES_MAX = 20
"""Frames of which one rule asks for any."""

CONDITIONS_MAX = 30
"""Conditions of one rule."""

MISTAKES_MAX = 20
"""Mistakes that are told; a file that is no rules file has one in each line."""

NAME_CHARS_MAX = 100
SHOWN_CHARS_MAX = 60
"""How much of a value that can't be used is repeated."""

ACTIONS = ("fingerprint", "in_app", "severity", "drop")
_RULE_KEYS = ("name", "match", *ACTIONS)
_CLOSED = {"severity": get_args(Severity), "signal": get_args(SeenIn)}
"""Conditions whose values are few, so that a misspelt one is a mistake."""


def load(text: str, file: str) -> Rules:
    """Read the rules of a file; `file` is its name, for the mistakes.

    Raises:
        RulesInvalid: every mistake, as `file:line: what, value, cure`.
    """
    return _Reader(file).read(text)


class _Reader:
    """Reads one text and collects its mistakes."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._mistakes: dict[str, None] = {}

    def read(self, text: str) -> Rules:
        root = self._compose(text)
        rules: list[Rule] = []
        if root is not None:
            top = self._keys(root, ("rules",), "a rules file holds one list, `rules:`")
            if "rules" in top:
                for number, node in enumerate(self._items(top["rules"], RULES_MAX, "rules")):
                    rules += self._rule(node, number + 1)
            elif not self._mistakes:
                self._tell(root, "holds no rules: begin with `rules:` and a list")
        self._refuse_repeated_names(rules)
        if self._mistakes:
            raise RulesInvalid(tuple(self._mistakes))
        return Rules(rules=tuple(rules))

    def _compose(self, text: str) -> yaml.Node | None:
        if len(text) > FILE_CHARS_MAX:
            self._tell_at(1, f"the file has {len(text)} characters: at most {FILE_CHARS_MAX} are read")
            return None
        try:
            root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as failure:
            mark = failure.problem_mark or failure.context_mark
            said = failure.problem or failure.context
            self._tell_at(mark.line + 1 if mark else 1, f"is not YAML: {said}{_cure(mark)}")
            return None
        except ReaderError as failure:
            line = 1 + text.count("\n", 0, failure.position)
            self._tell_at(line, f"is not YAML: the character U+{ord(text[failure.position]):04X} can't be in it")
            return None
        except RecursionError:
            self._tell_at(1, "is not YAML that can be read: it is nested too deeply")
            return None
        except (yaml.YAMLError, ValueError) as failure:
            self._tell_at(1, f"is not YAML: {' '.join(str(failure).split())[:200]}")
            return None
        if root is None:
            self._tell_at(1, "holds no rules: begin with `rules:` and a list")
        return root

    def _rule(self, node: yaml.Node, number: int) -> Iterable[Rule]:
        """One rule; none when it has mistakes."""
        before = len(self._mistakes)
        keys = self._keys(node, _RULE_KEYS, "a rule has `match`, and what it does")
        name = self._name(keys["name"]) if "name" in keys else f"rule {number}"
        conditions, frames = self._match(keys["match"]) if "match" in keys else ((), ())
        parts = self._fingerprint(keys["fingerprint"]) if "fingerprint" in keys else None
        in_app = self._yes_or_no(keys["in_app"], "in_app") if "in_app" in keys else None
        severity = self._severity(keys["severity"]) if "severity" in keys else None
        drop = "drop" in keys and self._yes_or_no(keys["drop"], "drop") is True
        if len(self._mistakes) == before:
            self._refuse_idle(node, keys, drop=drop, frames=bool(frames))
        if len(self._mistakes) > before:
            return ()
        line = node.start_mark.line + 1
        return (
            Rule(
                name=name,
                line=line,
                conditions=conditions,
                frames=frames,
                fingerprint=parts,
                in_app=in_app,
                severity=severity,
                drop=drop,
            ),
        )

    def _refuse_idle(self, node: yaml.Node, keys: dict[str, yaml.Node], *, drop: bool, frames: bool) -> None:
        """A rule that can't mean what it says."""
        if "match" not in keys:
            self._tell(node, "the rule has no `match`: say what it is for, such as `match: {type: KeyError}`")
        if not any(action in keys for action in ACTIONS):
            self._tell(node, f"the rule does nothing: give one of {', '.join(ACTIONS)}")
        if "in_app" in keys and not frames:
            self._tell(keys["in_app"], "`in_app` needs `frame` in `match`: say which frames it is about")
        if "drop" in keys and not drop:
            self._tell(keys["drop"], "`drop: false` does nothing: give true, or leave it out")
        others = [action for action in ACTIONS if action in keys and action != "drop"]
        if drop and others:
            self._tell(keys["drop"], f"what is dropped needs no `{others[0]}`: leave one of the two out")

    def _refuse_repeated_names(self, rules: Sequence[Rule]) -> None:
        lines: dict[str, int] = {}
        for rule in rules:
            if rule.name in lines:
                first = lines[rule.name]
                self._tell_at(rule.line, f"the name {_shown(rule.name)} is that of line {first} too: give another")
            lines.setdefault(rule.name, rule.line)

    def _match(self, node: yaml.Node) -> tuple[tuple[Condition, ...], tuple[FrameCondition, ...]]:
        keys = self._keys(node, (*CONDITIONS, "frame"), "`match` holds conditions", attributes=True)
        if isinstance(node, yaml.MappingNode) and not node.value:
            self._tell(node, "`match` is empty: give a condition; `type: '*'` is every error")
        if len(keys) > CONDITIONS_MAX:
            self._tell(node, f"`match` has {len(keys)} conditions: give at most {CONDITIONS_MAX}")
            return (), ()
        frames: tuple[FrameCondition, ...] = ()
        if "frame" in keys:
            nodes = keys["frame"]
            listed = self._items(nodes, FRAMES_MAX, "frame") if isinstance(nodes, yaml.SequenceNode) else [nodes]
            frames = tuple([self._frame(one) for one in listed])
        conditions = [self._condition(field, value) for field, value in keys.items() if field != "frame"]
        return tuple(conditions), frames

    def _frame(self, node: yaml.Node) -> FrameCondition:
        keys = self._keys(node, (*FRAME_CONDITIONS, "in_app"), "`frame` holds conditions")
        if isinstance(node, yaml.MappingNode) and not node.value:
            self._tell(node, f"`frame` is empty: give one of {', '.join(FRAME_CONDITIONS)}, in_app")
        in_app = self._yes_or_no(keys.pop("in_app"), "in_app") if "in_app" in keys else None
        conditions = [self._condition(field, value) for field, value in keys.items()]
        return FrameCondition(conditions=tuple(conditions), in_app=in_app)

    def _condition(self, field: str, node: yaml.Node) -> Condition:
        listed = self._items(node, PATTERNS_MAX, field) if isinstance(node, yaml.SequenceNode) else [node]
        patterns: list[Pattern] = []
        for one in listed:
            text = self._text(one, field)
            if text is None:
                continue
            known = _CLOSED.get(field)
            if known and text not in known and not any(character in text for character in "*?/\\"):
                self._tell(one, f"`{field}` {_shown(text)} is none of {', '.join(known)}")
                continue
            try:
                patterns.append(read_pattern(field, text))
            except PatternInvalid as wrong:
                self._tell(one, f"`{field}` {_shown(text)} {wrong}")
        return Condition(field=field, patterns=tuple(patterns))

    def _fingerprint(self, node: yaml.Node) -> tuple[Part, ...]:
        listed = self._items(node, PARTS_MAX, "fingerprint") if isinstance(node, yaml.SequenceNode) else [node]
        parts: list[Part] = []
        for one in listed:
            text = self._text(one, "fingerprint")
            if text is None:
                continue
            if not text.strip() or len(text) > PART_CHARS_MAX:
                self._tell(one, f"a part of `fingerprint` has {len(text)} characters: give 1 to {PART_CHARS_MAX}")
            elif unknown := unknown_placeholders(text):
                near = get_close_matches(unknown[0], PLACEHOLDERS, 1)
                known = f"did you mean {near[0]}?" if near else f"known are {', '.join(PLACEHOLDERS)}, attribute.<key>"
                self._tell(one, f"`fingerprint` has an unknown placeholder {_shown(unknown[0])}: {known}")
            else:
                parts.append(read_part(text))
        return tuple(parts)

    def _severity(self, node: yaml.Node) -> Severity | None:
        text = self._text(node, "severity")
        known: tuple[Severity, ...] = get_args(Severity)
        found = next((severity for severity in known if severity == text), None)
        if text is not None and found is None:
            self._tell(node, f"`severity` can't be {_shown(text)}: give {', '.join(known)}")
        return found

    def _name(self, node: yaml.Node) -> str:
        text = self._text(node, "name") or ""
        if not text.strip() or len(text) > NAME_CHARS_MAX or not text.isprintable():
            self._tell(node, f"`name` can't be {_shown(text)}: give 1 to {NAME_CHARS_MAX} printable characters")
        return text

    def _yes_or_no(self, node: yaml.Node, key: str) -> bool | None:
        text = self._text(node, key)
        if text is not None and text.lower() not in ("true", "false"):
            self._tell(node, f"`{key}` can't be {_shown(text)}: give true or false")
        return None if text is None else text.lower() == "true"

    def _text(self, node: yaml.Node, key: str) -> str | None:
        """A value as it is written."""
        if not isinstance(node, yaml.ScalarNode):
            kind = "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
            self._tell(node, f"`{key}` can't be {kind}: give a text")
            return None
        if node.tag.endswith(":null"):
            self._tell(node, f"`{key}` has no value: give one; an empty text is ''")
            return None
        return str(node.value)

    def _items(self, node: yaml.Node, count_max: int, key: str) -> list[Any]:
        """What a list holds; nothing, and a mistake, if it is none."""
        if not isinstance(node, yaml.SequenceNode):
            self._tell(node, f"`{key}` must be a list")
            return []
        if len(node.value) > count_max:
            self._tell(node, f"`{key}` has {len(node.value)} entries: give at most {count_max}")
            return []
        if not node.value and key != "rules":
            self._tell(node, f"`{key}` is an empty list: give an entry, or leave it out")
        return list(node.value)

    def _keys(self, node: yaml.Node, known: Sequence[str], what: str, *, attributes: bool = False) -> dict[str, Any]:
        """The known keys of a mapping and their values; a mistake for each other one."""
        if not isinstance(node, yaml.MappingNode):
            self._tell(node, f"{what}: give `key: value` lines, with {', '.join(known)}")
            return {}
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            is_attribute = attributes and name.startswith(ATTRIBUTE_PREFIX) and len(name) > len(ATTRIBUTE_PREFIX)
            if name in found:
                self._tell(key, f"`{name}` is there twice: leave one out, or give a list")
            elif name in known or is_attribute:
                found[name] = value
            else:
                more = f", {ATTRIBUTE_PREFIX}<key>" if attributes else ""
                hinted = [*known, f"{ATTRIBUTE_PREFIX}<key>"] if attributes else known
                near = get_close_matches(name[:SHOWN_CHARS_MAX], hinted, 1)
                cure = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}{more}"
                self._tell(key, f"unknown key {_shown(name)}: {cure}")
        return found

    def _tell(self, node: yaml.Node, what: str) -> None:
        self._tell_at(node.start_mark.line + 1, what)

    def _tell_at(self, line: int, what: str) -> None:
        if len(self._mistakes) < MISTAKES_MAX:
            self._mistakes[" ".join(f"{self._file}:{line}: {what}".split())] = None


def _cure(mark: yaml.Mark | None) -> str:
    """What to do where the reader gave up: the mistakes that people make with globs and editors."""
    at = mark.buffer[mark.pointer : mark.pointer + 1] if mark and mark.buffer else ""
    before = mark.buffer[max(0, mark.pointer - 1) : mark.pointer] if mark and mark.buffer else ""
    if at == "\t":
        return ": indent with spaces"
    if at == "*" or before == "*":
        return ": put a text that begins with * in quotes, such as '*Error'"
    return ""


def _shown(text: str) -> str:
    return repr(text[:SHOWN_CHARS_MAX])

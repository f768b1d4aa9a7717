"""The vocabulary of rules, as they are after loading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collector.model import Severity
    from collector.rules.parts import Part

CONDITIONS = ("type", "message", "service", "environment", "release", "language", "signal", "severity")
"""What `match` can ask for, beside `frame` and `attribute.<key>`."""

FRAME_CONDITIONS = ("module", "function", "file")
"""What `frame` can ask for, beside `in_app`."""

ATTRIBUTE_PREFIX = "attribute."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """What a text must look like: `text` as written, `source` what RE2 searches for in the text."""

    text: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One line of `match` or `frame`: it holds if any of the patterns does."""

    field: str
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameCondition:
    """What one frame must be: all of the conditions, and in-app or not, unless that is None."""

    conditions: tuple[Condition, ...]
    in_app: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. It holds if all `conditions` do and, where there are `frames`, any frame is any of them.

    `line` is where it begins in the file, from 1. `fingerprint` is None for a rule that sets none.
    """

    name: str
    line: int
    conditions: tuple[Condition, ...] = ()
    frames: tuple[FrameCondition, ...] = ()
    fingerprint: tuple[Part, ...] | None = None
    in_app: bool | None = None
    severity: Severity | None = None
    drop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules of a file, in its order."""

    rules: tuple[Rule, ...] = ()

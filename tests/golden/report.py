"""How well errors are grouped, over every pair of the labelled corpus: `make grouping-report`.

    python -m tests.golden.report [FOLDER]      a folder laid out like tests/golden/stacks (see corpus.py)

Precision: of the pairs that are one group, how many are one error. Recall: of the pairs that are one error, how many are
one group. Both over all pairs of texts, those of different languages included, and per language over its own pairs.
Lists every wrong pair; exits 1 if precision or recall is below 0.99.
"""

from __future__ import annotations

import itertools
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.golden.corpus import STACKS, cases

if TYPE_CHECKING:
    from collections.abc import Sequence

RATE_MIN = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """A case and the group it fell into."""

    name: str
    error: str
    parser: str
    fingerprint: str

    @property
    def language(self) -> str:
        return self.error.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Counts of pairs: `joined` rightly, `merged` and `split` wrongly."""

    joined: int
    merged: tuple[tuple[str, str], ...]
    split: tuple[tuple[str, str], ...]

    @property
    def precision(self) -> float:
        return self.joined / ((self.joined + len(self.merged)) or 1)

    @property
    def recall(self) -> float:
        return self.joined / ((self.joined + len(self.split)) or 1)


def group_all(folder: Path = STACKS) -> list[Grouped]:
    found = []
    for case in cases(folder):
        grouping = case.group()
        found.append(
            Grouped(
                name=case.name,
                error=case.error,
                parser=grouping.stack.parser,
                fingerprint=grouping.fingerprint.value,
            )
        )
    return found


def compare(found: Sequence[Grouped]) -> Pairs:
    """Look at every pair."""
    joined, merged, split = 0, [], []
    for one, other in itertools.combinations(found, 2):
        same_error, same_group = one.error == other.error, one.fingerprint == other.fingerprint
        joined += same_error and same_group
        if same_group and not same_error:
            merged.append((one.name, other.name))
        elif same_error and not same_group:
            split.append((one.name, other.name))
    return Pairs(joined=joined, merged=tuple(merged), split=tuple(split))


def main(arguments: Sequence[str]) -> int:
    found = group_all(Path(arguments[0]) if arguments else STACKS)
    if not found:
        print(f"no cases: {arguments[0] if arguments else STACKS} holds no <language>/<error>~<variant>.txt")
        return 2
    print(f"{'':14}{'texts':>7}{'errors':>8}{'raw':>6}{'precision':>11}{'recall':>9}")
    for language in (*sorted({one.language for one in found}), ""):
        part = [one for one in found if not language or one.language == language]
        pairs = compare(part)
        raw = Counter(one.parser for one in part)["raw"]
        print(
            f"{language or 'all':14}{len(part):7}{len({one.error for one in part}):8}{raw:6}"
            f"{pairs.precision:11.4f}{pairs.recall:9.4f}"
        )
    for word, wrong in (("merged", pairs.merged), ("split", pairs.split)):
        for one, other in wrong:
            print(f"wrongly {word}: {one}  {other}")
    return int(min(pairs.precision, pairs.recall) < RATE_MIN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

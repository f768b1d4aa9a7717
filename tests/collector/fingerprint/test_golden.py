"""Version 1 is frozen: fingerprints and their reasons are those of the files, and the corpus is told apart.

`ACCEPT_GOLDEN=1` writes the files anew. Changing one that has been released means version 2 instead.
A stack's file is named `<error>~<variant>.txt`: variants of one error differ in what must not matter.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from collector.grouping import explain

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = sorted((GOLDEN / "stacks").glob("*/*.txt"))
# Programs that fail at the same place, reached in another way.
SAME_ERROR = {"nested_spans": "views", "pool": "views", "long_call": "views", "notes": "views"}


def describe(text: str) -> str:
    """Write down the fingerprint, what was hashed, and what became of every frame."""
    grouping = explain(text)
    fingerprint = grouping.fingerprint
    counted = "counted" if fingerprint.message_counted else "not counted"
    lines = [
        fingerprint.value,
        f"type {fingerprint.type_fingerprint} message {fingerprint.message_fingerprint}",
        f"culprit {grouping.culprit}",
        *(f"component {component}" for component in fingerprint.components),
        f"template {counted}: {fingerprint.message_template}",
        *(
            f"frame {reason.exception} {reason.frame.module}|{reason.frame.function}: {reason.reason}"
            for reason in fingerprint.frames
        ),
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_golden_fingerprint_never_moves(case: Path) -> None:
    """The fingerprint and its reasons are those of the file."""
    found = describe(case.read_bytes().decode())
    expected = GOLDEN / "fingerprints" / "v1" / f"{case.parent.name}.{case.stem}.expected"
    if os.environ.get("ACCEPT_GOLDEN"):
        expected.write_text(found)
    assert found == expected.read_text()


def test_variants_of_one_error_are_one_group_and_different_errors_are_not() -> None:
    """Over all pairs of the corpus: no wrong pair."""
    found = []
    for case in CASES:
        error = case.name.partition("~")[0]
        error = f"{case.parent.name}/{SAME_ERROR.get(error, error)}"
        found.append((error, case.name, explain(case.read_bytes().decode()).fingerprint.value))
    wrong = [
        ("split" if error == other else "merged", name, other_name)
        for (error, name, value), (other, other_name, other_value) in itertools.combinations(found, 2)
        if (error == other) != (value == other_value)
    ]
    assert wrong == []

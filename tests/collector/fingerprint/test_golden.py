"""A version is frozen: fingerprints and their reasons are those of the files, and the corpus is told apart.

`ACCEPT_GOLDEN=1` writes the files anew. Changing one that has been released means the next version instead.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from collector.fingerprint.versions import VERSIONS, FingerprintVersion, FingerprintVersions
from tests.golden.corpus import STACKS, Case, cases
from tests.golden.report import compare, group_all

if TYPE_CHECKING:
    from collector.model import Grouping

CASES = list(cases())


def describe(grouping: Grouping) -> str:
    """Write down the fingerprint, what was hashed, and what became of every frame."""
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


@pytest.mark.parametrize("version", [VERSIONS.current, *VERSIONS.previous], ids=lambda version: version.name)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_golden_fingerprint_never_moves(case: Case, version: FingerprintVersion[Any]) -> None:
    """The fingerprint and its reasons are those of the file."""
    found = describe(case.group(FingerprintVersions(current=version)))
    folder = STACKS.parent / "fingerprints" / version.name
    expected = folder / f"{case.path.parent.name}.{case.path.stem}.expected"
    if os.environ.get("ACCEPT_GOLDEN"):
        folder.mkdir(exist_ok=True)
        expected.write_text(found)
    assert found == expected.read_text()


def test_variants_of_one_error_are_one_group_and_different_errors_are_not() -> None:
    """Over all pairs of the corpus: no wrong pair."""
    pairs = compare(group_all())
    assert pairs.merged == ()
    assert pairs.split == ()

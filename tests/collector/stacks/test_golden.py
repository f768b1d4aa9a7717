"""Every golden stack is read as its `.expected` file says. `ACCEPT_GOLDEN=1` writes the files anew."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.golden.corpus import Case, cases

if TYPE_CHECKING:
    from collector.model import Grouping

CASES = list(cases())


def describe(grouping: Grouping) -> str:
    """Write down the parsed stack, one line a frame, innermost first."""
    stack = grouping.stack
    lines = [
        f"parser {stack.parser}",
        f"raise site {stack.raise_site}",
        f"escaped span {'yes' if stack.escaped_span else 'no'}",
    ]
    for error in stack.exceptions:
        lines.append(f"{error.relation or 'reported'} {error.type}: {error.message!r}")
        lines += [
            f"    {'app' if frame.in_app else 'lib'} {frame.module} in {frame.function} ({frame.file}:{frame.line})"
            for frame in error.frames
        ]
    lines += [f"raw {line!r}" for line in stack.raw_lines]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_golden_stack_is_read_as_expected(case: Case) -> None:
    """Frames, in-app, chain and raise site are those of the file."""
    found = describe(case.group())
    expected = case.path.with_suffix(".expected")
    if os.environ.get("ACCEPT_GOLDEN"):
        expected.write_text(found)
    assert found == expected.read_text()

"""Which parser is chosen."""

from __future__ import annotations

import pytest

from collector.stacks.sniff import choose

PYTHON = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nE: x\n'


@pytest.mark.parametrize(
    ("text", "language", "parser"),
    [
        (PYTHON, "python", "python"),
        (PYTHON, "", "python"),
        (PYTHON, "klingon", "python"),
        ('  File "a.py", line 1\n    (\nSyntaxError: x', "", "python"),
        ("Error: x\n    at f (/a.js:1:2)", "python", "raw"),
        ("panic: x\n\ngoroutine 1 [running]:", "go", "raw"),
        ("", "python", "raw"),
    ],
)
def test_the_text_decides_together_with_the_language(text: str, language: str, parser: str) -> None:
    """A parser must know the text; any language is fine."""
    assert choose(text, language).name == parser

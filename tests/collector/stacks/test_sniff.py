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
        ("System.Exception: x\n   at Shop.Pay.Charge(Int32 order) in /srv/Pay.cs:line 3", "dotnet", "dotnet"),
        ("System.Exception: x\r\n   bei Shop.Pay.Charge(Int32 order) in C:\\Pay.cs:Zeile 3.\r\n", "", "dotnet"),
        ("NullReferenceException: x\n  at Shop.Pay.Charge (System.Int32 a) [0x00001] in <ab>:0 \n", "", "dotnet"),
        ("order 3 failed\n 0# shop::check(int) at /srv/shop.cpp:47\n", "", "native"),
        ("#0  0x0000555555556e39 in run (seed=3) at shop.cpp:116\n", "cpp", "native"),
        ("/srv/shop(_ZN4shop5checkEi+0x3d) [0x55be273d0505]\n", "", "native"),
        ("0   Shop   0x0000000104c1e2f4 $s4Shop4CartC3addyyF + 52\n", "swift", "apple"),
        ("Fatal error: no cart: file Shop/Cart.swift, line 3\n", "", "apple"),
        ("", "python", "raw"),
    ],
)
def test_the_text_decides_together_with_the_language(text: str, language: str, parser: str) -> None:
    """A parser must know the text; any language is fine."""
    assert choose(text, language).name == parser

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
        ("Error: x\n    at f (/a.js:1:2)", "python", "javascript"),
        ("Error: x\r\n    at async file:///srv/a.mjs:1:2\r\n    at f (/a.js:1:2)\r\n", "", "javascript"),
        ("pay@https://shop.example/a.js:1:2\nmap@[native code]\n", "webjs", "javascript"),
        ("[AggregateError: x] {\n  [errors]: [\n    [Error: a]\n  ]\n}", "nodejs", "javascript"),
        ("#0      Cart.pay (package:shop/src/cart.dart:12:5)\n", "", "dart"),
        ("package:shop/src/cart.dart 12:5      Cart.pay\n", "dart", "dart"),
        ("bounced\nbob@example.com:25\n  at 10:30:15\n", "nodejs", "raw"),
        ("panic: x\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1", "go", "go"),
        ("System.Exception: x\n   at Shop.Pay.Charge(Int32 order) in /srv/Pay.cs:line 3", "dotnet", "dotnet"),
        ("System.Exception: x\r\n   bei Shop.Pay.Charge(Int32 order) in C:\\Pay.cs:Zeile 3.\r\n", "", "dotnet"),
        ("NullReferenceException: x\n  at Shop.Pay.Charge (System.Int32 a) [0x00001] in <ab>:0 \n", "", "dotnet"),
        ("order 3 failed\n 0# shop::check(int) at /srv/shop.cpp:47\n", "", "native"),
        ("#0  0x0000555555556e39 in run (seed=3) at shop.cpp:116\n", "cpp", "native"),
        ("/srv/shop(_ZN4shop5checkEi+0x3d) [0x55be273d0505]\n", "", "native"),
        ("0   Shop   0x0000000104c1e2f4 $s4Shop4CartC3addyyF + 52\n", "swift", "apple"),
        ("Fatal error: no cart: file Shop/Cart.swift, line 3\n", "", "apple"),
        ("a.B: x\n\tat a.C.d(C.java:1)", "java", "jvm"),
        ("a.B: x\n\tat a.C.d(C.kt:1)", "", "jvm"),
        ("java.lang.NullPointerException", "", "jvm"),
        ("a.B: x\n\tat a.C.d(C.php:1)", "", "php"),
        ("E: x\n\tat {main}(a.php:1)\nCaused by: F: y\n\t... 1 more", "klingon", "php"),
        ("#0 /srv/a.php(3): f()\n#1 {main}", "", "php"),
        ("/srv/pay.rb:3:in `charge': x (E)\n\tfrom /srv/pay.rb:9:in `run'\n", "", "ruby"),
        (
            "Traceback (most recent call last):\n\t1: from /a.rb:9:in 'run'\n/a.rb:3:in 'Pay#charge': x (E)\n",
            "",
            "ruby",
        ),
        ("/srv/pay.rb:12: never raised (Shop::PaymentError)", "ruby", "ruby"),
        (PYTHON + "ruby said a.rb:3:in `f': x\n", "", "python"),
        ("** (RuntimeError) x\n    (shop 0.1.0) lib/pay.ex:3: Pay.charge/2\n", "", "elixir"),
        ("    (shop 0.1.0) lib/pay.ex:3: Pay.charge/2\n", "erlang", "elixir"),
        ("[{shop_pay,charge,2,...},{lists,foreach_1,...}|...]", "", "elixir"),
        ("x at /srv/pay.pl line 3.\n\tmain::charge(1) called at /srv/pay.pl line 9\n", "", "perl"),
        ("x at /srv/pay.pl line 3, <STDIN> line 7.\n", "", "perl"),
        ("", "python", "raw"),
    ],
)
def test_the_text_decides_together_with_the_language(text: str, language: str, parser: str) -> None:
    """A parser must know the text; any language is fine."""
    assert choose(text, language).name == parser

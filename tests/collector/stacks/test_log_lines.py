"""What a log puts around a stack trace changes nothing, in any language."""

from __future__ import annotations

import pytest

from collector.grouping import explain
from collector.stacks.log_lines import plain, without_log_lines

JAVA = "com.shop.PaymentError: no stock\n\tat com.shop.Cart.pay(Cart.java:3)\n"
GO = "panic: no stock\n\ngoroutine 1 [running]:\nmain.pay()\n\t/srv/shop/main.go:3 +0x1\n"
RUST = "no stock\n\nStack backtrace:\n   0: shop::pay\n             at ./src/main.rs:3:5\n"
NATIVE = "no stock\n 0# shop::pay(int) at /srv/shop.cpp:47\n"
DOTNET = "Shop.PaymentError: no stock\n   at Shop.Cart.Pay() in /src/Cart.cs:line 3\n"
ELIXIR = "** (Shop.PaymentError) no stock\n    (shop 0.1.0) lib/shop/cart.ex:3: Shop.Cart.pay/1\n"
PYTHON = 'Traceback (most recent call last):\n  File "/srv/pay.py", line 3, in pay\n    raise E\nE: no stock\n'


def each(text: str, prefix: str) -> str:
    return "".join(f"{prefix}{line}\n" for line in text.splitlines())


@pytest.mark.parametrize("text", [JAVA, GO, RUST, NATIVE, DOTNET, ELIXIR, PYTHON], ids=lambda text: text[:9])
def test_what_a_log_adds_changes_nothing(text: str) -> None:
    """Prefixes of containers and of the system's log, colours, a byte order mark."""
    expected = explain(text).fingerprint
    assert expected.frames
    for wrapped in (
        each(text, "shop-1  | "),
        each(text, "Mar  1 10:00:00 host-7 shop[1234]: "),
        each(text, "2026-03-01T10:00:00.123456789Z stderr F "),
        each(text, "\x1b[31m").replace("\n", "\x1b[0m\r\n"),
        "\ufeff" + text,
    ):
        assert explain(wrapped).fingerprint == expected


@pytest.mark.parametrize("text", [GO, RUST, NATIVE])
def test_a_line_of_a_log_before_a_message_is_no_message(text: str) -> None:
    """Where a message has no type before it, nothing but the date tells."""
    line = "2026-03-01T10:00:00.123Z ERROR request failed id=7\n"
    assert explain(line + text).message == "no stock"
    assert without_log_lines(line) == line


@pytest.mark.parametrize(
    "text",
    [
        "a | b\nc",
        "a | b",
        "x: Mar  1 10:00:00 h p: y\n",
        "GET | /orders\nfailed | twice\nand more\n",
        "a\n\nb | c\n",
        "",
    ],
)
def test_other_texts_are_kept(text: str) -> None:
    """Something before each line is a prefix only if it is before all of them."""
    assert plain(text) == text

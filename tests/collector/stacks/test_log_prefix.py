"""What a log put before an exception in its first line."""

from __future__ import annotations

import pytest

from collector.grouping import explain
from collector.stacks.log_prefix import split

PHP = "Shop\\Declined: card 5 in /srv/pay.php:3\nStack trace:\n#0 /srv/index.php(9): Shop\\Pay->charge()\n#1 {main}"
PERL = "no payment for order 5 at /srv/pay.pl line 3.\n"
RUBY = "/srv/pay.rb:3:in `charge': order 5 (Shop::Declined)\n\tfrom /srv/main.rb:1:in `<main>'\n"
DART = "#0      Pay.charge (package:shop/pay.dart:3:7)\n#1      main (package:shop/main.dart:1:1)\n"
PREFIXES = (
    "2026-11-24 11:04:05,123 ERROR worker-3 ",
    "2026-11-24T11:04:05.1Z [error] ",
    "[Tue Nov 24 11:04:05 2026] [error] [pid 17] ",
    "[Thread-7] ",
    "11:04:05 | ERROR | ",
)


@pytest.mark.parametrize("text", [PHP, PERL, RUBY, DART], ids=["php", "perl", "ruby", "dart"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_it_changes_nothing(prefix: str, text: str) -> None:
    """It is kept as what stands before the exception."""
    assert split(prefix + text) == (prefix, text)
    assert explain(prefix + text).fingerprint.value == explain(text).fingerprint.value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[Error: x]\n    at f (/a.js:1:2)",
        "Error: Call to a member function pay() on null in /srv/pay.php:3\nStack trace:\n#0 {main}",
        "404 pages are missing at /srv/pay.pl line 3.\n",
        "2026-11-24 11:04:05 ERROR request 3 failed\n" + PHP,
        "[" * 70_000,
        "[1] " * 20_000,
    ],
)
def test_what_belongs_to_the_exception_stays(text: str) -> None:
    """A type in brackets or a class named `Error`; and a line of its own is the parsers' to read."""
    assert split(text) == ("", text)

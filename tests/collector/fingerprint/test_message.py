"""Messages become templates that ids don't move."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.fingerprint.v1.message import LINE_CHARS_MAX, line_template, template


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("", ""),
        ("no stock", "no stock"),
        ("\n\n  no   stock \nsecond line", "no stock"),
        ("order 17 of 3 items", "order <value> of <value> items"),
        ("order 0x7f3a and deadbeef01", "order <value> and <value>"),
        ("550e8400-e29b-41d4-a716-446655440000 gone", "<value> gone"),
        ("user 'bob' not found", "user <value> not found"),
        ('user "bob" not found', "user <value> not found"),
        ("can't find the user's cart", "can't find the user's cart"),
        ("rows [1, 2, 3] and [4]", "rows [<value>] and [<value>]"),
        ("at 2026-11-24T11:04:00.5Z", "at <value>"),
        ("at 2026-11-24 11:04:00,123 in UTC", "at <value> in UTC"),
        ("at Tue, 24 Nov 2026 11:04:00 GMT", "at <value> GMT"),
        ("may fail in May", "may fail in May"),
        ("mail to bob@example.com", "mail to <value>"),
        ("mail to [email]", "mail to <value>"),
        ("GET https://example.com/a?b=[email]&c=[redacted] failed", "GET <value> failed"),
        ("ssn=[redacted], [emails] of '[email]'", "ssn=<value>, [emails] of <value>"),
        ("GET https://example.com/a?b=c failed", "GET <value> failed"),
        ("read /srv/a/b.py and/or x", "read <value> and/or x"),
        (r"read C:\srv\a.txt", "read <value>"),
        ("10.0.0.1:5432 and fe80::1 down", "<value> and <value> down"),
        ("api.example.com refused", "<value> refused"),
        ("db1.example.com refused", "<value> refused"),
        ("state=open, id=x7", "state=<value>, id=<value>"),
        ("after 1.5s or 30ms", "after <value> or <value>"),
        ("<shop.Order object at 0x7f3a12> is closed", "(Order <value>) is closed"),
        ("shop.models.Order is closed", "shop.models.Order is closed"),
        ("aa:bb:cc:dd:ee:ff is down", "<value> is down"),
        ("Order matching query does not exist.", "Order matching query does not exist."),
        ("2026-11-24 11:04:00,123 ERROR [MainThread] order 5 lost", "order <value> lost"),
        ("[Tue Nov 24 11:04:00 2026] [error] [pid 17] order 5 lost", "order <value> lost"),
        ("2026-11-24 is no working day", "<value> is no working day"),
        ("rows [] of {} are empty", "rows [<value>] of {<value>} are empty"),
        ("getaddrinfo ENOTFOUND db", "getaddrinfo ENOTFOUND <value>"),
        ("404 Error: no order", "<value> Error: no order"),
        ("ошибка 12 в заказе", "ошибка <value> в заказе"),
    ],
)
def test_a_message_becomes_a_template(message: str, expected: str) -> None:
    """Words stay, values go."""
    assert template(message) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("\t/srv/42/shop/pay.lua:17: in function 'charge'", "pay.lua <value>: in function charge"),
        ('Called from Pay.charge in file "src/pay.ml", line 3', "Called from Pay.charge in file pay.ml <value>"),
        ("  at C:\\shop\\pay.fs:line 3", "at <value>"),
        ("user 'bob' has no cart.txt", "user <value> has no cart.txt"),
        ("read /srv/a/b.txt", "read <value>"),
    ],
)
def test_a_line_that_no_parser_knows_keeps_files_and_functions(line: str, expected: str) -> None:
    """The place of a source file is its base name; everything else is a message."""
    assert line_template(line) == expected


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_has_a_bounded_template_of_one_line(message: str) -> None:
    """Never an error."""
    found = template(message)
    assert "\n" not in found
    assert len(found) <= 8 * LINE_CHARS_MAX


@settings(max_examples=500, deadline=None)
@given(st.text("0123456789aXmJn ./:@-_'\"()<>=[],%", max_size=80), st.sampled_from("0123456789"))
def test_which_digit_it_is_does_not_matter(message: str, digit: str) -> None:
    """Messages that differ in digits alone share one memory."""
    found = template(message)
    assert not any(character in "0123456789" for character in found)
    assert found == template(message.translate(str.maketrans("0123456789", digit * 10)))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**12), st.integers(0, 10**12), st.uuids(), st.uuids())
def test_ids_do_not_move_a_template(a: int, b: int, first: object, second: object) -> None:
    """Numbers and uuids of any size agree."""
    assert template(f"order {a} of {first} failed") == template(f"order {b} of {second} failed")

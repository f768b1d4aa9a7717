"""Messages become templates that ids don't move."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.fingerprint.v1.message import LINE_CHARS_MAX, template


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
        ("ошибка 12 в заказе", "ошибка <value> в заказе"),
    ],
)
def test_a_message_becomes_a_template(message: str, expected: str) -> None:
    """Words stay, values go."""
    assert template(message) == expected


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_has_a_bounded_template_of_one_line(message: str) -> None:
    """Never an error."""
    found = template(message)
    assert "\n" not in found
    assert len(found) <= 8 * LINE_CHARS_MAX


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**12), st.integers(0, 10**12), st.uuids(), st.uuids())
def test_ids_do_not_move_a_template(a: int, b: int, first: object, second: object) -> None:
    """Numbers and uuids of any size agree."""
    assert template(f"order {a} of {first} failed") == template(f"order {b} of {second} failed")

"""Secrets leave texts; everything else stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector import scrub as module
from collector.scrub import REPLACEMENT, RULES, scrub, scrub_attributes

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+/IBAAKC=\nabc=\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=hunter2 for bob", "password=*** for bob"),
        ("DB_PASSWORD = x&y=1", "DB_PASSWORD = ***&y=1"),
        ("?token=abc123&user=1", "?token=***&user=1"),
        ('{"password": "a \\"b\\" c", "x": 1}', '{"password": "***", "x": 1}'),
        ("{'api_key': 'zz', 'a': 1}", "{'api_key': '***', 'a': 1}"),
        ('{\\"apiKey\\":\\"abc\\"}', '{\\"apiKey\\":\\"***\\"}'),
        ('login(password="let me in")', 'login(password="***")'),
        ("client_secret: s3cr3t", "client_secret: ***"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("'Authorization': 'Token abcdef'", "'Authorization': 'Token ***'"),
        ("sent Bearer abcdef123456 to x", "sent Bearer *** to x"),
        ("Basic dXNlcjpwYXNz123=", "Basic ***"),
        ("Cookie: a=b; session=c\nx", "Cookie: ***\nx"),
        ("postgres://u:p4ss@db:5432/x", "postgres://u:***@db:5432/x"),
        (f"jwt {JWT} bad", "jwt *** bad"),
        (f"key {KEY} end", "key *** end"),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "***"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "***"),
        ("AKIAIOSFODNN7EXAMPLE", "***"),
        ("card 4111 1111 1111 1111 12/27", "card *** 12/27"),
        ("card 4111-1111-1111-1111.", "card ***."),
        ("17 378282246310005 9", "17 *** 9"),
        ("4111111111111111 4111111111111111 4111", "*** *** 4111"),
        ("4111111111111111 4111111111111111x", "*** 4111111111111111x"),
        (
            "1234 5678 9012 3456 7890 1234 5678 9012 3456 4111 1111 1111 1111",
            "1234 5678 9012 3456 7890 1234 5678 9012 3456 ***",
        ),
    ],
)
def test_a_secret_is_replaced(text: str, expected: str) -> None:
    """What is named a secret or has the shape of one; the words around it stay."""
    assert scrub(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "password: must be at least 8 characters",
        "Unexpected token: unexpected end of file",
        "max_tokens=4096",
        "order 4111111111111112 failed",
        "trace 14111111111111111",
        "at 1732446240000000000 ns",
        "id 550e8400-e29b-41d4-a716-446655440000",
        "Basic authentication required, Bearer token missing",
        "http://host:8080/a?x=b@c",
        "the tokenizer=bert of author=x",
        "KeyError: 'key'",
        "",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    """Prose, ids, times and numbers that are no cards."""
    assert scrub(text) == text


def test_attributes_named_after_secrets_are_hidden_whole() -> None:
    """Others are scrubbed like any text."""
    found = scrub_attributes(
        {
            "http.request.header.authorization": "x y",
            "db.password": "p",
            "note": "token=a",
            "token.kind": "b",
        }
    )
    assert found == {
        "http.request.header.authorization": REPLACEMENT,
        "db.password": REPLACEMENT,
        "note": "token=***",
        "token.kind": "b",
    }


def naive(text: str) -> str:
    """Be the oracle: every pattern over the whole text, and cards, without a prefilter."""
    for rule in RULES:
        text = rule.pattern.sub(rf"\g<1>{REPLACEMENT}{rule.after}", text)
    return module._DIGIT_GROUPS.sub(module._hide_cards, text)


WORDS = st.sampled_from(
    [
        *(
            "password",
            "PassWd",
            "token",
            "api-key",
            "secret",
            "Authorization",
            "Bearer ",
            "basic ",
            "Cookie",
        ),
        *(
            "session_id",
            "privateKey",
            "account_key",
            "pwd",
            "credentials",
            "://",
            "eyJ",
            ".",
            "@",
            "=",
            ":",
            " ",
        ),
        *(
            '"',
            "'",
            "\\",
            "\n",
            "\r\n",
            "{",
            "}",
            ",",
            ";",
            "***",
            "abc",
            "a1b2c3d4e5f6",
            "sk_live_",
            "ghp_",
        ),
        *(
            "-----BEGIN PRIVATE KEY-----",
            "-----END PRIVATE KEY-----",
            "4111111111111111",
            "4111 1111 ",
            "12",
            "\u017f",
            "\u0130",
        ),
        *("x" * 20, "glpat-", "xoxb-", "AKIA", "0123456789"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=25).map("".join))
def test_the_prefilter_changes_nothing(text: str) -> None:
    """Needles and lines against whole patterns: the same text."""
    assert scrub(text) == naive(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=25).map("".join))
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    """A stored text can be scrubbed again."""
    assert scrub(scrub(text)) == scrub(text)


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_text_can_be_scrubbed(text: str) -> None:
    """Never an error."""
    scrub(text)


@pytest.mark.parametrize(
    "piece",
    [
        "password=",
        "token:",
        "a",
        "1",
        "1 ",
        "1111 ",
        "://",
        "://a:",
        '"password":"\\',
        "eyJaaaaaaaaaaaa.",
        "Bearer a",
        "-----BEGIN PRIVATE KEY-----",
        "authorization: ",
        "cookie: a=b;",
        "sk-aaaaaaaaaaaaaaaaaaaa",
        "key=\n",
        "pwd==>",
    ],
)
@pytest.mark.timeout(20)
def test_a_hostile_text_takes_linear_time(piece: str) -> None:
    """A mebibyte is done in a fraction of a second; a pattern that goes back would take hours."""
    scrub(piece * (2**20 // len(piece)))


def test_lines_are_scrubbed_one_by_one_or_all_at_once_alike() -> None:
    """A text with more runs of lines than are looked at one by one."""
    lines = ["password=hunter2", "token", "KeyError: 2", "https://u:hunter2@a/", "x"]
    once = [scrub(line) for line in lines]
    assert "hunter2" not in "".join(once)
    assert scrub("\n".join(lines * 1000)) == "\n".join(once * 1000)

"""Redaction of a text: what is hidden, and what stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_errors._guard import Guard
from otel_errors._redact import Redactor

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nq83vASNFZw==\n-----END RSA PRIVATE KEY-----"


def fail(text: str) -> str:
    raise ValueError(text)


def give_no_text(text: str) -> None:
    del text


HIDDEN = [
    ("login failed: password=hunter2", "login failed: password=***"),
    ("bad config {'db_password': 'hunter 2', 'port': 1}", "bad config {'db_password': '***', 'port': 1}"),
    ('{"api_key": "abc", "id": 7}', '{"api_key": "***", "id": 7}'),
    ('body {\\"token\\": \\"abc\\"}', 'body {\\"token\\": \\"***\\"}'),
    ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
    ("{'Authorization': 'Basic dXNlcjpwYXNz'}", "{'Authorization': 'Basic ***'}"),
    ("refused Bearer abcdef123456", "refused Bearer ***"),
    (f"cannot decode {JWT}", "cannot decode ***"),
    (f"x{JWT} eyJ eyJabc", "x*** eyJ eyJabc"),
    ("Set-Cookie: sid=31d4d96e407aad42; Path=/", "Set-Cookie: ***"),
    ("no route to postgres://app:hunter2@db:5432/shop", "no route to postgres://app:***@db:5432/shop"),
    ("GET /cb?access_token=ya29.abc&state=4", "GET /cb?access_token=***&state=4"),
    (f"key is {KEY} here", "key is *** here"),
    ("stripe: sk_live_" + "a1" * 12, "stripe: ***"),
    ("github: ghp_" + "a1" * 18, "github: ***"),
    ("aws: AKIA" + "IOSFODNN7EXAMPLE", "aws: ***"),
    ("google: AIza" + "a1_-9" * 7, "google: [redacted]"),
    ("npm_" + "a1" * 18 + " is revoked", "[redacted] is revoked"),
    ("DETAIL: Key (token)=(4bc) already exists.", "DETAIL: Key (token)=([redacted]) already exists."),
    ("card 4111 1111 1111 1111 was declined", "card *** was declined"),
    ("card 378282246310005 was declined", "card *** was declined"),
    ("no user joe.bloggs+shop@mail.example.co.uk", "no user [email]"),
    ("Key (email)=(joe@example.com) already exists", "Key (email)=([email]) already exists"),
    ("GET https://api/users/joe@example.com/orders", "GET https://api/users/[email]/orders"),
    ("josé@exámple.com, <zoë@example.com>", "josé@exámple.com, <[email]>"),
]
KEPT = [
    "password: must be longer than 8 letters",
    "the token has expired",
    "KeyError: 'key'",
    "card 4111 1111 1111 1112 was declined",  # its check digit is wrong
    "order 20261124193846 of 4111",
    "ssh://git@github.com/shop and git@localhost",
    "lodash@4.17.21 is not there",
    "@app.route('/x')",
    "a @ b.c",
    "tokenize(text), keys=3, monkey=4",
    "",
    "\n\n",
]


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(guard=Guard())


@pytest.mark.parametrize(("text", "expected"), HIDDEN)
def test_secret_is_hidden_and_the_words_around_it_stay(redactor, text, expected):
    assert redactor.text(text) == expected
    assert redactor.text(expected) == expected
    assert redactor.text(f"first line\r\n{text}\nlast line\n") == f"first line\r\n{expected}\nlast line\n"


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_secret_stays(redactor, text):
    assert redactor.text(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ssn=078-05-1120", "ssn=[redacted]"),
        ("applicant_SSN: 'a b', next", "applicant_SSN: [redacted], next"),
        ('{"tax.id": "12 34"}', '{"tax.id": [redacted]}'),
        ("tax-id => 12;", "tax-id => [redacted];"),
        ("lessn=3, ssn is missing", "lessn=3, ssn is missing"),
        ("ssn=[redacted] ssn=*** ssn=[email]", "ssn=[redacted] ssn=*** ssn=[email]"),
    ],
)
def test_names_of_the_owner(text, expected):
    redactor = Redactor(guard=Guard(), keys=["ssn", " tax_id ", ""])
    assert redactor.text(text) == expected
    assert redactor.text(expected) == expected


@pytest.mark.parametrize("names", [["-", "_", ".", " ", ""], ["a|b(", "[", "\\\\", "(?P<x>", "*"], ["é", "İ"]])
def test_any_names_of_the_owner(names):
    redactor = Redactor(guard=Guard(), keys=names)
    for text, expected in HIDDEN:
        assert redactor.text(text) == expected
    for text in KEPT:
        assert redactor.text(text) == text
    assert redactor.text("a|b(=4") == ("a|b(=[redacted]" if "a|b(" in names else "a|b(=4")


def test_secret_that_lost_its_end_is_hidden_too(redactor):
    assert redactor.text("from joe@exa... [9000 characters, cut]") == "from [redacted]... [9000 characters, cut]"
    assert redactor.text("from here... [9000 characters, cut]\n") == "from here... [9000 characters, cut]\n"


def test_attributes_by_name_and_by_text():
    redactor = Redactor(guard=Guard(), keys=["ssn"])
    assert redactor.attributes(
        {
            "password": "x",
            "http.request.header.authorization": ["Bearer x", "y"],
            "http.request.header.cookie": "a",
            "pin.secret": 1234,
            "user.ssn": "078",
            "order": "for joe@example.com",
            "raw": b"password=hunter2\xff",
            "nested": {"token": "x", "list": ["card 4111111111111111", 3, None, True]},
            "gen_ai.usage.input_tokens": 150,
            "token": "",
            "note": "plain",
            "user.id": "joe@example.com",
            "exception.fingerprint": ["{{default}}", "joe@example.com", "password=x"],
        }
    ) == {
        "password": "***",
        "http.request.header.authorization": "***",
        "http.request.header.cookie": "***",
        "pin.secret": "***",
        "user.ssn": "[redacted]",
        "order": "for [email]",
        "raw": b"password=***",
        "nested": {"token": "***", "list": ["card ***", 3, None, True]},
        "gen_ai.usage.input_tokens": 150,
        "token": "",
        "note": "plain",
        "user.id": "joe@example.com",
        "exception.fingerprint": ["{{default}}", "joe@example.com", "password=***"],
    }


def test_values_nested_too_deep_or_in_themselves_are_dropped(redactor):
    loop: list[object] = ["password=x"]
    loop.append(loop)
    assert "password=x" not in str(redactor.attributes({"loop": loop}))


@pytest.mark.parametrize("own", [fail, give_no_text])
def test_text_is_dropped_when_the_own_rule_fails(own):
    guard = Guard()
    redactor = Redactor(guard=guard, own=own)
    assert redactor.text("hello") == "[redacted]"
    assert redactor.attributes({"note": "hello", "count": 3}) == {"note": "[redacted]", "count": 3}
    assert guard.failures == 2


SECRET_PIECES = st.sampled_from(
    [text for text, _ in HIDDEN]
    + KEPT
    + ["***", "[email]", "[redacted]", "ssn=", '"', "'", "\\", "\n", " ", "=", ":", "@", "eyJ", "password", "token="]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(SECRET_PIECES, st.text(max_size=5)), max_size=8).map("".join))


@given(TEXTS)
@settings(max_examples=600, deadline=None)
def test_any_text_is_redacted_once_and_for_all(text):
    guard = Guard()
    redactor = Redactor(guard=guard, keys=["ssn"])
    once = redactor.text(text)
    assert redactor.text(once) == once
    assert once.count("\n") == text.count("\n") or "-----BEGIN" in text
    assert guard.failures == 0


@given(
    st.recursive(
        st.one_of(st.text(), st.integers(), st.binary(), st.none()),
        lambda inner: st.dictionaries(st.text(), inner) | st.lists(inner),
        max_leaves=8,
    )
)
@settings(deadline=None)
def test_any_attribute_is_redacted(value):
    guard = Guard()
    Redactor(guard=guard).attributes({"a": value})
    assert guard.failures == 0

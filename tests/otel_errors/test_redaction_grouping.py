"""An error falls in the same group whether the SDK redacted it or not, and the service hides what the SDK hides alike."""

from __future__ import annotations

import contextlib
import re
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import otel_errors
from otel_errors._guard import Guard
from otel_errors._redact import Redactor

if sys.version_info < (3, 11):
    pytest.skip("the service needs Python 3.11", allow_module_level=True)

from collector.grouping import group
from collector.model import ExceptionSighting, Fingerprint
from collector.scrub import scrub

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
MESSAGES = [
    "login failed: password=hunter2",
    "bad config {'db_password': 'hunter 2', 'port': 1}",
    '{"api_key": "abc", "id": 7}',
    "Authorization: Bearer abc.def",
    f"cannot decode {JWT}",
    "no route to postgres://app:hunter2@db.example.com:5432/shop",
    "GET /cb?access_token=ya29.abc&state=4",
    "stripe: sk_live_" + "a1" * 12,
    "google: AIza" + "a1_-9" * 7,
    "npm_" + "a1" * 18 + " is revoked",
    "card 4111 1111 1111 1111 was declined",
    "no user joe.bloggs+shop@mail.example.co.uk",
    "Key (email)=(joe@example.com) already exists",
    "GET https://api/users/joe@example.com/orders?to=ann@example.com",
    "user:joe@example.com: no such user",
    "the token has expired",
]
PIECES = st.sampled_from(
    [*MESSAGES, "***", '"', "'", "\\", " ", "=", ":", "eyJ", "password", "token=", "-----BEGIN PRIVATE KEY-----"]
)
TEXTS = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=8).map("".join))
REDACTOR = Redactor(guard=Guard())


@given(TEXTS)
@settings(max_examples=600, deadline=None)
def test_what_the_service_hides_is_hidden_alike(text):
    # But for what only the SDK hides.
    text = re.sub(r"@(?!db)|\[(email|redacted)\]|AIza|npm_|\)=\(", "", text)
    assert scrub(REDACTOR.text(text)) == scrub(text)


@pytest.mark.parametrize("text", MESSAGES)
@pytest.mark.parametrize("form", ["{}", "cannot charge {} now", "value ({}), again", "a={}", "'{}'", "[{}]"])
def test_message_that_counts_gives_the_same_group(text, form):
    message = form.format(text)
    frames = 'Traceback (most recent call last):\n  File "/srv/shop.py", line 1, in pay\n    fail()\n'
    plain = fingerprint_of(f"{frames}Exception: {message}\n")
    assert plain.message_counted
    assert fingerprint_of(f"{frames}Exception: {REDACTOR.text(message)}\n") == plain


def test_group_is_that_of_the_error_without_redaction(make_app: Any):
    found = []
    for redact in (True, False, str.upper):
        app = make_app()
        app.install(redact=redact)
        with contextlib.suppress(Exception), app.tracer.start_as_current_span("s"):
            raise Exception("password=hunter2 of joe@example.com, card 4111111111111111")
        attributes = app.errors()[0].attributes
        found.append(
            fingerprint_of(
                attributes["exception.stacktrace"],
                exception_type=attributes["exception.type"],
                exception_message=attributes["exception.message"],
            )
        )
        otel_errors.uninstall()
    assert found[0].message_counted
    assert found[0] == found[1]
    assert found[2].components[1] == found[0].components[1]  # its frames are found


def fingerprint_of(stacktrace: str, **sent: str) -> Fingerprint:
    return group(
        ExceptionSighting(
            seen_in="log_record",
            timestamp_ns=1,
            observed_ns=1,
            exception_stacktrace=stacktrace,
            resource={"telemetry.sdk.language": "python", "service.name": "shop"},
            **sent,
        )
    ).fingerprint

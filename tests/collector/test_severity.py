"""How bad an error is, by what carried it."""

from __future__ import annotations

from typing import Any

import pytest

from collector.model import ExceptionSighting
from collector.severity import severity

CASES = [
    ({"seen_in": "log_record", "severity_number": 24}, "fatal"),
    ({"seen_in": "log_record", "severity_number": 21}, "fatal"),
    ({"seen_in": "log_record", "severity_number": 17}, "error"),
    ({"seen_in": "log_record"}, "error"),
    ({"seen_in": "log_record", "severity_number": 17, "attributes": {"otel_errors.handled": "false"}}, "error"),
    ({"seen_in": "log_record", "severity_number": 13}, "warning"),
    ({"seen_in": "log_record", "severity_number": 9}, "info"),
    ({"seen_in": "span_event"}, "error"),
    ({"seen_in": "span_event", "span_status": "error"}, "error"),
    ({"seen_in": "span_event", "span_status": "unset"}, "warning"),
    ({"seen_in": "span_event", "span_status": "ok"}, "warning"),
    ({"seen_in": "span_event", "span_status": "unset", "escaped": True}, "error"),
    ({"seen_in": "span_event", "span_status": "unset", "attributes": {"otel_errors.handled": "false"}}, "error"),
]


@pytest.mark.parametrize(("fields", "expected"), CASES)
def test_severity_is_that_of_the_record_or_of_what_became_of_the_span(fields: dict[str, Any], expected: str) -> None:
    assert severity(ExceptionSighting(timestamp_ns=0, observed_ns=0, **fields)) == expected


def test_an_exception_that_left_its_span_is_an_error_whatever_the_status() -> None:
    seen = ExceptionSighting(seen_in="span_event", timestamp_ns=0, observed_ns=0, span_status="unset")

    assert severity(seen, left_span=True) == "error"

"""What the SDK cuts from a stack trace does not change the group that the service puts it in."""

from __future__ import annotations

import sys

import pytest

from otel_errors._traceback import fit, render

if sys.version_info < (3, 11):
    pytest.skip("the service needs Python 3.11", allow_module_level=True)

from collector.grouping import group
from collector.model import ExceptionSighting


def fail(depth: int, message: str = "declined") -> None:
    if depth == 0:
        raise ValueError(message)
    fail_on(depth - 1, message)


def fail_on(depth: int, message: str) -> None:  # in turn, or the lines would be folded
    fail(depth, message)


def deep() -> None:
    fail(40)


def chained() -> None:
    try:
        fail(30, "first")
    except ValueError as error:
        raise RuntimeError("while paying") from error


@pytest.mark.parametrize("raiser", [deep, chained])
@pytest.mark.parametrize("length_max", [6_000, 3_000, 2_000])
def test_cut_stack_has_the_fingerprint_of_the_whole(raiser, length_max):
    try:
        raiser()
    except Exception as error:
        rendered = render(error, frames_max=100, message_length_max=8_192)
    whole, cut = fit(rendered, 1_000_000), fit(rendered, length_max)
    assert len(cut) <= length_max < len(whole)
    assert fingerprint_of(cut) == fingerprint_of(whole)


def fingerprint_of(stacktrace: str) -> str:
    sighting = ExceptionSighting(
        seen_in="log_record",
        timestamp_ns=1,
        observed_ns=1,
        exception_stacktrace=stacktrace,
        resource={"telemetry.sdk.language": "python", "service.name": "shop"},
    )
    return group(sighting).fingerprint.value

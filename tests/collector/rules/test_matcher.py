"""Which rules hold for an error: globs, expressions, paths of names, frames; and what a pattern can cost."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.model import ExceptionSighting, Frame
from collector.rules.load import load
from collector.rules.matcher import TEXT_CHARS_MAX, RuleMatcher
from collector.rules.patterns import read_pattern


def matcher(*matches: dict[str, object]) -> RuleMatcher:
    return RuleMatcher(load(yaml.safe_dump({"rules": [{"match": m, "severity": "info"} for m in matches]}), "r.yaml"))


def holding(
    rules: RuleMatcher,
    *,
    kind: str = "shop.PaymentError",
    message: str = "no payment for order 4",
    severity: str = "error",
    seen_in: str = "span_event",
    frames: tuple[Frame, ...] = (),
    resource: dict[str, str] | None = None,
    attributes: dict[str, str] | None = None,
) -> set[int]:
    sighting = ExceptionSighting(
        seen_in=seen_in,
        timestamp_ns=0,
        observed_ns=0,
        resource=resource or {},
        attributes=attributes or {},
    )
    found = rules.around(
        sighting,
        rules.origin(sighting.resource),
        exception_type=kind,
        message=message,
        language="python",
        severity=severity,
    )
    found &= rules.in_frames(frames)
    return {number for number in range(len(rules.rules)) if found >> number & 1}


WORDS = [
    # field, pattern, value, whether it holds
    ("type", "PaymentError", "shop.PaymentError", True),
    ("type", "PaymentError", "shop::PaymentError", True),
    ("type", "PaymentError", "Shop\\PaymentError", True),
    ("type", "PaymentError", "NoPaymentError", False),
    ("type", "shop.*", "shop.PaymentError", True),
    ("type", "*Error", "shop.PaymentError", True),
    ("type", "/^shop/", "shop.PaymentError", True),
    ("type", "/^Payment/", "shop.PaymentError", False),
    ("message", "no payment*", "no payment\nfor 4", True),
    ("message", "payment", "no payment", False),
    ("message", "*payment?", "no payments", True),
    ("message", "\\*", "*", True),
    ("message", "\\*", "a", False),
    ("message", "/pay|order/", "an order", True),
    ("message", "/PAY/i", "no payment", True),
    ("message", "/PAY/", "no payment", False),
    ("message", "/srv/x", "/srv/x", True),
    ("service", "checkout", "shop/checkout", True),
    ("service", "checkout", "checkout", True),
    ("service", "check*", "shop/checkout", True),
    ("service", "sh*", "shop/checkout", False),
    ("service", "shop/*", "shop/checkout", True),
    ("service", "shop/*", "checkout", False),
    ("file", "billing/*.py", "/srv/app/billing/pay.py", True),
    ("file", "billing/*.py", "billing/sub/pay.py", True),
    ("file", "billing/*.py", "/srv/rebilling/pay.py", False),
    ("environment", "", "", True),
    ("environment", "*", "", True),
    ("environment", "prod", "production", False),
    ("message", "é?a*", "état", True),
    ("message", "é*", "éa", True),
]


@pytest.mark.parametrize(("field", "pattern", "text", "expected"), WORDS)
def test_a_pattern_says_what_a_value_must_look_like(field: str, pattern: str, text: str, expected: bool) -> None:  # noqa: FBT001
    """Types, files and services are paths of names."""
    if field == "file":
        found = holding(matcher({"frame": {"file": pattern}}), frames=(Frame(file=text),))
    elif field == "type":
        found = holding(matcher({"type": pattern}), kind=text)
    elif field == "message":
        found = holding(matcher({"message": pattern}), message=text)
    elif field == "service":
        namespace, _, name = text.rpartition("/")
        found = holding(matcher({"service": pattern}), resource={"service.name": name, "service.namespace": namespace})
    else:
        found = holding(matcher({"environment": pattern}), resource={"deployment.environment": text})
    assert bool(found) is expected


def test_all_conditions_of_a_rule_must_hold_and_any_of_a_list() -> None:
    rules = matcher(
        {"type": ["A", "PaymentError"], "message": "*order*"},
        {"type": "PaymentError", "message": "*stock*"},
        {"attribute.tenant": "t*", "severity": ["warning", "error"]},
        {"attribute.tenant": "*"},
        {"signal": "log_record"},
        {"release": "1.10", "language": "python"},
        {"release": "1.1"},
    )

    assert holding(rules) == {0}
    assert holding(rules, attributes={"tenant": "t1"}, resource={"service.version": "1.10"}) == {0, 2, 3, 5}
    assert holding(rules, attributes={"tenant": ""}, severity="fatal", seen_in="log_record") == {0, 3, 4}


def test_a_frame_must_be_all_that_one_entry_asks_for() -> None:
    rules = matcher(
        {"frame": {"module": "pay", "function": "charge"}},
        {"frame": {"module": "pay", "in_app": True}},
        {"frame": [{"function": "nothing"}, {"file": "*.rb"}]},
        {"frame": {"in_app": False}},
    )

    assert holding(rules, frames=(Frame("pay", "get"), Frame("cart", "charge"))) == {3}
    assert holding(rules, frames=(Frame("pay", "charge", in_app=True),)) == {0, 1}
    assert holding(rules, frames=(Frame(file="/a/b.rb", in_app=True),)) == {2}
    assert holding(rules) == set()


def test_in_app_rules_are_applied_in_their_order() -> None:
    text = yaml.safe_dump(
        {
            "rules": [
                {"match": {"frame": {"module": "vendor.*"}}, "in_app": True},
                {"match": {"frame": {"module": "vendor.http", "in_app": True}}, "in_app": False},
                {"match": {"frame": {"module": "nowhere"}}, "in_app": True},
            ]
        }
    )
    rules = RuleMatcher(load(text, "r.yaml"))

    marked, by = rules.mark((Frame("vendor.http"), Frame("vendor.pay"), Frame("std")), rules.everyone)

    assert [frame.in_app for frame in marked] == [False, True, False]
    assert by == 0b011


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.text(alphabet="ab*?\\é", max_size=6), min_size=1, max_size=5), st.text(alphabet="abé\n*", max_size=8)
)
def test_many_globs_at_once_hold_as_each_one_does(globs: list[str], text: str) -> None:
    """Against the plain reading of a glob, character by character."""
    expected = {number for number, glob in enumerate(globs) if _matches(glob, text)}

    assert holding(matcher(*[{"message": glob} for glob in globs]), message=text) == expected


def _matches(glob: str, text: str) -> bool:
    if not glob:
        return not text
    first, rest = glob[0], glob[1:]
    if first == "*":
        return any(_matches(rest, text[at:]) for at in range(len(text) + 1))
    if first == "\\" and rest:
        first, rest = rest[0], rest[1:]
        return text[:1] == first and _matches(rest, text[1:])
    return bool(text) and (first == "?" or text[0] == first) and _matches(rest, text[1:])


EXPENSIVE = ["/(x+x+)+y/", "/(.*a){30}$/", "/(?:a|b)*a(?:a|b){300}c/", "*a*a*a*a*a*a*a*a*a*b", "/(a?){100}a{100}/"]


@pytest.mark.parametrize("pattern", EXPENSIVE)
@pytest.mark.parametrize("text", ["a" * 2**20, "ab" * 2**19, "x" * 2**20])
def test_no_pattern_that_is_allowed_makes_a_message_expensive(pattern: str, text: str) -> None:
    """Milliseconds; what goes back over the text would take years."""
    rules = matcher({"message": pattern}, {"message": "*z"})
    started = time.process_time()
    holding(rules, message=text)

    assert time.process_time() - started < 0.5
    assert read_pattern("message", pattern).text == pattern
    assert len(text) > TEXT_CHARS_MAX


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text(), st.text(), st.dictionaries(st.sampled_from(["a", "b"]), st.text()))
def test_matching_never_raises(kind: str, message: str, module: str, attributes: dict[str, str]) -> None:
    rules = matcher(
        {"type": "*Error", "message": "/a.b/"}, {"attribute.a": "/x/i"}, {"frame": {"module": "*a*", "function": "?"}}
    )
    holding(rules, kind=kind, message=message, frames=(Frame(module, kind),), attributes=attributes)

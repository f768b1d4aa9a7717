"""What the application and the owner's rules say of an error, over what was computed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.fingerprint.versions import VERSIONS
from collector.grouping import Grouper, RulesInUse, explain, group, group_id
from collector.model import ExceptionSighting, Grouping
from collector.rules.load import load
from collector.rules.parts import OVERRIDES

HEADER = "Traceback (most recent call last):\n"
PAY = '  File "/srv/shop/pay.py", line 3, in charge\n    raise\n'
VENDOR = '  File "/srv/shop/vendor/http.py", line 9, in get\n    raise\n'
REQUESTS = '  File "/usr/lib/python3.11/site-packages/requests/api.py", line 9, in get\n    raise\n'
STACK = HEADER + PAY + VENDOR + "shop.PaymentError: no payment for order 4\n"
DEFAULT = explain(STACK).fingerprint


def sighting(text: str = STACK, **fields: Any) -> ExceptionSighting:
    attributes = fields.pop("attributes", {})
    resource = {"telemetry.sdk.language": "python", "service.name": "shop", **fields.pop("resource", {})}
    told: dict[str, Any] = {"seen_in": "log_record", "timestamp_ns": 0, "observed_ns": 0, **fields}
    return ExceptionSighting(exception_stacktrace=text, attributes=attributes, resource=resource, **told)


def in_use(*rules: dict[str, Any]) -> RulesInUse:
    return RulesInUse(load(yaml.safe_dump({"rules": list(rules)}, width=5000), "r.yaml"))


def ruled(*rules: dict[str, Any], **fields: Any) -> Grouping:
    return group(sighting(**fields), in_use(*rules).matcher)


GIVEN = [
    ("payments", ["part payments"]),
    (" payments ", ["part payments"]),
    ('["a","b"]', ["part a", "part b"]),
    ('["a",1,null,{"b":[]}]', ["part a", "part 1", "part null", 'part {"b": []}']),
    ("[a", ["part [a"]),
    ("{{default}}", list(DEFAULT.components)),
    ('["{{ default }}","eu"]', [*DEFAULT.components, "part eu"]),
    ("x {{default}}", [f"part x {DEFAULT.value}"]),
    ("{{type}} in {{module}}.{{function}}", ["part PaymentError in http.get"]),
    ("{{message}}", ["part no payment for order <value>"]),
    ("{{service}} {{attribute.tenant}} {{nothing}} {{", ["part shop t1 {{nothing}} {{"]),
    ("password=hunter2", ["part password=***"]),
    ("x" * 20_000, ["part " + "x" * 512]),
    (json.dumps(["a"] * 100), ["part a"] * 16),
    (json.dumps([f"p{n}" for n in range(10_000)]), [f"part p{n}" for n in range(16)]),
    ('["a",]', ['part ["a",]']),
    ('["a"]b', ['part ["a"]b']),
]


@pytest.mark.parametrize(("value", "components"), GIVEN, ids=lambda value: str(value)[:30])
def test_the_application_says_the_fingerprint(value: str, components: list[str]) -> None:
    found = group(sighting(attributes={"exception.fingerprint": value, "tenant": "t1"}))

    assert list(found.fingerprint.components) == components
    assert found.fingerprint.origin == "override"
    assert found.fingerprint.value.startswith(f"{VERSIONS.current.name}:")
    assert found.group_id == group_id("", "shop", found.fingerprint.value)


def test_the_default_alone_is_the_computed_fingerprint() -> None:
    assert group(sighting(attributes={"exception.fingerprint": '["{{default}}"]'})).fingerprint.value == DEFAULT.value


@pytest.mark.parametrize("name", OVERRIDES)
def test_each_of_three_attributes_is_such_a_word(name: str) -> None:
    assert group(sighting(attributes={name: "a"})).fingerprint.components == ("part a",)


def test_of_several_such_words_the_first_attribute_counts() -> None:
    for at in range(3):
        attributes = {name: name for name in reversed(OVERRIDES[at:])}
        assert group(sighting(attributes=attributes)).fingerprint.components == (f"part {OVERRIDES[at]}",)


@pytest.mark.parametrize("value", ["", " ", "[]", '[""]', '["  "]'])
def test_a_blank_word_says_nothing(value: str) -> None:
    assert group(sighting(attributes={"exception.fingerprint": value})).fingerprint == DEFAULT


def test_the_first_fingerprint_rule_that_holds_wins_and_the_application_before_it() -> None:
    rules = (
        {"name": "no", "match": {"message": "*stock*"}, "fingerprint": "stock"},
        {"name": "yes", "match": {"type": "PaymentError"}, "fingerprint": ["pay", "{{default}}"]},
        {"name": "late", "match": {"type": "*"}, "fingerprint": "all"},
    )
    found = ruled(*rules)
    given = ruled(*rules, attributes={"error.fingerprint": "app"})

    assert found.fingerprint.components == ("part pay", *DEFAULT.components)
    assert (found.fingerprint.origin, found.verdict.fingerprint_rule, found.verdict.rules) == ("rule", "yes", ("yes",))
    assert (given.fingerprint.components, given.fingerprint.origin) == (("part app",), "override")
    assert (given.verdict.fingerprint_rule, given.verdict.rules) == ("", ())


def test_a_rule_for_one_service_makes_its_vendored_code_a_library() -> None:
    rule = {"name": "vendored", "match": {"service": "shop", "frame": {"file": "vendor/*"}}, "in_app": False}
    here, elsewhere = ruled(rule), ruled(rule, resource={"service.name": "other"})

    assert here.culprit == "pay in charge"
    assert elsewhere.culprit == DEFAULT.frames[0].frame.module + " in get"
    assert (here.verdict.rules, elsewhere.verdict.rules) == (("vendored",), ())
    assert [frame.in_app for frame in here.stack.exceptions[0].frames] == [False, True]
    assert [reason.frame.in_app for reason in here.fingerprint.frames] == [False, True]


def test_a_rule_makes_a_library_of_ours_in_app() -> None:
    rule = {"match": {"frame": {"module": "requests*"}}, "in_app": True}
    found = ruled(rule, text=HEADER + PAY + REQUESTS + "E: 1\n")

    assert found.fingerprint.components == ("error E", "in requests.api|get")


def test_a_rule_that_asks_for_in_app_frames_sees_them_as_rules_before_it_left_them() -> None:
    found = ruled(
        {"match": {"frame": {"file": "vendor/*"}}, "in_app": False},
        {"match": {"frame": {"function": "get", "in_app": True}}, "fingerprint": "own"},
        {"match": {"frame": {"function": "get", "in_app": False}}, "fingerprint": "library"},
    )

    assert found.fingerprint.components == ("part library",)


def test_rules_set_severities_and_drop_and_the_first_of_each_wins() -> None:
    found = ruled(
        {"name": "a", "match": {"severity": "error"}, "severity": "warning"},
        {"name": "b", "match": {"severity": ["error", "warning"]}, "severity": "fatal"},
        {"name": "c", "match": {"message": "/order [0-9]+/"}, "drop": True},
    )

    assert (found.verdict.severity, found.verdict.dropped_by, found.verdict.rules) == ("warning", "c", ("a", "c"))


def test_a_message_that_a_rule_puts_into_the_fingerprint_is_a_template() -> None:
    rule = {"match": {"type": "*"}, "fingerprint": ["{{type}}", "{{message}}", "{{attribute.tenant}}", "{{release}}"]}
    found = ruled(rule, attributes={"tenant": "t1"}, resource={"service.version": "1.2"})

    assert found.fingerprint.components == (
        *("part PaymentError", "part no payment for order <value>", "part t1", "part 1.2"),
    )


def test_replaced_rules_hold_from_the_next_error_on() -> None:
    rules = in_use({"match": {"type": "*"}, "fingerprint": "one"})
    grouper = Grouper(rules)
    before = grouper.group(sighting())
    rules.replace(load("rules: [{match: {type: '*'}, fingerprint: two}]", "r.yaml"))

    assert before.fingerprint.components == ("part one",)
    assert grouper.group(sighting()).fingerprint.components == ("part two",)


def test_words_that_differ_each_time_do_not_fill_a_groupers_memory() -> None:
    grouper = Grouper()
    for number in range(3000):
        grouper.group(sighting(attributes={"exception.fingerprint": f"request {number} " + "x" * 400}))

    (prepared, _), *others = grouper._prepared._kept.values()
    assert not others
    assert not grouper._whole._kept
    assert len(prepared.plain.given) <= 8


RULES = in_use(
    {"match": {"message": "*order*", "environment": "prod"}, "fingerprint": ["a", "{{default}}", "{{attribute.k}}"]},
    {"match": {"frame": {"file": "vendor/*"}, "service": "shop"}, "in_app": False},
    {"match": {"frame": {"module": "requests*"}, "attribute.k": "v*"}, "in_app": True},
    {"match": {"severity": "error", "signal": "span_event"}, "severity": "warning"},
    {"match": {"type": "E", "release": "2", "message": "/[0-9]/"}, "drop": True},
    {
        "match": {"frame": {"function": "get", "in_app": True}, "severity": "warning"},
        "fingerprint": "{{release}} {{severity}}",
    },
)
SIGHTINGS = st.builds(
    sighting,
    st.lists(st.sampled_from([HEADER, PAY, VENDOR, REQUESTS, "E: order 1\n", "E: 2\n", "F\n"]), max_size=6).map(
        "".join
    ),
    exception_message=st.sampled_from(["", "order", "7"]),
    seen_in=st.sampled_from(["span_event", "log_record"]),
    span_status=st.sampled_from(["", "unset", "error"]),
    severity_number=st.sampled_from([0, 13, 21]),
    attributes=st.dictionaries(
        st.sampled_from(["k", "exception.fingerprint", "other", "otel_errors.handled"]),
        st.sampled_from(["", "v1", "x", '["{{default}}"]', "{{message}}", "false"]),
    ),
    resource=st.dictionaries(
        st.sampled_from(["service.name", "service.version", "deployment.environment.name"]),
        st.sampled_from(["shop", "2", "prod"]),
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(SIGHTINGS, max_size=8))
def test_a_grouper_with_rules_agrees_with_group(sightings: list[ExceptionSighting]) -> None:
    """What is remembered never changes a result."""
    grouper = Grouper(RULES)
    for one in sightings + sightings:
        assert grouper.group(one) == group(one, RULES.matcher)


@settings(max_examples=300, deadline=None)
@given(st.text() | st.lists(st.text(), max_size=3).map(json.dumps) | st.text(alphabet='[]{},"\\ud', max_size=30))
def test_any_word_of_an_application_gives_a_fingerprint(value: str) -> None:
    assert group(sighting(attributes={"exception.fingerprint": value})).fingerprint.value.startswith(
        f"{VERSIONS.current.name}:"
    )


def test_the_example_in_the_documentation_does_what_it_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "grouping.md").read_text()
    (example,) = re.findall(r"```yaml\n(rules:\n.*?)```", page, re.DOTALL)
    rules = RulesInUse(load(example, "rules.yaml")).matcher
    resource = {"service.namespace": "shop", "service.name": "web", "deployment.environment.name": "production"}

    outage = group(sighting("E: db1 does not answer", resource=resource), rules)
    vendored = group(sighting(resource=resource), rules)
    attributes = {"tenant": "test-4"}
    card = group(sighting(exception_type="shop.CardDeclined", text="", attributes=attributes, resource=resource), rules)
    probe = group(sighting("shop.ProbeFailed: Timed out", resource=resource), rules)

    assert outage.fingerprint.components == ("part gateway down",)
    assert vendored.culprit == "pay in charge"
    assert card.verdict.severity == "info"
    assert probe.verdict.dropped_by == "probes that are slow"
    assert {outage.verdict.rules, vendored.verdict.rules} == {
        ("one outage, whoever noticed",),
        ("vendored code is not ours",),
    }

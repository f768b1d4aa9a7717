"""A rules file: what is read from it, and what is told about a wrong one."""

from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.failures import RulesInvalid
from collector.rules.load import MISTAKES_MAX, RULES_MAX, load
from collector.rules.matcher import RuleMatcher

WHOLE = """\
# What we know better.
rules:
  - name: resets
    match:
      type: [ConnectionResetError, "*.ResetError"]
      message: "/reset by (peer|host)/i"
      service: "shop/*"
      environment: prod*
      release: 1.10
      language: python
      signal: span_event
      severity: error
      attribute.http.route: "/cart/*"
      frame:
        - {module: "vendor.*", in_app: true}
        - file: billing/*.py
          function: charge
    fingerprint: [reset, "{{service}}"]
    severity: warning
  - match: {frame: {module: "ours_*"}}
    in_app: true
  - match: {environment: dev}
    drop: true
"""


def mistakes(text: str) -> tuple[str, ...]:
    with pytest.raises(RulesInvalid) as refused:
        load(text, "rules.yaml")
    return refused.value.mistakes


def test_every_condition_and_action_is_read_with_its_line() -> None:
    first, second, third = load(WHOLE, "rules.yaml").rules

    assert (first.name, first.line, first.severity, first.drop) == ("resets", 3, "warning", False)
    assert [condition.field for condition in first.conditions] == [
        *("type", "message", "service", "environment", "release", "language", "signal", "severity"),
        "attribute.http.route",
    ]
    assert [pattern.text for pattern in first.conditions[4].patterns] == ["1.10"]
    assert [frame.in_app for frame in first.frames] == [True, None]
    assert [part.text for part in first.fingerprint or ()] == ["reset", "{{service}}"]
    assert (second.name, second.line, second.in_app) == ("rule 2", 20, True)
    assert (third.name, third.drop) == ("rule 3", True)


WRONG = {
    "": "rules.yaml:1: holds no rules: begin with `rules:` and a list",
    "rules: 3": "rules.yaml:1: `rules` must be a list",
    "- a": "rules.yaml:1: a rules file holds one list, `rules:`: give `key: value` lines, with rules",
    "rules:\n  - match: {type: A}\n    frobnicate: 1\n    drop: true": (
        "rules.yaml:3: unknown key 'frobnicate': known are name, match, fingerprint, in_app, severity, drop"
    ),
    "rules:\n- match: {type: A}\n  drop: true\n  drop: true": "rules.yaml:4: `drop` is there twice: leave one out, or give a list",
    "rules:\n- match: {mesage: A}\n  drop: true": "rules.yaml:2: unknown key 'mesage': did you mean message?",
    "rules:\n- drop: true": "rules.yaml:2: the rule has no `match`: say what it is for, such as `match: {type: KeyError}`",
    "rules:\n- match: {}\n  drop: true": "rules.yaml:2: `match` is empty: give a condition; `type: '*'` is every error",
    "rules:\n- match: {type: A}": "rules.yaml:2: the rule does nothing: give one of fingerprint, in_app, severity, drop",
    "rules:\n- match: {type: }\n  drop: true": "rules.yaml:2: `type` has no value: give one; an empty text is ''",
    "rules:\n- match: {type: {a: b}}\n  drop: true": "rules.yaml:2: `type` can't be a mapping: give a text",
    "rules:\n- match:\n    message: /(a/\n  drop: true": (
        "rules.yaml:3: `message` '/(a/' is no regular expression of RE2: missing ): (a"
    ),
    "rules:\n- match: {message: //}\n  drop: true": (
        "rules.yaml:2: `message` '//' is an empty expression, which every text holds: give * for any text"
    ),
    "rules:\n- match: {message: '/(?<=a)b/'}\n  drop: true": (
        "rules.yaml:2: `message` '/(?<=a)b/' is no regular expression of RE2: invalid perl operator: (?<="
    ),
    "rules:\n- match: {message: '/(a{0,900}){3}/'}\n  drop: true": (
        "rules.yaml:2: `message` '/(a{0,900}){3}/' is no regular expression of RE2: invalid repetition size: {3}"
    ),
    "rules:\n- match: {severity: eror}\n  drop: true": (
        "rules.yaml:2: `severity` 'eror' is none of fatal, error, warning, info"
    ),
    "rules:\n- match: {signal: metric}\n  drop: true": "rules.yaml:2: `signal` 'metric' is none of span_event, log_record",
    "rules:\n- match: {type: A}\n  severity: bad": (
        "rules.yaml:3: `severity` can't be 'bad': give fatal, error, warning, info"
    ),
    "rules:\n- match: {type: A}\n  in_app: true": (
        "rules.yaml:3: `in_app` needs `frame` in `match`: say which frames it is about"
    ),
    "rules:\n- match: {frame: {line: 3}}\n  in_app: true": (
        "rules.yaml:2: unknown key 'line': known are module, function, file, in_app"
    ),
    "rules:\n- match: {frame: {file: a}}\n  in_app: maybe": "rules.yaml:3: `in_app` can't be 'maybe': give true or false",
    "rules:\n- match: {type: A}\n  drop: false": "rules.yaml:3: `drop: false` does nothing: give true, or leave it out",
    "rules:\n- match: {type: A}\n  drop: true\n  severity: info": (
        "rules.yaml:3: what is dropped needs no `severity`: leave one of the two out"
    ),
    "rules:\n- match: {type: A}\n  fingerprint: []": "rules.yaml:3: `fingerprint` is an empty list: give an entry, or leave it out",
    "rules:\n- match: {type: A}\n  fingerprint: ['{{ defualt }}']": (
        "rules.yaml:3: `fingerprint` has an unknown placeholder 'defualt': did you mean default?"
    ),
    "rules:\n- match: {type: A}\n  fingerprint: ['{{']": (
        "rules.yaml:3: `fingerprint` has an unknown placeholder '{{': known are default, type, message, module, function, "
        "service, namespace, environment, release, language, severity, signal, attribute.<key>"
    ),
    "rules:\n- {name: a, match: {type: A}, drop: true}\n- {name: a, match: {type: B}, drop: true}": (
        "rules.yaml:3: the name 'a' is that of line 2 too: give another"
    ),
    "rules:\n- match: {type: 'A}\n": "rules.yaml:3: is not YAML: found unexpected end of stream",
    "rules: [{name: a, match: {type: A}, drop: true}, {name: a, match: {type: B}, drop: true}]": (
        "rules.yaml:1: the name 'a' is that of line 1 too: give another"
    ),
    "rules:\n- match: {type: A}\n  name: a\x00b": "rules.yaml:3: is not YAML: the character U+0000 can't be in it",
    "rules:\n\t- match: {type: A}": (
        "rules.yaml:2: is not YAML: found character '\\t' that cannot start any token: indent with spaces"
    ),
    "rules:\n- match:\n    type: *Error\n  drop: true": (
        "rules.yaml:3: is not YAML: found undefined alias 'Error': put a text that begins with * in quotes, such as '*Error'"
    ),
    "rules:\n- match:\n    message: * timed out\n  drop: true": (
        "rules.yaml:3: is not YAML: expected alphabetic or numeric character, but found ' ': "
        "put a text that begins with * in quotes, such as '*Error'"
    ),
    "rules: " + "[" * 2000: "rules.yaml:1: is not YAML that can be read: it is nested too deeply",
    "rules:\n- match: {attributes: A}\n  drop: true": "rules.yaml:2: unknown key 'attributes': did you mean attribute.<key>?",
    "a: &a [*a]": "rules.yaml:1: unknown key 'a': known are rules",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_mistake_is_one_line_with_its_place_the_value_and_the_cure(text: str) -> None:
    assert mistakes(text) == (WRONG[text],)


def test_every_mistake_of_a_file_is_told() -> None:
    text = "rules:\n" + "".join(f"  - match: {{type: a{n}}}\n    severity: s{n}\n" for n in range(5))

    assert [line.split(":")[1] for line in mistakes(text)] == ["3", "5", "7", "9", "11"]


def test_mistakes_and_rules_have_a_limit() -> None:
    assert len(mistakes("rules:\n" + "  - a\n" * RULES_MAX)) == MISTAKES_MAX
    assert f"give at most {RULES_MAX}" in mistakes("rules: [" + "a," * (RULES_MAX + 1) + "]")[0]


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("/(?:x{0,300}){3}y/", r"too large an expression \(\d+ steps"),
        ("/(?:[ab]{1,50}a[ab]{1,50}b){9}z/", r"too large an expression"),
        ("a" * 1001, r"has 1001 characters: give at most 1000"),
    ],
)
def test_a_pattern_that_could_cost_much_is_refused(pattern: str, told: str) -> None:
    text = yaml.safe_dump({"rules": [{"match": {"message": pattern}, "drop": True}]}, width=5000)

    assert re.search(told, mistakes(text)[0])


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=12), st.sampled_from(["/a+/", "*", "a?b", "{{default}}"])
)
KEYS = st.sampled_from(
    ["rules", "name", "match", "fingerprint", "in_app", "severity", "drop", "type", "message", "frame", "file", "x"]
)
TREES = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)
RULES = st.fixed_dictionaries(
    {"match": st.dictionaries(KEYS, TREES, max_size=3)},
    optional={"fingerprint": TREES, "severity": VALUES, "in_app": VALUES, "drop": VALUES, "name": VALUES},
)
FILES = st.one_of(
    st.text(),
    st.binary().map(lambda data: data.decode("latin-1")),
    TREES.map(yaml.safe_dump),
    st.lists(RULES, max_size=4).map(lambda rules: yaml.safe_dump({"rules": rules})),
)


@settings(max_examples=300, deadline=None)
@given(FILES)
def test_any_text_gives_rules_or_lines_that_name_the_file(text: str) -> None:
    try:
        rules = load(text, "f.yaml")
    except RulesInvalid as refused:
        told = refused.mistakes
    else:
        RuleMatcher(rules)
        return
    assert told
    assert all(re.fullmatch(r"f\.yaml:\d+: .+", line) for line in told)

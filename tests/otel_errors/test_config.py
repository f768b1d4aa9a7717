"""The settings are one table: variables, keywords and the documentation agree with it."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

import otel_errors
from otel_errors import environment_variables
from otel_errors._config import SettingKeywords, Settings, read_settings, variable_of

ROOT = Path(__file__).parents[2]
FIELDS = dataclasses.fields(Settings)


def test_every_setting_is_a_variable_of_opentelemetry_instrument():
    names = {name for name in vars(environment_variables) if name.startswith("OTEL_")}
    assert names == {variable_of(field.name) for field in FIELDS}
    assert all(getattr(environment_variables, name) == name for name in names)


def test_every_setting_is_a_keyword_of_install():
    assert list(SettingKeywords.__annotations__) == [field.name for field in FIELDS]
    assert inspect.signature(otel_errors.install).parameters["settings"].kind is inspect.Parameter.VAR_KEYWORD


def test_keyword_that_is_no_setting_is_refused():
    with pytest.raises(TypeError, match="no setting frame_max"):
        otel_errors.install(frame_max=3)


def test_documented_settings_are_the_table():
    rows = re.findall(
        r"^\| `(OTEL_ERRORS_\w+)` \| `?([\w.,]+)`? \| (.*?) \| (.*?) \|$",
        (ROOT / "docs" / "sdk.md").read_text(),
        re.MULTILINE,
    )
    assert rows == [
        (
            variable_of(field.name),
            str(field.default).lower() or "none",
            field.metadata.get("unit", "true or false"),
            field.metadata["help"],
        )
        for field in FIELDS
    ]


@pytest.mark.parametrize(
    ("environ", "arguments", "expected"),
    [
        ({}, {}, Settings()),
        ({"OTEL_ERRORS_ENABLED": "FALSE"}, {}, Settings(enabled=False)),
        ({"OTEL_ERRORS_ENABLED": "false"}, {"enabled": True}, Settings(enabled=True)),
        ({"OTEL_ERRORS_FRAMES_MAX": " 7 "}, {}, Settings(frames_max=7)),
        ({"OTEL_ERRORS_FRAMES_MAX": ""}, {}, Settings()),
        ({"OTEL_ERRORS_FRAMES_MAX": "7"}, {"frames_max": 9}, Settings(frames_max=9)),
    ],
)
def test_argument_before_variable_before_default(environ, arguments, expected):
    assert read_settings(environ, arguments) == expected


@pytest.mark.parametrize(
    ("environ", "arguments", "line"),
    [
        (
            {"OTEL_ERRORS_FRAMES_MAX": "many"},
            {},
            "otel_errors ignores OTEL_ERRORS_FRAMES_MAX=many: it must be a whole number of frames from 1; 100 holds",
        ),
        (
            {"OTEL_ERRORS_ENABLED": "yes"},
            {},
            "otel_errors ignores OTEL_ERRORS_ENABLED=yes: it must be true or false; True holds",
        ),
        (
            {},
            {"frames_max": 0},
            "otel_errors ignores frames_max=0: it must be a whole number of frames from 1; 100 holds",
        ),
        (
            {},
            {"frames_max": True},
            "otel_errors ignores frames_max=True: it must be a whole number of frames from 1; 100 holds",
        ),
    ],
)
def test_value_that_cannot_be_used_is_told_and_the_default_holds(caplog, environ, arguments, line):
    assert read_settings(environ, arguments) == Settings()
    assert [record.message for record in caplog.records] == [line]

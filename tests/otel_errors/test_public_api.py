"""The names that users may rely on."""

from __future__ import annotations

from pathlib import Path

import otel_errors


def test_exported_names_are_sorted_and_documented():
    assert otel_errors.__all__ == sorted(otel_errors.__all__)
    assert all(getattr(otel_errors, name).__doc__ for name in otel_errors.__all__)


def test_every_exported_name_is_in_the_docs():
    text = (Path(__file__).parents[2] / "docs" / "sdk.md").read_text()
    assert [name for name in otel_errors.__all__ if f"`{name}" not in text] == []


def test_package_is_typed():
    assert Path(otel_errors.__file__).with_name("py.typed").exists()

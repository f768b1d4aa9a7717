"""Frames' texts that are remembered are those that the traceback module makes."""

from __future__ import annotations

import linecache
import subprocess
import sys
from pathlib import Path

import pytest

from otel_errors import _frame_texts
from otel_errors._frame_texts import REMEMBERED_MAX, format_exception

PROGRAM = Path(__file__).with_name("frame_texts_program.py")


def test_texts_are_those_of_the_traceback_module():
    done = subprocess.run([sys.executable, PROGRAM, _frame_texts.__file__], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (int(done.stdout) > 0) is (sys.version_info >= (3, 11))


def fail_in(name: str, source: str) -> str:
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    try:
        exec(compile(source, name, "exec"), {})  # noqa: S102 - code whose source changes
    except Exception as error:
        return "".join(format_exception(error, frames_max=10))
    raise AssertionError


def test_source_that_changed_has_another_text():
    assert "1 / 0" in fail_in("<changing>", "1 / 0\n")
    assert "2 / 0" in fail_in("<changing>", "2 / 0\n")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="nothing is remembered")
def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(_frame_texts, "REMEMBERED_MAX", 3)
    for number in range(10):
        fail_in(f"<number {number}>", "1 / 0\n")
        assert len(_frame_texts._TEXTS) <= max(3, REMEMBERED_MAX if number == 0 else 3)

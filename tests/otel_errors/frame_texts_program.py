"""Compares remembered texts with the traceback module's, for exceptions of every form; run under any Python version."""

from __future__ import annotations

import importlib.util
import sys
import traceback


def recursive(depth):
    if depth:
        recursive(depth - 1)
    raise ValueError("deep")


def several_lines(value):
    return max(
        value,
        1 / value,
    )


def chained():
    try:
        several_lines(0)
    except ZeroDivisionError as error:
        raise RuntimeError("of\nlines") from error


def in_context():
    try:
        {}["key"]
    except KeyError:
        chained()


def noted():
    error = ValueError("x")
    if hasattr(error, "add_note"):
        error.add_note("a note")
    raise error


def grouped():
    errors = []
    for fail in (noted, in_context, noted):
        try:
            fail()
        except Exception as error:
            errors.append(error)
    raise ExceptionGroup("both", errors)  # noqa: F821 - Python 3.11


def syntax():
    compile("a = (1,\n  b c", "file.py", "exec")


def no_source():
    exec(compile("def f():\n  raise ValueError('no source')\nf()", "<made>", "exec"), {})  # noqa: S102 - code without source


def with_itself():
    error = ValueError("x")
    error.__cause__ = error
    raise error


def main():
    spec = importlib.util.spec_from_file_location("frame_texts", sys.argv[1])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    fails = [chained, in_context, noted, syntax, no_source, with_itself, lambda: recursive(50), lambda: recursive(2)]
    if sys.version_info >= (3, 11):
        fails.append(grouped)
    for _ in range(2):  # made, then remembered
        for fail in fails:
            for frames_max in (1, 2, 100):
                try:
                    fail()
                except Exception as error:
                    expected = traceback.format_exception(type(error), error, error.__traceback__, limit=-frames_max)
                    found = module.format_exception(error, frames_max=frames_max)
                    assert found == expected, (fail, found, expected)
    print(len(module._TEXTS))


if __name__ == "__main__":
    main()

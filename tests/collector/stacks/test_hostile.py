"""What a sender can do to any parser: texts made of the corpus, of separators alone, of frames without an end.

A mebibyte takes milliseconds (`python -m benchmarks grouping` has the budget); what goes back over a text takes hours, and
the test is stopped.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.grouping import Grouper, as_json, group
from collector.model import ExceptionSighting
from collector.stacks.outline import FRAMES_MAX, STACK_CHARS_MAX
from collector.stacks.parsers import PARSERS

STACKS = Path(__file__).parents[2] / "golden" / "stacks"
LANGUAGES = {parser.name: min(parser.languages) for parser in PARSERS}
MEBIBYTE = 2**20
EXCEPTIONS_MAX = STACK_CHARS_MAX // 32
"""No exception takes fewer characters of a text."""

SEPARATORS = [
    *(" ", "\t", "\n", "\r", "\0", ".", ",", ":", ";", "(", ")", "[", "]", "{", "<", ">", '"', "'", "`", "@", "#", "$"),
    *("/", "\\", "|", "-", "=", "^", "~", "é", "\u4e00", "\U0001f600", "\x1b[0m", "::", "a.", "A::", "a/", "0", "a b "),
    *(
        "\n  ",
        "\n\n",
        "\nat ",
        "\n\tat ",
        "\n    at ",
        "\n#0 ",
        " at a",
        " in a",
        "(a",
        "<a",
        "[{a,",
        "\n** (A) ",
        "a@",
        "a$",
    ),
    *(
        "\nCaused by: ",
        "\nCaused by: a.B: c",
        "\nfrom a:1:in `a'",
        "\n\tfrom ",
        "a line 1",
        " called at a line 1",
        "\n   0: ",
    ),
    *(
        "goroutine 1 [a]:\n",
        "a()\n\t",
        "\n\t/a.go:1",
        "Error: ",
        "\nError: a",
        "[cause]: ",
        "KeyError: 2\n",
        "key token ",
    ),
    *(
        "CrashReporter Key:   1b2c-01\n",
        "SyntaxError: Unexpected token '.'\n",
        "\n ---> A: b",
        "\n0   a  0x00000001 b + 1",
    ),
    *("0x0000000104c1e2f4 ", "HASH(0x55a13f58b010)", "\n\nNext ", "\nStack trace:\n", "^^^^\n", "\n\n~~~^\n", "{:?}"),
]


@cache
def lines_of(language: str) -> tuple[str, ...]:
    """The lines of a language's corpus: the longest of each beginning."""
    found: dict[str, str] = {}
    for path in sorted((STACKS / language).glob("*.txt")):
        for line in path.read_bytes().decode("utf-8", "replace").split("\n"):
            shape = re.sub(r"\w+", "a", line)[:8]
            if len(line) > len(found.get(shape, "")):
                found[shape] = line
    return tuple(sorted(found.values(), key=len))


def sighting(text: str, language: str = "", message: str = "") -> ExceptionSighting:
    return ExceptionSighting(
        seen_in="span_event",
        timestamp_ns=1,
        observed_ns=1,
        exception_type="E",
        exception_message=message,
        exception_stacktrace=text,
        resource={"telemetry.sdk.language": language, "service.name": "shop"},
    )


def repeated(piece: str) -> str:
    return (piece * (MEBIBYTE // len(piece) + 1))[:MEBIBYTE]


def check(text: str, language: str, message: str = "") -> None:
    found = group(sighting(text, language, message))
    assert len(found.stacktrace) <= 2 * STACK_CHARS_MAX
    assert len(found.stack.exceptions) <= EXCEPTIONS_MAX
    assert all(len(error.frames) <= FRAMES_MAX for error in found.stack.exceptions)


@pytest.mark.parametrize("name", ["", *LANGUAGES])
@pytest.mark.timeout(60)
def test_separators_alone_take_linear_time(name: str) -> None:
    """Of a language that is named, after a line of it, and sniffed."""
    first = lines_of(name)[-1] + "\n" if name else ""
    for piece in SEPARATORS:
        check(first + repeated(piece), LANGUAGES.get(name, ""))


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.timeout(60)
def test_lines_without_an_end_take_linear_time(name: str) -> None:
    """Each line of the corpus again and again, and cut off at its middle."""
    for line in lines_of(name)[-8:]:
        for piece in (line + "\n", line, line[: len(line) // 2] + "\n", line[: len(line) // 2]):
            if piece:
                check(repeated(piece), LANGUAGES[name])
        middle = line[: len(line) // 2]
        check(f"{middle}{'a' * 100_000}\n{repeated(line)}", "", repeated(line + "\n"))


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.timeout(60)
def test_stacks_without_an_end_take_linear_time(name: str) -> None:
    """Thousands of exceptions and frames: whole stacks one after the other."""
    for path in sorted((STACKS / name).glob("*.txt"))[::24]:
        text = path.read_bytes().decode("utf-8", "replace")
        check(repeated(text + "\n"), LANGUAGES[name])
        check(repeated(text.replace("\n", "\r")), "")


TEXTS = st.lists(
    st.one_of(
        st.sampled_from(sorted(LANGUAGES))
        .flatmap(lambda name: st.sampled_from(lines_of(name)))
        .map(lambda line: line + "\n"),
        st.sampled_from(sorted(LANGUAGES))
        .flatmap(lambda name: st.sampled_from(lines_of(name)))
        .map(lambda line: line[:-3]),
        st.sampled_from(SEPARATORS),
        st.text(max_size=20),
    ),
    max_size=12,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from(["", *LANGUAGES.values()]))
def test_any_text_is_read_in_bounds(text: str, language: str) -> None:
    """Any mixture of any language's lines, whatever language is named; it can be printed."""
    check(text, language, text)
    as_json(group(sighting(text, language)))


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from(["", *LANGUAGES.values()]))
def test_line_ends_do_not_matter(text: str, language: str) -> None:
    """CRLF is LF."""
    text = text.replace("\r", "")
    assert group(sighting(text.replace("\n", "\r\n"), language)) == group(sighting(text, language))


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, max_size=4), st.sampled_from(["", *LANGUAGES.values()]))
def test_a_grouper_agrees_with_group(texts: list[str], language: str) -> None:
    """Neither frames that are known nor arguments that differ change a result."""
    grouper = Grouper()
    for text in texts:
        other = re.sub(r"0x[0-9a-f]+", "0x1234567", text)
        for one in (sighting(text, language), sighting(other, language), sighting("a: " + text, language)):
            assert grouper.group(one) == group(one)

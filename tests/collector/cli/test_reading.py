"""The commands that read, against what the shop left: over the SQL port, and from the folder when no collector runs."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.running import Collector, command

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTED = set(re.findall(r"`(\w+)`", (Path(__file__).parents[3] / "docs" / "json.md").read_text()))
DECLINED = "shop_errors.CardDeclined"
CHAIN = "shop_errors.StockUnavailable"


@pytest.fixture(scope="module")
def stored() -> Iterator[Path]:
    """A data folder in which the demo has run once."""
    folder = Path(tempfile.mkdtemp(prefix="oe-"))
    done = command("demo", "--once", "--data", str(folder))
    assert done.returncode == 0, done.stderr
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def closed(stored: Path) -> tuple[str, ...]:
    """How to read a folder that no collector owns."""
    return ("--data", str(stored))


@pytest.fixture(scope="module")
def collector(stored: Path) -> Iterator[Collector]:
    """A collector that owns a copy of the folder."""
    folder = Path(tempfile.mkdtemp(prefix="oe-"))
    running = Collector(shutil.copytree(stored, folder, symlinks=True, dirs_exist_ok=True)).start()
    yield running
    running.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def served(collector: Collector) -> tuple[str, ...]:
    """How to read a running collector."""
    return ("--data", str(collector.data))


@pytest.fixture(params=["a running collector", "a named SQL port", "the folder alone"])
def where(
    request: pytest.FixtureRequest, collector: Collector, served: tuple[str, ...], closed: tuple[str, ...]
) -> tuple[str, ...]:
    """Every way to read."""
    return {
        "a running collector": served,
        "a named SQL port": ("--server", f"http://{collector.status['sql']}"),
        "the folder alone": closed,
    }[request.param]


def told(*arguments: str) -> Any:
    done = command(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def groups(served: tuple[str, ...]) -> list[dict[str, Any]]:
    """What `groups --json` prints."""
    return told("groups", "--json", *served)


@pytest.fixture(scope="module")
def ids(groups: list[dict[str, Any]]) -> dict[str, str]:
    """The group of each type of error."""
    return {group["ExceptionType"]: group["GroupId"] for group in groups}


def keys(value: Any) -> set[str]:
    """Every key in it; what `Attributes` holds is the users'."""
    if isinstance(value, list):
        return {key for item in value for key in keys(item)}
    if isinstance(value, dict):
        return set(value) | {key for name, item in value.items() if name != "Attributes" for key in keys(item)}
    return set()


def test_groups_and_show_read_in_every_way(where: tuple[str, ...], ids: dict[str, str]) -> None:
    found = told("groups", "--json", *where)
    assert {group["ExceptionType"]: group["Events"] for group in found}[DECLINED] == 7
    shown = told("show", ids[DECLINED][:8], "--json", *where)
    assert shown["group"]["ExceptionType"] == DECLINED
    assert [span["SpanName"] for span in shown["trace"] if span["ExceptionType"]] == [
        "POST /charges",
        "charge card",
        "ask bank",
    ]


def test_show_has_the_longest_stack_of_all_sightings(served: tuple[str, ...], ids: dict[str, str]) -> None:
    """The event was first seen on the innermost span, with one frame of ours; the outer ones saw more."""
    shown = told("show", ids[DECLINED], "--json", *served)

    (error,) = shown["stack"]["exceptions"]
    assert [frame["function"] for frame in error["frames"] if frame["in_app"]] == ["ask_bank", "charge", "_traced"]
    assert [sighting["SpanName"] for sighting in shown["sightings"]] == ["charge card", "POST /charges"]


def test_show_marks_our_frames_and_failed_spans_and_names_the_cause(
    served: tuple[str, ...], ids: dict[str, str]
) -> None:
    text = command("show", ids[CHAIN], *served).stdout

    assert re.search(r"^    > reserve  front  .*/front\.py:\d+$", text, re.MULTILINE)
    assert re.search(r"^      use_span  (?:opentelemetry\.trace|otel_errors\._paths\.spans)  ", text, re.MULTILINE)
    assert "  caused by KeyError: 'unicorn'\n" in text
    assert re.search(r"^  x   front: reserve stock  [\d.]+ ms  shop_errors\.StockUnavailable$", text, re.MULTILINE)


@pytest.mark.parametrize("exception_type", [DECLINED, CHAIN, "ExceptionGroup"])
def test_every_key_of_the_json_is_documented(
    exception_type: str, served: tuple[str, ...], ids: dict[str, str], groups: list[dict[str, Any]]
) -> None:
    shown = told("show", ids[exception_type], "--json", *served)

    assert not (keys(shown) | keys(groups)) - DOCUMENTED


def test_every_key_of_explain_is_documented(tmp_path: Path) -> None:
    file = tmp_path / "stack"
    file.write_text('Traceback (most recent call last):\n  File "/srv/a.py", line 1, in b\nKeyError: 1\n')

    assert not keys(told("explain", str(file), "--json")) - DOCUMENTED


@pytest.mark.parametrize("wanted", ["", "zz"])
def test_a_group_that_is_not_one_is_one_line(wanted: str, served: tuple[str, ...]) -> None:
    done = command("show", wanted, *served)

    assert done.returncode == 1
    assert ("several groups" if not wanted else "there is no group 'zz'") in done.stderr
    assert done.stderr.count("\n") == 1


def test_sql_answers_in_the_format_of_the_statement_else_of_the_option_else_in_columns(where: tuple[str, ...]) -> None:
    counted = command("sql", "SELECT sum(Events) AS n FROM errors", *where)
    assert counted.stdout == "n\n22\n"
    assert command("sql", "SELECT 1 AS x FORMAT JSONEachRow", "--format", "TSV", *where).stdout == '{"x":1}\n'
    assert command("sql", "SELECT 'a\\tb'", "--format", "TSVRaw", *where).stdout == "a\tb\n"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELEKT 1", "Syntax error: failed at position 8"),
        ("DROP TABLE error_events", "READONLY"),
        ("SELECT nothing FROM errors", "UNKNOWN_IDENTIFIER"),
        ("SELECT throwIf(number = 3000000) FROM numbers(4000000)", "throwIf"),
    ],
)
def test_a_refused_statement_is_one_line_in_clickhouses_words(
    statement: str, said: str, served: tuple[str, ...]
) -> None:
    done = command("sql", statement, *served)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("otel-errors: the query is refused: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "http://" not in done.stderr


def test_a_refused_statement_is_one_line_when_the_folder_is_read(closed: tuple[str, ...]) -> None:
    done = command("sql", "SELECT nothing FROM errors", *closed)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("otel-errors: the query is refused: ")
    assert "UNKNOWN_IDENTIFIER" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_database_of_the_running_collector_need_not_be_named() -> None:
    folder = Path(tempfile.mkdtemp(prefix="oe-"))
    collector = Collector(folder, arguments=("--database", "elsewhere")).start()
    try:
        assert command("groups", "--data", str(folder)).stdout == "No errors within 30d.\n"
        refused = command("groups", "--data", str(folder), "--database", "nowhere")
    finally:
        collector.kill()
        shutil.rmtree(folder, ignore_errors=True)

    assert refused.returncode == 1
    assert "Database nowhere does not exist" in refused.stderr

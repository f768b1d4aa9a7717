"""The table of versions: ids by all of them, at the price of one; and what keeps an old version as it was.

The last tests are the procedure for version 2: they name what is missing as soon as `collector/fingerprint/v2` is there.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomllib

from collector.cli import explain as explain_command
from collector.fingerprint.versions import V1, VERSIONS, FingerprintVersions
from collector.grouping import Grouper, RulesInUse, as_json, explain, group
from collector.model import ExceptionSighting
from collector.rules.load import load
from collector.rules.matcher import RuleMatcher
from tests.golden.corpus import cases
from tests.next_version import SAME, TABLES

if TYPE_CHECKING:
    from collector.model import Grouping

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "collector" / "fingerprint"
FOLDERS = sorted((path for path in FOLDER.glob("v[0-9]*") if path.is_dir()), key=lambda path: int(path.name[1:]))
STACK = """Traceback (most recent call last):
  File "/srv/shop/cart.py", line 9, in on_buy
    save(1)
  File "/srv/shop/disk.py", line 3, in save
    raise DiskFull(disk)
shop.DiskFull: disk {0} is full
"""
FIRST = TABLES["first"]
RULES = load("rules:\n- match: {type: DiskFull}\n  fingerprint: [a disk, '{{message}}', '{{module}}']\n", "rules.yaml")


def sighting(number: int = 1, **attributes: str) -> ExceptionSighting:
    return ExceptionSighting(
        seen_in="log_record",
        timestamp_ns=0,
        observed_ns=0,
        exception_type="shop.DiskFull",
        exception_stacktrace=STACK.format(number),
        resource={"telemetry.sdk.language": "python", "service.name": "shop"},
        attributes=attributes,
    )


def before(grouping: Grouping) -> list[tuple[str, str]]:
    return [(older.group_id, older.fingerprint) for older in grouping.previous]


@pytest.mark.parametrize("case", list(cases())[::7], ids=lambda case: case.name)
def test_the_earlier_ids_are_those_of_the_earlier_versions(case: Any) -> None:
    text = case.path.read_text()
    alone, both = explain(text, versions=FIRST), explain(text, versions=TABLES["third"])

    (second, first) = both.previous
    assert (first.group_id, first.fingerprint, first.components) == (
        alone.group_id,
        alone.fingerprint.value,
        alone.fingerprint.components,
    )
    assert second.fingerprint == alone.fingerprint.value.replace("v1:", "v2:")
    assert both.fingerprint.value == alone.fingerprint.value.replace("v1:", "v3:")
    assert len({both.group_id, first.group_id, second.group_id}) == 3
    assert not alone.previous


@pytest.mark.parametrize("rules", [None, RULES], ids=["no rules", "a rule"])
@pytest.mark.parametrize(
    "attributes", [{}, {"exception.fingerprint": '["{{default}}", "{{message}}", "eu"]'}], ids=["computed", "given"]
)
def test_what_was_said_about_a_fingerprint_holds_for_the_earlier_ones(rules: Any, attributes: dict[str, str]) -> None:
    grouper = Grouper(RulesInUse(rules) if rules else None, TABLES["finer"])
    matcher = RuleMatcher(rules) if rules else None
    for number in (1, 2, 1):
        error = sighting(number, **attributes)
        grouping = grouper.group(error)
        alone = group(error, matcher, FIRST)
        assert before(grouping) == [(alone.group_id, alone.fingerprint.value)]
        assert grouping == group(error, matcher, TABLES["finer"])
        assert grouping.fingerprint.origin == alone.fingerprint.origin


def test_a_storm_pays_for_the_earlier_version_once() -> None:
    """Whatever the messages say, unless they count."""
    calls: list[str] = []

    def counted(name: str) -> Any:
        function = getattr(V1, name)
        return lambda *given: calls.append(name) or function(*given)

    older = replace(V1, **{name: counted(name) for name in ("select", "template", "complete")})
    grouper = Grouper(versions=FingerprintVersions(current=SAME, previous=(older,)))
    ids = {before(grouper.group(sighting(number)))[0] for number in range(100)}

    assert len(ids) == 1
    assert calls == ["select", "complete"] * 2  # what comes but once is not kept


def test_explain_tells_what_an_error_continues(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    grouping = explain(STACK.format(1), service_name="shop", versions=TABLES["finer"])
    alone = explain(STACK.format(1), service_name="shop", versions=FIRST)

    told = json.loads(json.dumps(as_json(grouping)))
    assert told["previous"] == [
        {
            "fingerprint": alone.fingerprint.value,
            "group_id": alone.group_id,
            "components": list(alone.fingerprint.components),
        }
    ]
    assert told["components"][-1] == "from cart|on_buy"
    assert as_json(alone)["previous"] == []
    explain_command._print(grouping)
    shown = capsys.readouterr().out
    assert shown.startswith("v2:")
    assert f"{alone.fingerprint.value}, group {alone.group_id}" in shown


def test_a_fingerprint_begins_with_the_name_of_its_version() -> None:
    versions = (VERSIONS.current, *VERSIONS.previous)
    assert len({version.name for version in versions}) == len(versions)
    for version in versions:
        for attributes in ({}, {"exception.fingerprint": "mine"}):
            made = group(sighting(**attributes), versions=FingerprintVersions(current=version))
            assert made.fingerprint.value.startswith(f"{version.name}:")


def test_the_newest_folder_is_the_current_version_and_earlier_ones_continue() -> None:
    assert VERSIONS.current.name == FOLDERS[-1].name
    numbers = [int(version.name[1:]) for version in (VERSIONS.current, *VERSIONS.previous)]
    assert numbers == sorted(numbers, reverse=True)
    assert {version.name for version in VERSIONS.previous} <= {folder.name for folder in FOLDERS}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_version_has_golden_fingerprints_and_a_contract(folder: Path) -> None:
    """`tests/golden/fingerprints/vN`, and a contract in pyproject.toml that forbids what could change under it."""
    golden = ROOT / "tests" / "golden" / "fingerprints" / folder.name
    assert len(list(golden.glob("*.expected"))) == len(list(cases()))
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    newer = {f"collector.fingerprint.{other.name}" for other in FOLDERS[FOLDERS.index(folder) + 1 :]}
    assert any(
        contract.get("source_modules") == [f"collector.fingerprint.{folder.name}"]
        and set(contract["forbidden_modules"]) >= {"collector.stacks", "collector.scrub", *newer}
        for contract in contracts
    )


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_version_stands_on_itself_and_the_model_alone(folder: Path) -> None:
    """Or on older versions: what is not frozen could change it."""
    imported = {
        name
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name.startswith("collector")
    }
    others = {name for name in imported if name != "collector.model"}

    assert others
    for name in others:
        number = re.match(r"collector\.fingerprint\.v(\d+)", name)
        assert number, name
        assert int(number[1]) <= int(folder.name[1:])

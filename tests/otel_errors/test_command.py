"""`otel-errors` starts the service, or says what to install; a bug of the service is never hidden."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from otel_errors._command import COLLECTOR_MODULES

ROOT = Path(__file__).parents[2]
RUN = "import sys\nfrom otel_errors._command import main\nsys.exit(main())"
ABSENT = "import sys\nfor name in {names!r}:\n    sys.modules[name] = None\n"


def run(program: str, *, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)])},
    )


def service(folder: Path, text: str) -> Path:
    """Make a stand-in for the package `collector`, in front of the real one."""
    package = folder / "collector" / "cli"
    package.mkdir(parents=True)
    (folder / "collector" / "__init__.py").write_text("")
    (package / "__init__.py").write_text(text)
    return folder


def test_every_distribution_of_the_extra_has_its_import_name():
    tomllib = pytest.importorskip("tomllib")  # Python 3.11
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    names = [requirement.split(">")[0].split("=")[0].strip() for requirement in extra["collector"]]
    assert sorted(COLLECTOR_MODULES) == sorted(names)


@pytest.mark.parametrize("module", ["typer", "rich.console", "google.rpc", "chdb"])
def test_missing_package_of_the_extra_is_one_line_with_the_cure(tmp_path, module):
    stand_in = service(tmp_path, f"import {module}\n")
    done = run(ABSENT.format(names=[module, module.split(".")[0]]) + RUN, path=stand_in)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "pip install 'otel-errors[collector]'" in done.stderr


def test_real_service_without_the_packages_of_the_extra_is_one_line(tmp_path):
    absent = [
        "typer",
        "rich",
        "chdb",
        "pydantic_settings",
        "clickhouse_connect",
        "yaml",
        "pydantic",
    ]
    done = run(ABSENT.format(names=absent) + RUN, path=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("import collector.forgotten\n", "No module named 'collector.forgotten'"),
        ("import json.forgotten\n", "No module named 'json.forgotten'"),
        ("from typing import Forgotten\n", "cannot import name 'Forgotten'"),
        ("import typerr\n", "No module named 'typerr'"),
    ],
)
def test_bug_of_the_service_is_seen_as_one(tmp_path, text, seen):
    done = run(RUN, path=service(tmp_path, text))
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert seen in done.stderr


def test_service_answers_with_its_own_exit_status(tmp_path):
    assert run(RUN, path=service(tmp_path, "def main():\n    return 3\n")).returncode == 3
    assert run(RUN, path=service(tmp_path / "none", "def main(): ...\n")).returncode == 0

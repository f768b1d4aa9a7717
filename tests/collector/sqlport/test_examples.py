"""The examples of docs/sql-port.md, run as they stand there, on a database with the product's own tables."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from collector.self_metrics import SelfMetrics
from collector.sqlport.limits import Limits
from collector.sqlport.server import SqlPort
from collector.sqlport.settings import capped

PAGE = (Path(__file__).parents[3] / "docs" / "sql-port.md").read_text()


@pytest.fixture
def with_tables(engine, connection, database):
    port = SqlPort("127.0.0.1:0", connect=engine.raw_connection, database=database, metrics=SelfMetrics())
    port.start()
    yield port
    port.stop()


def blocks(language):
    return [block.replace("8123", "{port}") for block in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_commands_print_what_the_page_says(with_tables):
    commands = 0
    for block in blocks("console"):
        for command, printed in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            line = command.replace("{port}", str(with_tables.port)).replace("curl ", "curl -sS ", 1)
            ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
            assert re.sub(r"\(version [^)]*\)\)", "(version ...)", ran.stdout) == printed
            commands += 1
    assert commands >= 8


def test_the_program_runs(with_tables):
    (program,) = blocks("python")
    exec(compile(program.replace("{port}", str(with_tables.port)), "docs/sql-port.md", "exec"), {})  # noqa: S102  our own page


def test_the_limits_are_the_ones_that_the_page_tells():
    limits = Limits()
    assert f"| statements at once | {limits.queries_max} |" in PAGE
    assert f"| time of a statement | {limits.execution_seconds_max:.0f} s |" in PAGE
    assert f"| memory of a statement, in the engine | {limits.memory_bytes_max >> 30} GiB |" in PAGE
    assert f"{limits.whole_result_bytes_max >> 20} MiB of columns" in PAGE
    assert f"| {limits.spool_bytes_max >> 30} GiB, on disk" in PAGE
    assert all(f"`{name}`" in PAGE for name in capped({}, limits, whole=False))

"""The demo: what it compares, where it listens, and that nothing of it is left."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomllib

from collector.cli.demo_shop import Expected, differences, expected_groups, shop_script

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
WAIT_SECONDS = 60.0
EXPECTED = (Expected(service="a", exception_type="E", events=3), Expected(service="b", exception_type="F", events=1))


def group(group_id: str, service: str, exception_type: str, events: int) -> dict[str, Any]:
    return {"GroupId": group_id, "ServiceName": service, "ExceptionType": exception_type, "Events": events}


@pytest.mark.parametrize(
    ("found", "before", "different"),
    [
        ([group("1", "a", "E", 3), group("2", "b", "F", 1)], [], []),
        ([group("1", "a", "E", 4), group("2", "b", "F", 1)], [], [("a", "E", "3", "4")]),
        ([group("1", "a", "E", 3)], [], [("b", "F", "1", "-")]),
        ([group("1", "a", "E", 3), group("2", "b", "F", 1), group("3", "c", "G", 2)], [], [("c", "G", "-", "2")]),
        # One error in two groups is a difference, although the sum is right.
        ([group("1", "a", "E", 1), group("3", "a", "E", 2), group("2", "b", "F", 1)], [], [("a", "E", "3", "1 + 2")]),
        # What was there before does not count.
        (
            [group("1", "a", "E", 5), group("2", "b", "F", 1), group("3", "c", "G", 2)],
            [group("1", "a", "E", 2), group("3", "c", "G", 2)],
            [],
        ),
    ],
)
def test_groups_are_compared_with_what_is_expected(
    found: list[dict[str, Any]], before: list[dict[str, Any]], different: list[tuple[str, ...]]
) -> None:
    assert differences(found, EXPECTED, before=before) == different


def test_the_shop_is_found_and_says_what_it_makes() -> None:
    assert shop_script() == ROOT / "examples" / "shop" / "run.py"
    assert sum(expected.events for expected in expected_groups()) == 22


def test_the_wheel_carries_the_shop_where_the_demo_looks_for_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]["examples/shop"] == (
        "collector/demo_shop"
    )


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Where the demo makes its temporary files; a short path, for it holds a Unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="oe-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_demo_that_goes_on_ends_with_its_collector_and_its_data(number: signal.Signals, temporary: Path) -> None:
    """It says where to go on, beside a port that is taken and a ClickHouse of the user's that it must not touch."""
    environment = {**os.environ, "TMPDIR": str(temporary), "OTEL_ERRORS_CLICKHOUSE": "http://127.0.0.1:1"}
    with socket.socket() as taken, (temporary / "out").open("w+") as output:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 4317))
            taken.listen()
        except OSError:
            pass  # somebody else has it: as good
        command = [sys.executable, "-m", "collector", "demo"]
        with subprocess.Popen(command, stdout=output, stderr=output, env=environment) as process:
            said = _wait_for(output, "Ctrl-C ends the demo and removes its data.", process)
            (folder,) = re.findall(r"otel-errors groups --data (\S+)", said)
            collector = int((Path(folder) / "lock").read_text())
            process.send_signal(number)
            status = process.wait(WAIT_SECONDS)

    assert status == 0
    assert "Port 4317 is taken: OTLP/gRPC listens on another one." in said
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(collector, 0)


def _wait_for(output: Any, text: str, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        output.seek(0)
        said = output.read()
        if text in said:
            return said
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.1)

"""Each path on which the stock SDK loses or damages an exception: once, with its trace, in the right group.

With our SDK alone, and beside the instrumentations of OpenTelemetry that see the same exceptions.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.running import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = """
import asyncio, builtins, gc, logging, multiprocessing, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from opentelemetry import trace
tracer = trace.get_tracer("program")

def charge(word):
    raise ValueError(word)

def in_thread():
    thread = threading.Thread(target=charge, args=("thread",))
    thread.start()
    thread.join()

def in_thread_with_span():
    def work():
        with tracer.start_as_current_span("job of thread_with_span"):
            charge("thread_with_span")
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

def in_future():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(charge, "future")

def in_task():
    async def work():
        charge("task")
    async def main():
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task
        gc.collect()
    asyncio.run(main())

def in_callback():
    async def main():
        asyncio.get_running_loop().call_soon(charge, "callback")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    asyncio.run(main())

class Broken:
    def __del__(self):
        charge("unraisable")

def in_unraisable():
    Broken()

def in_child():
    child = multiprocessing.get_context("fork").Process(target=charge, args=("child",))
    child.start()
    child.join()

def in_logged():
    try:
        charge("logged")
    except ValueError:
        logging.getLogger("shop").exception("it failed")

def in_nested():
    try:
        with tracer.start_as_current_span("outer of nested"), tracer.start_as_current_span("inner of nested"):
            charge("nested")
    except ValueError:
        logging.getLogger("shop").exception("it failed")

def in_span_that_does_not_record():
    try:
        with tracer.start_as_current_span("s", record_exception=False):
            charge("span_that_does_not_record")
    except ValueError:
        pass

def in_group():
    if not hasattr(builtins, "ExceptionGroup"):
        charge("group")
    try:
        with tracer.start_as_current_span("s"):
            raise ExceptionGroup("group", [ValueError("a"), KeyError("b")])
    except ExceptionGroup:
        pass

def in_handled():
    with tracer.start_as_current_span("s"):
        try:
            charge("handled")
        except ValueError:
            pass

for name in sys.argv[1:]:
    with tracer.start_as_current_span("request " + name):
        try:
            globals()["in_" + name]()
        except ValueError as error:
            assert str(error) == "group"
with tracer.start_as_current_span("request main"):
    charge("main")
"""

ONCE = [
    "thread",
    "thread_with_span",
    "future",
    "task",
    "callback",
    "unraisable",
    "child",
    "logged",
    "nested",
    "span_that_does_not_record",
    "group",
]
INSTRUMENTATIONS = ("exceptions", "logging", "threading", "asyncio")


@pytest.fixture(scope="module")
def told(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[bool, tuple[Collector, subprocess.CompletedProcess]]]:
    """Run the program once with our SDK alone and once beside the others, each into a collector of its own."""
    runs = {}
    for beside in (False, True):
        folder = tmp_path_factory.mktemp("oe")
        collector = Collector(folder).start()
        script = folder / "program.py"
        script.write_text(PROGRAM)
        others = "" if beside else ",".join(INSTRUMENTATIONS)
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("opentelemetry-instrument")),
                sys.executable,
                str(script),
                *ONCE,
                "handled",
            ],
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            env={
                **os.environ,
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{collector.status['grpc']}",
                "OTEL_SERVICE_NAME": "program",
                "OTEL_METRICS_EXPORTER": "none",
                "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": others,
            },
        )
        collector.flush()
        runs[beside] = (collector, done)
    yield runs
    for collector, _ in runs.values():
        collector.kill()


@pytest.fixture(params=[False, True], ids=["alone", "beside the others"])
def rows(request: pytest.FixtureRequest, told: Any) -> dict[str, list[dict[str, Any]]]:
    if request.param:
        for name in INSTRUMENTATIONS:
            if importlib.util.find_spec(f"opentelemetry.instrumentation.{name}") is None:
                pytest.skip(f"opentelemetry-instrumentation-{name} is not installed")
    collector, done = told[request.param]
    assert "otel_errors failed" not in done.stderr
    assert done.returncode == 1
    found: dict[str, list[dict[str, Any]]] = {}
    for row in collector.rows(
        "SELECT e.ExceptionMessage AS Message, e.Weight AS Weight, e.Severity AS Severity, s.SpanName AS SpanName"
        " FROM error_events AS e LEFT JOIN otel_traces AS s ON s.TraceId = e.TraceId AND s.SpanId = e.SpanId"
    ):
        found.setdefault(row["Message"].split(" ")[0], []).append(row)
    return found


@pytest.mark.parametrize("path", [*ONCE, "main"])
def test_exception_arrives_once_with_the_span_in_which_it_was_raised(rows: Any, path: str) -> None:
    (row,) = rows[path]
    spans = {
        "thread_with_span": "job of thread_with_span",
        "nested": "inner of nested",
        "span_that_does_not_record": "s",
        "group": "s",
    }
    assert row["SpanName"] == spans.get(path, f"request {path}")
    assert int(row["Weight"]) == 1


def test_nothing_else_arrives(rows: Any) -> None:
    assert set(rows) == {*ONCE, "main"}


def test_paths_that_fail_in_one_place_are_one_group(told: Any) -> None:
    collector, _ = told[False]
    groups = collector.rows("SELECT ExceptionType, Events FROM errors WHERE ExceptionType = 'ValueError'")
    assert len(groups) == 1

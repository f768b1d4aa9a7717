"""The SDK and the collector together, and the demo as a newcomer runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.e2e.running import command

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.running import Collector

PROGRAM = """
import otel_errors
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
otel_errors.install()
tracer = trace.get_tracer("program")

def work(number):
    with tracer.start_as_current_span("outer"):
        with tracer.start_as_current_span("inner") as span:
            try:
                raise KeyError(f"row {number}")
            except KeyError as error:
                span.record_exception(error)
                raise

for number in range(4):
    try:
        work(number)
    except KeyError:
        pass
with tracer.start_as_current_span("main"):
    raise ValueError("the end")
"""


def run_program(tmp_path: Path, collector: Collector) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    environment = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{collector.status['grpc']}",
        "OTEL_SERVICE_NAME": "program",
    }
    return subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False, env=environment
    )


def test_span_events_and_log_records_of_one_exception_are_one_occurrence(collector: Collector, tmp_path: Path) -> None:
    done = run_program(tmp_path, collector)
    collector.flush()

    assert done.returncode == 1
    assert done.stderr.endswith("ValueError: the end\n")
    groups = collector.rows("SELECT ExceptionType, Events FROM errors ORDER BY ExceptionType")
    assert groups == [{"ExceptionType": "KeyError", "Events": 4}, {"ExceptionType": "ValueError", "Events": 1}]
    (seen,) = collector.rows(
        "SELECT uniqExact(EventId) AS occurrences, count() AS sightings FROM error_sightings WHERE ExceptionType = 'KeyError'"
    )
    assert seen["occurrences"] == 4
    assert seen["sightings"] >= 8


def test_the_demo_finds_exactly_its_errors() -> None:
    done = command("demo", "--once")

    assert done.returncode == 0, done.stderr
    assert "These are exactly the errors that the shop made." in done.stdout
    assert "Trace " in done.stdout

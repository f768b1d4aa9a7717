"""What an error of the SDK carries, from the program to SQL: redacted, in one group with the one that was not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.running import Collector

PROGRAM = """
import logging, sys
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

def charge(to, password):
    raise Exception(f"no charge for {to} with password={password}, card 4111 1111 1111 1111")

try:
    with tracer.start_as_current_span("request") as span:
        otel_errors.set_user("joe@example.com", session="s-17")
        span.add_event("feature_flag.evaluation", {"feature_flag.key": "checkout", "feature_flag.result.variant": "new"})
        logging.getLogger("shop").warning("charging joe@example.com")
        charge("joe@example.com", "hunter2")
except Exception:
    pass
"""
CONTENT = {
    "OTEL_ERRORS_RELEASE": "1.4",
    "OTEL_ERRORS_ENVIRONMENT": "staging",
    "OTEL_ERRORS_STRUCTURED": "true",
    "OTEL_ERRORS_LOCALS": "true",
    "OTEL_ERRORS_BREADCRUMBS": "10",
}


def run_program(tmp_path: Path, collector: Collector, **settings: str) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    environment = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{collector.status['grpc']}",
        "OTEL_SERVICE_NAME": "program",
        **settings,
    }
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (0, "charging joe@example.com\n")


def test_content_reaches_sql_without_secrets(collector: Collector, tmp_path: Path) -> None:
    run_program(tmp_path, collector, **CONTENT)
    collector.flush()

    (error,) = collector.rows("SELECT ExceptionMessage, Release, Environment, UserId, SessionId FROM error_events")
    assert error["ExceptionMessage"] == "no charge for [email] with password=***, card ***"
    assert (error["Release"], error["Environment"]) == ("1.4", "staging")
    assert len(error["UserId"]) == len(error["SessionId"]) == 32
    (log,) = collector.rows("SELECT LogAttributes FROM otel_logs WHERE EventName = 'exception'")
    attributes = log["LogAttributes"]
    assert json.loads(attributes["otel_errors.feature_flags"]) == ["checkout=new"]
    assert json.loads(attributes["otel_errors.breadcrumbs"])[0]["message"] == "charging [email]"
    frame = json.loads(attributes["otel_errors.exceptions"])[0]["frames"][0]
    assert frame["function"] == "charge"
    assert frame["locals"] == {"to": "'[email]'", "password": "***"}
    stored = str(
        [
            collector.rows(f"SELECT * FROM {table}")
            for table in ("otel_logs", "otel_traces", "error_events", "error_sightings")
        ]
    )
    assert "no charge for" in stored
    assert not any(secret in stored for secret in ("joe@example.com", "4111 1111", "password=hunter2", "s-17"))


def test_redaction_leaves_the_group_as_it_is(collector: Collector, tmp_path: Path) -> None:
    for redact in ("true", "false"):
        run_program(tmp_path, collector, OTEL_ERRORS_REDACT=redact)
    collector.flush()

    (group,) = collector.rows("SELECT Events FROM errors")
    assert group["Events"] == 2
    messages = {row["ExceptionMessage"] for row in collector.rows("SELECT ExceptionMessage FROM error_events")}
    assert messages == {
        "no charge for [email] with password=***, card ***",
        "no charge for joe@example.com with password=***, card ***",
    }

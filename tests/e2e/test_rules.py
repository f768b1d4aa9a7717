"""Rules and the application's own fingerprints, through a stock SDK, a real collector and its commands."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tests.e2e.running import Collector, command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RULES = """\
rules:
  - name: one outage
    match: {service: shop, message: "* does not answer"}
    fingerprint: [gateway down]
  - name: test code is not ours
    match: {service: shop, frame: {file: "*/test_rules.py", function: helper}}
    in_app: false
  - name: expected
    match: {type: KeyError, attribute.tenant: "t*"}
    severity: info
  - name: noise
    match: {type: NotImplementedError}
    drop: true
"""


def helper(error: BaseException) -> None:
    raise error


def fail(error: BaseException) -> None:
    helper(error)


def outage(error: BaseException) -> None:
    raise error


def send(collector: Collector, service: str) -> None:
    """Every kind of error once or twice, from a program under the stock SDK."""
    provider = TracerProvider(resource=Resource({"service.name": service}))
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=f"http://{collector.status['grpc']}", insecure=True))
    )
    tracer = provider.get_tracer("tests")

    def see(error: BaseException, raised_in: Any = fail, **attributes: Any) -> None:
        with pytest.raises(type(error)), tracer.start_as_current_span("work", attributes=attributes):
            raised_in(error)

    see(ConnectionError("db1 does not answer"))
    see(TimeoutError("db2 does not answer"), outage)
    see(LookupError("order 1 is gone"))
    see(KeyError("k"), tenant="t1")
    see(NotImplementedError("later"))
    see(OSError("a"), **{"exception.fingerprint": ["disk", "{{type}}"]})
    see(ValueError("b"), outage, **{"exception.fingerprint": ["disk", "OSError"]})
    with tracer.start_as_current_span("handled") as span:
        span.record_exception(ZeroDivisionError("handled"))
    provider.shutdown()
    collector.flush()


@pytest.fixture
def ruled(data: Path) -> Iterator[Collector]:
    data.joinpath("rules.yaml").write_text(RULES)
    running = Collector(data, arguments=("--rules", str(data / "rules.yaml"))).start()
    yield running
    running.kill()


def wait_for(collector: Collector, metric: str, value: float) -> None:
    """Until one of the collector's own metrics has this value."""
    deadline = time.monotonic() + 30
    while f"\n{metric} {float(value)}\n" not in httpx.get(f"http://{collector.status['http']}/metrics").text:
        assert time.monotonic() < deadline, metric
        time.sleep(0.05)


def events(collector: Collector, service: str) -> dict[str, dict[str, Any]]:
    found = collector.rows("SELECT * FROM error_events WHERE ServiceName = {s:String}", {"s": service})
    return {row["ExceptionType"]: row for row in found}


def test_rules_and_the_application_decide_on_stored_events(ruled: Collector) -> None:
    send(ruled, "shop")
    found = events(ruled, "shop")

    assert found["ConnectionError"]["GroupId"] == found["TimeoutError"]["GroupId"]
    assert found["ConnectionError"]["FingerprintOrigin"] == "rule"
    assert found["ConnectionError"]["FingerprintRule"] == "one outage"
    assert found["TimeoutError"]["Rules"] == ["one outage"]
    assert found["LookupError"]["Culprit"].endswith(" in fail")
    assert found["LookupError"]["Rules"] == ["test code is not ours"]
    frames = dict(zip(found["LookupError"]["Frames.Function"], found["LookupError"]["Frames.InApp"], strict=True))
    assert (frames["helper"], frames["fail"]) == (False, True)
    assert (found["KeyError"]["Severity"], found["KeyError"]["Rules"][-1]) == ("info", "expected")
    assert "NotImplementedError" not in found
    assert found["OSError"]["GroupId"] == found["ValueError"]["GroupId"]
    assert found["OSError"]["FingerprintOrigin"] == "override"
    assert (found["ZeroDivisionError"]["Severity"], found["ZeroDivisionError"]["SpanStatus"]) == ("warning", "unset")
    assert (found["LookupError"]["Severity"], found["LookupError"]["SpanStatus"]) == ("error", "error")
    kept = "SELECT count() AS n FROM otel_traces WHERE has(arrayFlatten(arrayMap(x -> mapValues(x), Events.Attributes)), {t:String})"
    assert ruled.rows(kept, {"t": "NotImplementedError"}) == [{"n": 1}]
    wait_for(ruled, 'otel_errors_dropped_errors_total{rule="noise"}', 1)


def test_show_tells_what_rules_did(ruled: Collector) -> None:
    send(ruled, "shop")
    group = events(ruled, "shop")["LookupError"]["GroupId"]
    text = command("show", group, "--data", str(ruled.data)).stdout

    assert re.search(r"rules +test code is not ours\n", text)
    assert re.search(r"^    > fail  ", text, re.MULTILINE)
    assert re.search(r"^      helper  ", text, re.MULTILINE)
    assert re.search(
        r"grouped +by the rule one outage",
        command("show", events(ruled, "shop")["TimeoutError"]["GroupId"], "--data", str(ruled.data)).stdout,
    )


def test_rules_are_read_again_at_sighup_and_a_file_with_mistakes_is_not(ruled: Collector) -> None:
    file = ruled.data / "rules.yaml"
    file.write_text("rules: [{match: {type: '*'}, severity: fatal}]")
    ruled.process.send_signal(signal.SIGHUP)
    wait_for(ruled, "otel_errors_rules", 1)
    send(ruled, "second")
    file.write_text("rules: [{match: {type: '*'}, severity: wrong}]")
    ruled.process.send_signal(signal.SIGHUP)
    wait_for(ruled, "otel_errors_rules_reload_failures_total", 1)
    file.unlink()
    os.mkfifo(file)  # nobody writes into it
    ruled.process.send_signal(signal.SIGHUP)
    wait_for(ruled, "otel_errors_rules_reload_failures_total", 2)
    send(ruled, "third")

    assert {row["Severity"] for row in [*events(ruled, "second").values(), *events(ruled, "third").values()]} == {
        "fatal"
    }
    assert ruled.stop() == 0
    said = ruled.process.stdout.read()
    assert "rules.yaml:1: `severity` can't be 'wrong'" in said
    assert "rules.yaml is a pipe, which can't be read again: give a file" in said


def test_a_collector_without_rules_stops_at_sighup_as_at_sigterm(collector: Collector) -> None:
    collector.process.send_signal(signal.SIGHUP)

    assert collector.process.wait(60) == 0


def test_a_collector_with_mistakes_in_its_rules_does_not_start(data: Path) -> None:
    file = data / "rules.yaml"
    file.write_text("rules:\n  - match: {typ: a}\n    drop: true\n  - match: {type: a}\n    severity: x\n")
    done = command("serve", "--data", str(data / "d"), "--rules", str(file))

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f"otel-errors: {file}:2: unknown key 'typ': did you mean type?\n"
        f"otel-errors: {file}:5: `severity` can't be 'x': give fatal, error, warning, info\n"
    )
    assert not (data / "d").exists()


def test_rules_can_be_tried_on_stored_events(collector: Collector) -> None:
    """The collector has no rules; the file says what would be."""
    send(collector, "shop")
    file = collector.data / "try.yaml"
    file.write_text(RULES + "  - name: idle\n    match: {type: Nothing}\n    severity: info\n")
    before = collector.rows("SELECT count() AS n, groupUniqArray(GroupId) AS groups FROM error_events")

    told = json.loads(command("rules", "test", str(file), "--data", str(collector.data), "--json").stdout)
    rules = {rule["name"]: rule for rule in told["rules"]}

    assert (told["rows"], told["events"], told["stored_rows"], told["dropped_events"]) == (8, 8, 8, 1)
    (merge,) = told["merges"]
    assert {group["title"] for group in merge["from"]} == {
        "ConnectionError: db1 does not answer",
        "TimeoutError: db2 does not answer",
    }
    assert (rules["one outage"]["events"], rules["one outage"]["merged_groups"]) == (2, 2)
    assert rules["noise"] == {**rules["noise"], "events": 1, "dropped_events": 1, "line": 11}
    assert rules["expected"]["severities"] == {"error -> info": 1}
    assert rules["idle"]["events"] == 0
    assert collector.rows("SELECT count() AS n, groupUniqArray(GroupId) AS groups FROM error_events") == before
    text = command("rules", "test", str(file), "--data", str(collector.data), "--limit", "5").stdout
    assert "5 rows of the last 7 days, the latest of 8" in text
    assert command("rules", "check", str(file)).stdout == f"{file}: 5 rules, no mistake\n"


def test_every_stored_event_is_tried_once_page_by_page(collector: Collector) -> None:
    """Also events of one and the same nanosecond, on two days."""
    provider = TracerProvider(resource=Resource({"service.name": "shop"}))
    provider.add_span_processor(
        BatchSpanProcessor(
            OTLPSpanExporter(endpoint=f"http://{collector.status['grpc']}", insecure=True), max_queue_size=10_000
        )
    )
    tracer = provider.get_tracer("tests")
    now = time.time_ns()
    for number in range(1_203):
        with tracer.start_as_current_span("work") as span:
            span.record_exception(LookupError(f"order {number}"), timestamp=now - number % 2 * 86_400 * 10**9)
    provider.shutdown()
    collector.flush()
    file = collector.data / "try.yaml"
    file.write_text("rules: [{match: {message: '/order [0-9]*3$/'}, fingerprint: threes}]")

    told = json.loads(command("rules", "test", str(file), "--data", str(collector.data), "--json").stdout)
    some = json.loads(
        command("rules", "test", str(file), "--data", str(collector.data), "--json", "--limit", "700").stdout
    )

    assert (told["rows"], told["stored_rows"], some["rows"]) == (1_203, 1_203, 700)
    assert told["rules"][0]["events"] == len([number for number in range(1_203) if str(number).endswith("3")])
    (split,) = told["splits"]
    assert sum(group["events"] for group in split["into"]) == 1_203

"""One error, told by the stock SDK's spans, by ours, and by logging handlers, is one group; different errors are not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.running import Collector

SHOP = r'''
import json
import sys


class PaymentError(Exception):
    pass


class Card:
    class Declined(Exception):
        """A nested class: its name has a dot."""

        def __init__(self, order, reason):
            super().__init__(order, reason)
            self.order, self.reason = order, reason

        def __str__(self):
            return f"order {self.order}: {self.reason}"


def pay(number):
    raise PaymentError(f"order {number} was refused")


def connect(number):
    raise ConnectionRefusedError(111, "Connection refused", f"/run/db-{number}.sock")


def charge(number):
    try:
        connect(number)
    except OSError as down:
        raise PaymentError(f"no payment for order {number}") from down


def retry(number):
    try:
        pay(number)
    except PaymentError:
        raise LookupError(number)


def decline(number):
    raise Card.Declined(number, "stolen")


def look_up(number):
    return {}[f"order {number}"]


def parse(number):
    return json.loads("{" * (number % 7 + 1))


def compile_rule(number):
    exec(compile("(" * 3, "rule.py", "exec"))


def decode(number):
    return bytes([255, number % 256]).decode()


def generic(number):
    raise RuntimeError("the queue is gone")


def other_generic(number):
    raise RuntimeError("the disk is gone")


def silent(number):
    raise TimeoutError


def long(number):
    raise ValueError(f"first line\nsecond line {number}\n\n  File \"x.py\", line {number}, in y")


def sink(number):
    return sink(number + 1)


def noted(number):
    error = PaymentError(f"order {number} in a note")
    if hasattr(error, "add_note"):
        error.add_note(f"while paying {number}\nfor the second time")
    raise error


async def wait(number):
    raise StopAsyncIteration(number)


def awaited(number):
    import asyncio

    asyncio.run(wait(number))


def secret(number):
    raise PermissionError(f"password=hunter{number} was refused")


def lambdas(number):
    return [(lambda n: 1 // n)(zero) for zero in [0]]


def huge(number):
    raise PaymentError(f"order {number}: " + "very long " * 20_000)


def huge_generic(number):
    raise RuntimeError("this is " + "very long " * 20_000)


def hidden_cause(number):
    try:
        pay(number)
    except PaymentError:
        raise LookupError(f"order {number}") from None


def raised_again(number):
    try:
        pay(number)
    except PaymentError as error:
        kept = error
    raise kept


def generate(number):
    yield 1
    raise PaymentError(f"at {number}")


def generated(number):
    return sum(generate(number))


def persist(number, tries=12):
    try:
        connect(number)
    except OSError as down:
        if tries:
            persist(number, tries - 1)
        raise PaymentError(f"try {tries} of {number}") from down


def odd_text(number):
    raise PaymentError(f"caf\u00e9 \x00 \r\n {number}")


def keyed(number):
    raise KeyError(("a", number))


def deep(number, depth=150):
    if depth:
        return deep_other(number, depth - 1)
    raise PaymentError(f"deep {number}")


def deep_other(number, depth):
    return deep(number, depth)


ERRORS = (
    pay, charge, retry, decline, look_up, parse, compile_rule, decode, generic, other_generic, silent, long, sink, noted,
    awaited, secret, lambdas, huge, huge_generic, hidden_cause, raised_again, generated, persist, odd_text,
    keyed, deep,
)
if sys.version_info >= (3, 11):

    def grouped(number):
        failed = []
        for one in (pay, decline):
            try:
                one(number)
            except Exception as error:
                failed.append(error)
        raise ExceptionGroup(f"{number} failed", failed)

    ERRORS += (grouped,)
'''

PROGRAM = """
import logging
import sys
from concurrent.futures import ThreadPoolExecutor

import otel_errors
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import shop

way, number = sys.argv[1], int(sys.argv[2])


def left_span(tracer, logger, call):
    with tracer.start_as_current_span("work"):
        call()


def recorded(tracer, logger, call):
    with tracer.start_as_current_span("work") as span:
        try:
            call()
        except BaseException as error:
            span.record_exception(error)


def logged(tracer, logger, call):
    try:
        call()
    except BaseException:
        logger.exception("it failed: %s", number)


def logged_in_span(tracer, logger, call):
    with tracer.start_as_current_span("work"):
        logged(tracer, logger, call)


def exc_info_alone(tracer, logger, call):
    try:
        call()
    except BaseException as error:
        logger.warning("a warning", exc_info=error)


def all_at_once(tracer, logger, call):
    with tracer.start_as_current_span("outer"), tracer.start_as_current_span("work") as span:
        try:
            call()
        except BaseException as error:
            span.record_exception(error)
            logger.exception("it failed: %s", number)
            raise


def in_pool(tracer, logger, call):
    with ThreadPoolExecutor(1) as pool, tracer.start_as_current_span("work"):
        pool.submit(call).result()


def uncaught(tracer, logger, call):
    # What the interpreter does at the end of a program.
    try:
        call()
    except BaseException:
        sys.excepthook(*sys.exc_info())


class Here(Exception):
    pass


def local(number):
    raise Here(f"number {number}")


ways = {"ours_all_at_once": all_at_once, "ours_in_pool": in_pool, "in_pool": in_pool, "ours_uncaught": uncaught, "instrumented_uncaught": uncaught,
        "ours": left_span, "ours_recorded": recorded, "left_span": left_span, "recorded": recorded, "logged": logged,
        "logged_in_span": logged_in_span, "exc_info_alone": exc_info_alone, "instrumented": logged}
for error in (*shop.ERRORS, local):
    resource = Resource.create({"service.name": "shop", "way": way, "error": error.__name__})
    tracers, loggers = TracerProvider(resource=resource), LoggerProvider(resource=resource)
    loggers.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    logger = logging.Logger("shop")
    if way.startswith("ours"):
        otel_errors.install(tracers, logger_provider=loggers)
    if not way.startswith("ours") or way == "ours_all_at_once":
        tracers.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    if way == "instrumented":
        from opentelemetry.instrumentation.logging.handler import LoggingHandler
    if way == "instrumented_uncaught":
        from opentelemetry.instrumentation.exceptions import UnhandledExceptionInstrumentor

        UnhandledExceptionInstrumentor().instrument(logger_provider=loggers)
    logger.addHandler(LoggingHandler(logger_provider=loggers))
    try:
        ways[way](tracers.get_tracer("shop"), logger, lambda: error(number))
    except BaseException:
        pass
    tracers.shutdown()
    loggers.shutdown()
    otel_errors.uninstall()
    if way == "instrumented_uncaught":
        UnhandledExceptionInstrumentor().uninstrument()
"""

WAYS = (
    "left_span",
    "recorded",
    "ours",
    "ours_recorded",
    "logged",
    "logged_in_span",
    "exc_info_alone",
    "in_pool",
    "ours_in_pool",
    "ours_uncaught",
    "ours_all_at_once",
    *(["instrumented"] if find_spec("opentelemetry.instrumentation.logging") else []),
    *(["instrumented_uncaught"] if find_spec("opentelemetry.instrumentation.exceptions") else []),
)
"""How the error is told. Those of OpenTelemetry's instrumentations count where they are installed."""


ERRORS = 27 + (sys.version_info >= (3, 11))
"""Functions of the shop and of the program that fail, each in its own way."""


def test_one_error_is_one_group_by_every_way(collector: Collector, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "program.py").write_text(PROGRAM)
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{collector.status['grpc']}"}
    started = [
        subprocess.Popen(
            [sys.executable, str(tmp_path / "program.py"), way, str(41 + number)],
            env=environment,
            stderr=subprocess.PIPE,
        )
        for number, way in enumerate(WAYS)
    ]
    told = [process.communicate(timeout=100)[1].decode() for process in started]
    assert [process.returncode for process in started] == [0] * len(WAYS), told
    collector.flush()

    events = collector.rows(
        "SELECT ResourceAttributes['way'] AS way, ResourceAttributes['error'] AS error, GroupId, ExceptionType, ExceptionMessage,"
        " Culprit, MessageTemplate, sum(Weight) OVER (PARTITION BY way, error) AS occurrences FROM error_events ORDER BY error, way"
    )
    groups: defaultdict[str, set[str]] = defaultdict(set)
    ways: defaultdict[str, set[str]] = defaultdict(set)
    for event in events:
        groups[event["error"]].add(event["GroupId"])
        ways[event["error"]].add(event["way"])

    split = [event for event in events if len(groups[event["error"]]) > 1]
    assert not split
    assert not [event for event in events if event["occurrences"] != 1]
    assert {error: found ^ set(WAYS) for error, found in ways.items() if found != set(WAYS)} == {}
    # It is the same raise: that it was kept and raised again is no other error.
    assert groups.pop("raised_again") == groups["pay"]
    assert len(set().union(*groups.values())) == len(groups) == ERRORS - 1

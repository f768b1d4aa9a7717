"""What the SDK costs an application: the budgets of a plain span and of a captured error.

    python benchmarks/sdk_overhead.py [--rounds 60]

Stock and instrumented runs alternate in one process, so that both see the same machine; each figure
is the median of the rounds. "Added" is what otel_errors costs beside the OpenTelemetry SDK alone.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import time
from collections.abc import Callable

from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor, InMemoryLogRecordExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Tracer
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import otel_errors

FRAMES = 30
SPANS_PER_ROUND = 1_000
ERRORS_PER_ROUND = 50
Operation = Callable[[Tracer], None]


def plain_span(tracer: Tracer) -> None:
    with tracer.start_as_current_span("plain"):
        pass


def recorded_error(tracer: Tracer) -> None:
    """Record a new error by hand: what `record_exception` alone costs."""
    with tracer.start_as_current_span("failing") as span:
        try:
            descend(FRAMES - 1)
        except ValueError as error:
            span.record_exception(error)


def escaping_error(tracer: Tracer) -> None:
    """Let a new error leave the span, as most do."""
    try:
        with tracer.start_as_current_span("failing"):
            descend(FRAMES - 1)
    except ValueError:
        pass


def descend(frames_left: int) -> None:
    if frames_left == 1:
        raise ValueError("the card was declined")
    ascend(frames_left - 1)


def ascend(frames_left: int) -> None:
    """Take turns with `descend`: frames of one line would be printed as "repeated"."""
    if frames_left == 1:
        raise ValueError("the card was declined")
    descend(frames_left - 1)


async def answer(_request: object) -> PlainTextResponse:
    return PlainTextResponse("ok")


async def send(_message: object) -> None:
    return


WEB = Starlette(routes=[Route("/", answer)])


def web_request(_tracer: Tracer) -> None:
    """Answer a request without a server: nothing in it waits, so it needs no event loop."""
    with contextlib.suppress(StopIteration):
        WEB({"type": "http", "method": "GET", "path": "/", "headers": []}, None, send).send(None)


def seconds_of(operation: Operation, tracer: Tracer, times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        operation(tracer)
    return (time.perf_counter() - start) / times


def tracer_provider(*, sampled: bool) -> TracerProvider:
    provider = TracerProvider() if sampled else TracerProvider(sampler=ALWAYS_OFF)
    provider.add_span_processor(BatchSpanProcessor(InMemorySpanExporter()))
    return provider


def measure(operation: Operation, *, rounds: int, times: int, sampled: bool) -> tuple[float, float, float]:
    """Seconds of `operation` with the stock SDK, with otel_errors, and their difference: medians.

    The difference is taken round by round, since the machine itself drifts between rounds.
    """
    logger_provider = LoggerProvider()
    logger_provider.add_log_record_processor(BatchLogRecordProcessor(InMemoryLogRecordExporter()))
    stock, watched = tracer_provider(sampled=sampled), tracer_provider(sampled=sampled)
    figures: dict[str, list[float]] = {"stock": [], "watched": []}
    seconds_of(operation, stock.get_tracer("bench"), times)  # warm: imports, source lines, caches
    for _ in range(rounds):
        figures["stock"].append(seconds_of(operation, stock.get_tracer("bench"), times))
        otel_errors.install(watched, logger_provider=logger_provider)
        figures["watched"].append(seconds_of(operation, watched.get_tracer("bench"), times))
        otel_errors.uninstall()
        logger_provider.force_flush()
    added = [mine - alone for mine, alone in zip(figures["watched"], figures["stock"], strict=True)]
    return tuple(map(statistics.median, (figures["stock"], figures["watched"], added)))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=60)
    rounds = arguments.parse_args().rounds
    rows: list[tuple[str, Operation, int, bool, str]] = [
        ("span without an error", plain_span, SPANS_PER_ROUND, True, "1"),
        ("span without an error, unsampled", plain_span, SPANS_PER_ROUND, False, "1"),
        ("web request without an error, Starlette alone", web_request, SPANS_PER_ROUND, True, "10"),
        (f"error recorded, {FRAMES} frames", recorded_error, ERRORS_PER_ROUND, True, "100"),
        (f"error leaving a span, {FRAMES} frames", escaping_error, ERRORS_PER_ROUND, True, "100"),
        (
            f"the same, unsampled, {FRAMES} frames",
            escaping_error,
            ERRORS_PER_ROUND,
            False,
            "-",
        ),
    ]
    print(f"{'microseconds':48}{'stock':>9}{'with':>9}{'added':>9}{'budget':>9}")
    for name, operation, times, sampled, budget in rows:
        stock, watched, added = measure(operation, rounds=rounds, times=times, sampled=sampled)
        print(f"{name:48}{stock * 1e6:9.2f}{watched * 1e6:9.2f}{added * 1e6:9.2f}{budget:>9}")


if __name__ == "__main__":
    main()

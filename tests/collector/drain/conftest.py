"""What the drain's tests share: a program under real OpenTelemetry SDKs, and a collector's error lane with its tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from collector.drain.error_lane import ErrorLane
from collector.drain.occurrences import Occurrences
from collector.drain.segment_reader import SegmentReader
from collector.grouping import Grouper
from collector.self_metrics import SelfMetrics
from tests.collector.errors import StoredError, remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

START_MS = 1_800_000_000_000


@dataclass
class Batch:
    """The rows of one segment, and its damaged items."""

    events: list[StoredError]
    sightings: list[StoredError]
    retractions: list[StoredError]
    damaged: tuple[tuple[bytes, str], ...]


class Program:
    """A process with tracing and logging set up as the stock SDK does it; what it sends is kept as OTLP requests."""

    def __init__(self, **resource: str) -> None:
        made = Resource({"service.name": "shop", "telemetry.sdk.language": "python", **resource})
        self._spans = InMemorySpanExporter()
        self._logs = InMemoryLogRecordExporter()
        tracers = TracerProvider(resource=made)
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        loggers = LoggerProvider(resource=made)
        loggers.add_log_record_processor(SimpleLogRecordProcessor(self._logs))
        self.tracer = tracers.get_tracer("shop")
        self.span = self.tracer.start_as_current_span
        self._logger = loggers.get_logger("shop")

    def log(self, error: BaseException, **attributes: str) -> None:
        """Emit an error as a log record in the current span."""
        self._logger.emit(LogRecord(body=str(error), attributes=attributes, exception=error))

    def span_requests(self) -> list[bytes]:
        """Return a request for each span, in the order in which they ended."""
        return [encode_spans([span]).SerializeToString() for span in self._spans.get_finished_spans()]

    def one_span_request(self) -> bytes:
        """All spans in one request."""
        return encode_spans(self._spans.get_finished_spans()).SerializeToString()

    def log_requests(self) -> list[bytes]:
        """Return a request for each log record."""
        return [encode_logs([record]).SerializeToString() for record in self._logs.get_finished_logs()]

    def requests(self) -> list[tuple[str, bytes]]:
        """All requests with their signals: spans first."""
        return [("traces", r) for r in self.span_requests()] + [("logs", r) for r in self.log_requests()]


@dataclass
class Collector:
    """An error lane and the rows that it made; a segment a second."""

    group: Callable = field(default_factory=lambda: Grouper().group)
    sightings_max: int = 200_000
    events: list[StoredError] = field(default_factory=list)
    sightings: list[StoredError] = field(default_factory=list)
    retractions: list[StoredError] = field(default_factory=list)
    segments: int = 0

    def __post_init__(self) -> None:
        self.metrics = SelfMetrics()
        self.restart()

    def restart(self) -> None:
        """Forget everything and restore the memory from the rows."""
        occurrences = Occurrences(metrics=self.metrics, sightings_max=self.sightings_max)
        occurrences.restore([remembered(row) for row in [*self.retractions, *self.sightings, *self.events]])
        self.reader = SegmentReader(group=self.group, keep=lambda *told: told)
        self.lane = ErrorLane(occurrences=occurrences, metrics=self.metrics)

    def read(self, signal: str, *records: bytes) -> Batch:
        """Drain one segment."""
        sealed_ms = START_MS + 1000 * self.segments
        self.segments += 1
        name = f"{sealed_ms:013d}-00c0ffee-{signal}"
        reading = self.reader.read(name, signal, sealed_ms, records)
        decided = self.lane.decide(name, reading.told)
        self.lane.count(reading.told, decided)

        def row(place: int, event_id: str) -> StoredError:
            told = reading.kept[place]
            return StoredError(event_id, name, *told, told[0].weight)

        batch = Batch(
            [row(*event) for event in decided.events],
            [row(*sighting)._replace(weight=0) for sighting in decided.sightings],
            [row(*back)._replace(weight=-weight) for *back, weight in decided.retractions],
            reading.told.damaged,
        )
        self.events += batch.events
        self.sightings += batch.sightings
        self.retractions += batch.retractions
        return batch

    def read_each(self, requests: Sequence[tuple[str, bytes]]) -> Collector:
        """Drain each request as a segment of its own."""
        for signal, request in requests:
            self.read(signal, request)
        return self

    def count(self) -> int:
        """Return what a user reads: the sum of the weights in `error_events`."""
        return sum(row.weight for row in [*self.events, *self.retractions])

    def metric(self, name: str) -> float:
        """Return the value of one of the service's own counters."""
        return self.metrics.registry.get_sample_value(f"otel_errors_{name}_total") or 0


@pytest.fixture
def program() -> Program:
    """Make a process of the service "shop"."""
    return Program()


@pytest.fixture
def collector() -> Collector:
    """Make an error lane that has seen nothing."""
    return Collector()


@pytest.fixture
def make_program() -> type[Program]:
    """How to make further processes."""
    return Program


@pytest.fixture
def make_collector() -> type[Collector]:
    """How to make further error lanes."""
    return Collector

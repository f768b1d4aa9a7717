"""The service's own metrics: one table of names, units and help, served at `/metrics`.

"Self metrics" are ours; "metrics" are the users'. One `SelfMetrics` belongs to one service: no
module state, so two services can live in one test process.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class SelfMetrics:
    """Counters and gauges of one service, documented where made and in `docs/metrics.md`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, namespace="otel_errors", registry=self.registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, labels, namespace="otel_errors", registry=self.registry)

        self.requests = counter(
            "requests",
            "OTLP requests by signal, protocol and outcome.",
            "signal",
            "protocol",
            "outcome",
        )
        self.request_bytes = counter("request_bytes", "Bytes of accepted requests, after decompression.", "signal")
        self.duplicate_requests = counter(
            "duplicate_requests",
            "Byte-identical requests acknowledged and not stored again.",
            "signal",
        )
        self.journal_bytes = gauge("journal_bytes", "Bytes waiting in the journal.")
        self.journal_segments = gauge("journal_segments", "Sealed segments waiting to be drained.")
        self.journal_syncs = counter("journal_syncs", "Calls of fsync for acknowledged requests.")
        self.journal_write_failures = counter(
            "journal_write_failures",
            "Writes of the journal that the disk refused; their requests were refused too.",
        )
        self.recent_request_overflows = counter(
            "recent_request_overflows",
            "Digests of requests forgotten before their time because the memory for them was full.",
        )
        self.drained_segments = counter("drained_segments", "Segments stored and deleted.", "signal")
        self.drain_failures = counter(
            "drain_failures",
            "Attempts to drain a segment that failed and will be repeated.",
            "lane",
        )
        self.dead_letters = counter(
            "dead_letters", "Items that could not be stored and went to the dead letters.", "signal"
        )
        self.error_events = counter("error_events", "Occurrences written to error_events.")
        self.error_sightings = counter("error_sightings", "Later sightings of known occurrences.")
        self.error_redeliveries = counter("error_redeliveries", "Sightings delivered again.")
        self.dropped_errors = counter("dropped_errors", "Sightings that a rule dropped, by rule.", "rule")
        self.rules = gauge("rules", "Rules in use.")
        self.rules_reload_failures = counter(
            "rules_reload_failures", "Rules files with mistakes that were not loaded; the rules before hold."
        )
        self.version_aliases = counter(
            "version_aliases",
            "Rows of error_group_aliases by which groups continued those of an earlier version of the fingerprint.",
        )
        self.stacks_parsed = counter("stacks_parsed", "Stack traces read, by parser.", "parser")
        self.backlog_readers = counter(
            "backlog_readers", "Processes started to read errors because segments piled up; each ends when idle."
        )
        self.backlog_segments = counter("backlog_segments", "Segments whose errors such a process read.")
        self.backlog_reader_failures = counter(
            "backlog_reader_failures",
            "Times that such a process was killed, ended or did not answer; the collector then read the segment itself.",
        )
        self.occurrence_overflows = counter(
            "occurrence_overflows",
            "Sightings forgotten before their time because the memory for them was full.",
        )
        self.clamped_timestamps = counter("clamped_timestamps", "Error events whose time was out of range.")
        self.queries = counter("queries", "Statements on the SQL port by outcome.", "outcome")

    def expose(self) -> bytes:
        """All values in the Prometheus text format."""
        return generate_latest(self.registry)

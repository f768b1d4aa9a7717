"""Error events and sightings as bytes that ClickHouse reads.

The rows go in as `FORMAT Protobuf`, like telemetry: the fields of a message are set and encoded in C. The frames, most
of a row's values, are encoded once per distinct stack, the resource once per resource, and both are appended as bytes,
for encoded messages one after the other are one merged message
(protobuf.dev/programming-guides/encoding#last-one-wins). In a storm that leaves a few dozen
short fields an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.internal.encoder import _VarintBytes  # type: ignore[attr-defined]  # the only varint writer in C

from collector.store.proto_files import message_class

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from collector.model import ErrorEvent, ErrorSighting, FrameReason

ROWS_PROTO = "error_rows.proto"
STACK_CACHE_ENTRIES_MAX = 4096
STACK_CACHE_BYTES_MAX = 16 * 1024 * 1024
"""Encoded stacks that are kept, and their size; a stack of 30 frames takes about 3 KB."""

RESOURCE_CACHE_ENTRIES_MAX = 1024
"""Encoded resources that are kept, about 0.5 KB each: one per process that sends."""

TIME_NS_MAX = 9_223_372_036_000_000_000


class RowEncoder:
    """Encodes the rows of one segment after the other; remembers encoded stacks. Belongs to one thread."""

    def __init__(self) -> None:
        self._event_row = message_class(ROWS_PROTO, "ErrorEventRow")
        self._sighting_row = message_class(ROWS_PROTO, "ErrorSightingRow")
        # The lane hands out the same mapping for the same resource, and the grouper the same tuple for the same stack,
        # so an identity is the key; the object is kept beside the bytes, so that its identity is not given away.
        self._resources: dict[int, tuple[object, bytes]] = {}
        self._stacks: dict[int, tuple[object, bytes]] = {}
        self._stacks_bytes = 0

    def events(self, events: Iterable[ErrorEvent]) -> Iterator[bytes]:
        """Length-delimited `ErrorEventRow` messages."""
        for event in events:
            row = self._event(event).SerializeToString()
            resource = self._resource(event.sighting.resource)
            frames = self._frames(event.grouping.fingerprint.frames)
            yield b"".join((_VarintBytes(len(row) + len(resource) + len(frames)), row, resource, frames))

    def sightings(self, sightings: Iterable[ErrorSighting]) -> Iterator[bytes]:
        """Length-delimited `ErrorSightingRow` messages."""
        for sighting in sightings:
            row = self._sighting(sighting).SerializeToString()
            yield _VarintBytes(len(row)) + row

    def _event(self, event: ErrorEvent) -> Any:
        seen, grouping = event.sighting, event.grouping
        fingerprint, stack = grouping.fingerprint, grouping.stack
        attributes = seen.attributes
        return self._event_row(
            Timestamp=time_text(event.timestamp_ns),
            ObservedTimestamp=time_text(seen.observed_ns),
            OriginalTimestamp=time_text(seen.timestamp_ns),
            EventId=event.event_id,
            GroupId=grouping.group_id,
            Fingerprint=fingerprint.value,
            TypeFingerprint=fingerprint.type_fingerprint,
            MessageFingerprint=fingerprint.message_fingerprint,
            MessageTemplate=fingerprint.message_template,
            Weight=seen.weight,
            Segment=event.segment,
            UserId=first(attributes, "user.id", "user.hash", "enduser.id", "enduser.pseudo.id"),
            SessionId=attributes.get("session.id", ""),
            TraceId=seen.trace_id,
            SpanId=seen.span_id,
            ParentSpanId=seen.parent_span_id,
            SpanName=seen.span_name,
            SpanKind=seen.span_kind,
            ExceptionType=grouping.exception_type,
            ExceptionMessage=grouping.message,
            ExceptionStacktrace=grouping.stacktrace,
            Culprit=grouping.culprit,
            Language=stack.language,
            Parser=stack.parser,
            Chain=[
                {"Type": link.type, "Message": link.message, "Relation": link.relation} for link in stack.exceptions
            ],
            Severity=grouping.verdict.severity,
            SpanStatus=seen.span_status,
            FingerprintOrigin=fingerprint.origin,
            FingerprintRule=grouping.verdict.fingerprint_rule,
            Rules=grouping.verdict.rules,
            SeverityNumber=min(seen.severity_number, 255),
            Handled=attributes.get("otel_errors.handled", ""),
            SeenIn=seen.seen_in,
            Escaped=seen.escaped,
            Ordinal=seen.ordinal,
            SightingKey=event.sighting_key,
            SdkEventId=seen.event_id,
            Attributes=attributes,
        )

    def _sighting(self, sighting: ErrorSighting) -> Any:
        seen, grouping = sighting.sighting, sighting.grouping
        return self._sighting_row(
            Timestamp=time_text(sighting.timestamp_ns),
            OriginalTimestamp=time_text(seen.timestamp_ns),
            EventId=sighting.event_id,
            GroupId=grouping.group_id,
            Segment=sighting.segment,
            ServiceNamespace=seen.resource.get("service.namespace", ""),
            ServiceName=seen.resource.get("service.name", ""),
            TraceId=seen.trace_id,
            SpanId=seen.span_id,
            ParentSpanId=seen.parent_span_id,
            SpanName=seen.span_name,
            ExceptionType=grouping.exception_type,
            ExceptionMessage=grouping.message,
            ExceptionStacktrace=grouping.stacktrace,
            SeenIn=seen.seen_in,
            Escaped=seen.escaped,
            Ordinal=seen.ordinal,
            SightingKey=sighting.sighting_key,
            SdkEventId=seen.event_id,
            Attributes=seen.attributes,
        )

    def _resource(self, resource: Mapping[str, str]) -> bytes:
        known = self._resources.get(id(resource))
        if known is not None and known[0] is resource:
            return known[1]
        row = self._event_row(
            ServiceNamespace=resource.get("service.namespace", ""),
            ServiceName=resource.get("service.name", ""),
            ServiceInstanceId=resource.get("service.instance.id", ""),
            Environment=first(resource, "deployment.environment.name", "deployment.environment"),
            Release=first(resource, "service.version", "vcs.ref.head.revision", "vcs.repository.ref.revision"),
            HostName=resource.get("host.name", ""),
            ResourceAttributes=resource,
        )
        encoded = bytes(row.SerializeToString())
        if len(self._resources) >= RESOURCE_CACHE_ENTRIES_MAX:
            self._resources.clear()
        self._resources[id(resource)] = (resource, encoded)
        return encoded

    def _frames(self, reasons: tuple[FrameReason, ...]) -> bytes:
        known = self._stacks.get(id(reasons))
        if known is not None and known[0] is reasons:
            return known[1]
        row = self._event_row()
        if reasons:
            exceptions, frames, counted, whys = zip(*reasons, strict=True)
            modules, functions, files, lines, columns, in_app = zip(*frames, strict=True)
            columns_of = row.Frames
            columns_of.Exception.extend(exceptions)
            columns_of.Module.extend(modules)
            columns_of.Function.extend(functions)
            columns_of.File.extend(files)
            columns_of.Line.extend(lines)
            columns_of.Column.extend(columns)
            columns_of.InApp.extend(in_app)
            columns_of.Counted.extend(counted)
            columns_of.Reason.extend(whys)
        encoded = bytes(row.SerializeToString())
        self._stacks_bytes += len(encoded)
        if len(self._stacks) >= STACK_CACHE_ENTRIES_MAX or self._stacks_bytes > STACK_CACHE_BYTES_MAX:
            self._stacks.clear()
            self._stacks_bytes = len(encoded)
        self._stacks[id(reasons)] = (reasons, encoded)
        return encoded


def time_text(ns: int) -> str:
    """Unix nanoseconds as ClickHouse reads a DateTime64(9) from text; its range ends in 2262."""
    ns = max(0, min(ns, TIME_NS_MAX))
    return f"{ns // 1_000_000_000}.{ns % 1_000_000_000:09d}"


def first(attributes: Mapping[str, str], *names: str) -> str:
    """The first of these attributes that is there and not empty."""
    for name in names:
        value = attributes.get(name, "")
        if value:
            return value
    return ""

"""Error events and sightings as bytes that ClickHouse reads.

The rows go in as `FORMAT Protobuf`, like telemetry: the fields of a message are set and encoded in C. Encoded messages
one after the other are one merged message (protobuf.dev/programming-guides/encoding#last-one-wins), so a row is put
together of pieces, and those that repeat are encoded once: the frames of a stack and their text, what a group's rows have
in common, a resource, an attribute. In a storm that leaves a dozen short fields an event, and rows that wait to be
written share all the rest.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from google.protobuf.internal.encoder import _VarintBytes  # type: ignore[attr-defined]  # the only varint writer in C

from collector.store.proto_files import message_class

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from collector.model import ExceptionSighting, FrameReason, Grouping

ROWS_PROTO = "error_rows.proto"
STACK_CACHE_ENTRIES_MAX = 4096
STACK_CACHE_BYTES_MAX = 16 * 1024 * 1024
"""Encoded stacks that are kept, and their size; a stack of 30 frames takes about 3 KB."""

COMMON_CACHE_ENTRIES_MAX = 4096
COMMON_CACHE_BYTES_MAX = 4 * 1024 * 1024
"""Encodings of what a group's rows have in common that are kept, about 0.3 KB each."""

RESOURCE_CACHE_ENTRIES_MAX = 1024
RESOURCE_CACHE_BYTES_MAX = 4 * 1024 * 1024
"""Encoded resources that are kept, about 0.5 KB each: one per process that sends."""

ATTRIBUTES_CACHED_MAX = 8192
ATTRIBUTE_CACHED_CHARS_MAX = 256
"""Encoded attributes that are kept, about 0.3 KB each; longer ones seldom repeat."""

PIECE_CACHE_BYTES_MAX = 4 * 1024 * 1024
"""Encoded pieces of stacks' texts that are kept, in all; the texts themselves are kept beside them."""

PIECE_CACHED_CHARS_MIN = 512
"""Shorter pieces of a stack's text are encoded anew: they are messages, or cost nothing."""

MET_ONCE_MAX = 8192
"""Fingerprints of which it is remembered that they were met, 0.1 KB each."""

EVENT_ID_CHARS = 32
LENGTHS_CACHED_MAX = 16_384

TIME_NS_MAX = 9_223_372_036_000_000_000

_LENGTH_DELIMITED = 2  # the wire type of texts

Row = tuple[bytes, ...]
"""A row in pieces, all but what is decided about it (event id, segment). The last one has the frames: of a sighting that
is no event they are left out."""

_length = lru_cache(LENGTHS_CACHED_MAX)(_VarintBytes)


class RowEncoder:
    """Encodes the rows of one segment after the other; remembers what repeats. Belongs to one thread."""

    def __init__(self) -> None:
        self._event_row = message_class(ROWS_PROTO, "ErrorEventRow")
        self._attributes = _Attributes(self._event_row)
        self._stacktrace_tag = _tag(self._event_row, "ExceptionStacktrace")
        self._event_id = _tag(self._event_row, "EventId") + _length(EVENT_ID_CHARS)
        self._segment = ("", b"")
        self._met_once: set[int] = set()
        # The lane hands out the same mapping for the same resource, and the grouper the same tuple for the same stack,
        # so an identity is the key; the object is kept beside the bytes, so that its identity is not given away.
        self._resources = _Encodings(RESOURCE_CACHE_ENTRIES_MAX, RESOURCE_CACHE_BYTES_MAX)
        self._pieces = _Encodings(STACK_CACHE_ENTRIES_MAX, PIECE_CACHE_BYTES_MAX)
        self._stacks = _Encodings(STACK_CACHE_ENTRIES_MAX, STACK_CACHE_BYTES_MAX)
        self._commons = _Encodings(COMMON_CACHE_ENTRIES_MAX, COMMON_CACHE_BYTES_MAX)

    def row(self, seen: ExceptionSighting, grouping: Grouping, sighting_key: str, timestamp_ns: int) -> Row:
        """Encode what a sighting tells; `timestamp_ns` is its time, moved into the range that is stored."""
        keep = self._comes_again(grouping.fingerprint.value)
        return (
            self._own(seen, grouping, sighting_key, timestamp_ns),
            *self._stacktrace(grouping.pieces, keep=keep),
            self._attributes.encode(seen.attributes),
            self._common(seen, grouping, keep=keep),
            self._resource(seen.resource),
            self._frames(grouping.fingerprint.frames, keep=keep),
        )

    def event(self, row: Row, event_id: str, segment: str) -> bytes:
        """A length-delimited `ErrorEventRow`."""
        return _delimited((*row, self._decided(event_id, segment)))

    def sighting(self, row: Row, event_id: str, segment: str) -> bytes:
        """A length-delimited `ErrorSightingRow`, whose fields have the numbers that they have in an event's."""
        return _delimited((*row[:-1], self._decided(event_id, segment)))

    def retraction(self, row: Row, event_id: str, weight: int, segment: str) -> bytes:
        """A length-delimited `ErrorEventRow` that takes back the weight of another event, by what this sighting tells."""
        taken_back = self._event_row.FromString(b"".join(row))
        taken_back.Weight = -weight
        taken_back.SdkEventId = ""
        return _delimited((taken_back.SerializeToString(), self._decided(event_id, segment)))

    def _comes_again(self, fingerprint: str) -> bool:
        """Whether rows of this error were met before: what is encoded for one that never comes again is not kept."""
        met, once = hash(fingerprint), self._met_once
        if met in once:
            return True
        if len(once) >= MET_ONCE_MAX:
            once.clear()
        once.add(met)
        return False

    def _decided(self, event_id: str, segment: str) -> bytes:
        if self._segment[0] != segment:
            self._segment = segment, bytes(self._event_row(Segment=segment).SerializeToString())
        return b"".join((self._segment[1], self._event_id, event_id.encode("ascii")))

    def _own(self, seen: ExceptionSighting, grouping: Grouping, sighting_key: str, timestamp_ns: int) -> bytes:
        """What no other row has."""
        attributes = seen.attributes
        timestamp = time_text(timestamp_ns)
        row = self._event_row(
            Timestamp=timestamp,
            ObservedTimestamp=timestamp if seen.observed_ns == timestamp_ns else time_text(seen.observed_ns),
            OriginalTimestamp=timestamp if seen.timestamp_ns == timestamp_ns else time_text(seen.timestamp_ns),
            Weight=seen.weight,
            UserId=first(attributes, "user.id", "user.hash", "enduser.id", "enduser.pseudo.id"),
            TraceId=seen.trace_id,
            SpanId=seen.span_id,
            ExceptionMessage=grouping.message,
            SightingKey=sighting_key,
        )
        # What most rows have not: setting a field costs the same if it is empty.
        if seen.parent_span_id:
            row.ParentSpanId = seen.parent_span_id
        if seen.span_name:
            row.SpanName = seen.span_name
        if seen.ordinal:
            row.Ordinal = seen.ordinal
        if seen.event_id:
            row.SdkEventId = seen.event_id
        if "session.id" in attributes:
            row.SessionId = attributes["session.id"]
        for link in grouping.stack.exceptions:
            row.Chain.add(Type=link.type, Message=link.message, Relation=link.relation)
        return bytes(row.SerializeToString())

    def _stacktrace(self, pieces: tuple[str, ...], *, keep: bool) -> Iterator[bytes]:
        """The stack's text: its frames are one object in all rows of a storm, and so are their bytes."""
        encoded = [
            piece.encode("utf-8", "replace") if len(piece) < PIECE_CACHED_CHARS_MIN else self._piece(piece, keep=keep)
            for piece in pieces
        ]
        yield self._stacktrace_tag
        yield _length(sum(map(len, encoded)))
        yield from encoded

    def _piece(self, piece: str, *, keep: bool) -> bytes:
        known = self._pieces.find(id(piece))
        if known is not None:
            return known
        encoded = piece.encode("utf-8", "replace")
        return self._pieces.keep(id(piece), piece, encoded) if keep else encoded

    def _common(self, seen: ExceptionSighting, grouping: Grouping, *, keep: bool) -> bytes:
        """What the rows of one error have in common."""
        fingerprint, stack, verdict = grouping.fingerprint, grouping.stack, grouping.verdict
        handled = seen.attributes.get("otel_errors.handled", "")
        key = (
            *(id(fingerprint), id(verdict), grouping.group_id, grouping.exception_type, grouping.culprit),
            *(stack.language, stack.parser, seen.seen_in, seen.escaped, seen.severity_number, handled),
            *(seen.span_kind, seen.span_status),
        )
        known = self._commons.find(key)
        if known is not None:
            return known
        row = self._event_row(
            GroupId=grouping.group_id,
            Fingerprint=fingerprint.value,
            TypeFingerprint=fingerprint.type_fingerprint,
            MessageFingerprint=fingerprint.message_fingerprint,
            MessageTemplate=fingerprint.message_template,
            FingerprintOrigin=fingerprint.origin,
            FingerprintRule=verdict.fingerprint_rule,
            Rules=verdict.rules,
            Severity=verdict.severity,
            ExceptionType=grouping.exception_type,
            Culprit=grouping.culprit,
            Language=stack.language,
            Parser=stack.parser,
            SeenIn=seen.seen_in,
            Escaped=seen.escaped,
            SeverityNumber=min(seen.severity_number, 255),
            Handled=handled,
            SpanKind=seen.span_kind,
            SpanStatus=seen.span_status,
        )
        encoded = bytes(row.SerializeToString())
        return self._commons.keep(key, (fingerprint, verdict), encoded) if keep else encoded

    def _resource(self, resource: Mapping[str, str]) -> bytes:
        known = self._resources.find(id(resource))
        if known is not None:
            return known
        row = self._event_row(
            ServiceNamespace=resource.get("service.namespace", ""),
            ServiceName=resource.get("service.name", ""),
            ServiceInstanceId=resource.get("service.instance.id", ""),
            Environment=first(resource, "deployment.environment.name", "deployment.environment"),
            Release=first(resource, "service.version", "vcs.ref.head.revision", "vcs.repository.ref.revision"),
            HostName=resource.get("host.name", ""),
            ResourceAttributes=resource,
        )
        return self._resources.keep(id(resource), resource, bytes(row.SerializeToString()))

    def _frames(self, reasons: tuple[FrameReason, ...], *, keep: bool) -> bytes:
        known = self._stacks.find(id(reasons))
        if known is not None:
            return known
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
        return self._stacks.keep(id(reasons), reasons, encoded) if keep else encoded


class _Encodings:
    """Encodings by a key that names objects by their identity; those are kept too. Bounded by count and bytes."""

    def __init__(self, entries_max: int, bytes_max: int) -> None:
        self._entries_max, self._bytes_max = entries_max, bytes_max
        self._kept: dict[object, tuple[object, bytes]] = {}
        self._bytes = 0

    def find(self, key: object) -> bytes | None:
        """Find what was kept. An object that is kept can't have given its identity to another one."""
        known = self._kept.get(key)
        return None if known is None else known[1]

    def keep(self, key: object, named: object, encoded: bytes) -> bytes:
        """Keep an encoding, and the objects that its key names."""
        self._bytes += len(encoded)
        if len(self._kept) >= self._entries_max or self._bytes > self._bytes_max:
            self._kept.clear()
            self._bytes = len(encoded)
        self._kept[key] = (named, encoded)
        return encoded


class _Attributes:
    """Encodes the map of attributes of a kind of row."""

    def __init__(self, row: Any) -> None:
        self._row = row
        self._known = lru_cache(ATTRIBUTES_CACHED_MAX)(self._encode)

    def encode(self, attributes: Mapping[str, str]) -> bytes:
        """Encode each attribute, in their order."""
        known, long = self._known, ATTRIBUTE_CACHED_CHARS_MAX
        return b"".join(
            [
                known(key, value) if len(value) <= long and len(key) <= long else self._encode(key, value)
                for key, value in attributes.items()
            ]
        )

    def _encode(self, key: str, value: str) -> bytes:
        return bytes(self._row(Attributes={key: value}).SerializeToString())


def _delimited(pieces: tuple[bytes, ...]) -> bytes:
    return b"".join((_length(sum(map(len, pieces))), *pieces))


def _tag(row: Any, field: str) -> bytes:
    """What stands before a text's length."""
    return bytes(_VarintBytes(row.DESCRIPTOR.fields_by_name[field].number << 3 | _LENGTH_DELIMITED))


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

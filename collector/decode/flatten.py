"""Arrays and maps inside attribute values become JSON text, before a request goes to the engine.

OTLP's AnyValue is recursive and a table's columns are not. Unrolling it in the engine costs a planned expression of
thousands of nodes: 0.6 CPU-seconds for every insert at four levels, however small. So the few values that hold an array
or a map are rewritten here as a `string_value`, and all others are not touched.

Which requests hold such a value is found without a loop in Python. Most show by their bytes that they hold none
(`nested_hint.py`). Of the others protobuf's C code is asked: they are parsed with messages that declare nothing but the
way to an AnyValue's array and map, and those as messages that lack a *required* field. `IsInitialized()` is then false
exactly when there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from collector.decode.attributes import nested_text
from collector.decode.framing import parse_outline, single_item_requests
from collector.decode.messages import InstrumentationScope, LogRecord, Metric, Resource, Span
from collector.decode.nested_hint import may_hold_nested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from collector.model import Signal

RESOURCES_KEPT_COUNT_MAX: Final = 256
"""Rewritten resources that are remembered: a process sends the same one with every request."""
RESOURCES_KEPT_BYTES_MAX: Final = 64 * 1024
"""Size up to which they are; so they take 32 MiB at most."""

_ATTRIBUTES: Final = ("KeyValue", "repeated")
_POINT_KINDS: Final = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
# message -> field -> (number, type, label): the way to every AnyValue, and nothing else. Numbers: opentelemetry-proto 1.11.
_WAYS: Final[dict[str, dict[str, tuple[int, str, str]]]] = {
    "Container": {"never_sent": (1000, "bool", "required")},
    "AnyValue": {"array_value": (5, "Container", "optional"), "kvlist_value": (6, "Container", "optional")},
    "KeyValue": {"value": (2, "AnyValue", "optional")},
    "Resource": {"attributes": (1, *_ATTRIBUTES)},
    "Scope": {"attributes": (3, *_ATTRIBUTES)},
    "Event": {"attributes": (3, *_ATTRIBUTES)},
    "Link": {"attributes": (4, *_ATTRIBUTES)},
    "Span": {"attributes": (9, *_ATTRIBUTES), "events": (11, "Event", "repeated"), "links": (13, "Link", "repeated")},
    "LogRecord": {"body": (5, "AnyValue", "optional"), "attributes": (6, *_ATTRIBUTES)},
    "Exemplar": {"filtered_attributes": (7, *_ATTRIBUTES)},
    "NumberPoint": {"exemplars": (5, "Exemplar", "repeated"), "attributes": (7, *_ATTRIBUTES)},
    "HistogramPoint": {"exemplars": (8, "Exemplar", "repeated"), "attributes": (9, *_ATTRIBUTES)},
    "ExponentialPoint": {"attributes": (1, *_ATTRIBUTES), "exemplars": (11, "Exemplar", "repeated")},
    "SummaryPoint": {"attributes": (7, *_ATTRIBUTES)},
    "Numbers": {"data_points": (1, "NumberPoint", "repeated")},
    "Histogram": {"data_points": (1, "HistogramPoint", "repeated")},
    "ExponentialHistogram": {"data_points": (1, "ExponentialPoint", "repeated")},
    "Summary": {"data_points": (1, "SummaryPoint", "repeated")},
    "Metric": {
        "gauge": (5, "Numbers", "optional"),
        "sum": (7, "Numbers", "optional"),
        "histogram": (9, "Histogram", "optional"),
        "exponential_histogram": (10, "ExponentialHistogram", "optional"),
        "summary": (11, "Summary", "optional"),
    },
}
_ITEMS: Final[dict[Signal, str]] = {"traces": "Span", "logs": "LogRecord", "metrics": "Metric"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged:
    """What can't be read: an item's bytes, or a whole request of one item when its resource or scope is at fault."""

    data: bytes
    reason: str
    kind: Literal["item", "request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flattened:
    """A request without nested values: the same object when nothing had to change; and what was taken out of it."""

    request: bytes
    damaged: tuple[Damaged, ...] = ()


def flatten(signal: Signal, request: bytes) -> Flattened:
    """Rewrite nested values of a request as JSON text (`attributes.nested_text`); it has passed `check_framing`."""
    if not may_hold_nested(request, in_body=signal == "logs"):
        return Flattened(request=request)
    try:
        if _PROBES[signal].FromString(request).IsInitialized():
            return Flattened(request=request)
    except DecodeError:
        pass
    return _rewrite(signal, request)


def _rewrite(signal: Signal, request: bytes) -> Flattened:
    outline = parse_outline(request)
    damaged: list[Damaged] = []
    for resource in outline.resources:
        for scope in resource.scopes:
            kept = []
            for item in scope.items:
                try:
                    kept.append(_flat_item(signal, item))
                except DecodeError:
                    damaged.append(Damaged(data=item, reason=f"a {_ITEMS[signal]} that is not protobuf", kind="item"))
            scope.items[:] = kept
    for resource in outline.resources:
        try:
            resource.resource[:] = [_flat_attributes(Resource, b"".join(resource.resource))]
            for scope in resource.scopes:
                scope.scope[:] = [_flat_attributes(InstrumentationScope, b"".join(scope.scope))]
        except DecodeError:
            alone = type(outline)(resources=[resource]).SerializeToString()
            damaged += [
                Damaged(data=piece, reason="a resource or scope that is not protobuf", kind="request")
                for piece in single_item_requests(alone)
            ]
            del resource.scopes[:]
            del resource.resource[:]
    return Flattened(request=outline.SerializeToString(), damaged=tuple(damaged))


def _flat_item(signal: Signal, item: bytes) -> bytes:
    if _ITEM_PROBES[signal].FromString(item).IsInitialized():
        return item
    message_class, values = _READERS[signal]
    message = message_class.FromString(item)
    _flatten_values(values(message))
    return bytes(message.SerializeToString())


def _flat_attributes(message_class: Any, data: bytes) -> bytes:
    """A resource or a scope, flat."""
    if len(data) > RESOURCES_KEPT_BYTES_MAX:
        return _rewrite_attributes(message_class, data)
    return _kept_attributes(message_class, data)


def _rewrite_attributes(message_class: Any, data: bytes) -> bytes:
    message = message_class.FromString(data)
    _flatten_values(pair.value for pair in message.attributes)
    return bytes(message.SerializeToString())


_kept_attributes = lru_cache(maxsize=RESOURCES_KEPT_COUNT_MAX)(_rewrite_attributes)


def _flatten_values(values: Iterator[Any]) -> None:
    for value in values:
        if value.WhichOneof("value") in ("array_value", "kvlist_value"):
            value.string_value = nested_text(value).encode()


def _span_values(span: Any) -> Iterator[Any]:
    for holder in (span, *span.events, *span.links):
        for pair in holder.attributes:
            yield pair.value


def _log_values(record: Any) -> Iterator[Any]:
    if record.HasField("body"):
        yield record.body
    for pair in record.attributes:
        yield pair.value


def _metric_values(metric: Any) -> Iterator[Any]:
    kind = metric.WhichOneof("data")
    for point in getattr(metric, kind).data_points if kind in _POINT_KINDS else ():
        for pair in point.attributes:
            yield pair.value
        for exemplar in point.exemplars if kind != "summary" else ():
            for pair in exemplar.filtered_attributes:
                yield pair.value


_READERS: Final[dict[Signal, tuple[Any, Callable[[Any], Iterator[Any]]]]] = {
    "traces": (Span, _span_values),
    "logs": (LogRecord, _log_values),
    "metrics": (Metric, _metric_values),
}


def _build_probes(signal: Signal) -> tuple[Any, ...]:
    """The probing messages of a request and of one of its items. Any: they are made at run time."""
    package = f"otel_errors.flatten.{signal}"
    field_type = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto2")
    ways = {
        **_WAYS,
        "ScopeItems": {"scope": (1, "Scope", "optional"), "items": (2, _ITEMS[signal], "repeated")},
        "ResourceScopes": {"resource": (1, "Resource", "optional"), "scopes": (2, "ScopeItems", "repeated")},
        "Request": {"resources": (1, "ResourceScopes", "repeated")},
    }
    for message_name, fields in ways.items():
        message = file.message_type.add(name=message_name)
        for name, (number, kind, label) in fields.items():
            field = message.field.add(name=name, number=number, label=field_type.Label.Value(f"LABEL_{label.upper()}"))
            if kind == "bool":
                field.type = field_type.TYPE_BOOL
            else:
                field.type, field.type_name = field_type.TYPE_MESSAGE, f".{package}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return tuple(
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in ("Request", _ITEMS[signal])
    )


_BUILT: Final = {signal: _build_probes(signal) for signal in _ITEMS}
_PROBES: Final[dict[Signal, Any]] = {signal: built[0] for signal, built in _BUILT.items()}
_ITEM_PROBES: Final[dict[Signal, Any]] = {signal: built[1] for signal, built in _BUILT.items()}

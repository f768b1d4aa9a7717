"""The outline of an OTLP request: its resources, scopes and items, without reading the items.

An *item* is a span, a log record or a metric. The three requests have one outline: field 1 of a
request is a resource with its scopes, field 2 of that a scope with its items, field 2 of that an
item, and field 3 a schema URL (opentelemetry-proto, `collector/*/v1/*_service.proto` and
`*/v1/*.proto`). So one *shallow* message serves all: it has the outline's field numbers, and
declares as bytes whatever lies deeper. protobuf's C parser then checks every length down to each
item in about 10 us for 500 spans of 230 kB, where parsing them takes 340 us.

What the C parser lets through, since protobuf must skip what it does not know, and we refuse:
- a field of the outline under another wire type (spans as a number): it would be skipped;
- groups, which OTLP has never had;
- no item at all, but fields that OTLP does not name: the sender means something by them (text sent
  to the wrong port, spans in a field that OTLP dropped in 2022); success would lose it silently.

Unknown fields beside items are skipped, as protobuf asks, so that a newer OTLP is understood.

`resource` and `scope` are declared repeated: protobuf merges a message that is sent in parts, and
the parts written one after another are that merged message.

An empty resource takes 2 bytes on the wire and 56 in the parser. So the outline has a size limit,
and a large request is walked for it before the parser may spend memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from collector.decode.framing_walk import OUTLINE_FIELDS, find_fault, is_outline_within
from collector.failures import RequestMalformed, RequestTooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from google.protobuf.message import Message

    from collector.model import Signal

_PACKAGE: Final = "otel_errors.framing"
_WIRE_TYPES_OF_GROUPS: Final = (3, 4)

# The largest honest requests (metrics of a cluster) have some thousands; each costs 0.5 us here.
RESOURCES_AND_SCOPES_MAX: Final = 100_000
# 64 MiB of the smallest useful items, 64 bytes each. An item costs the parser 16 bytes.
ITEMS_MAX: Final = 1_000_000
# One message of a newer OTLP may have some fields that we do not know, not thousands.
_UNKNOWN_FIELDS_MAX: Final = 1_000
# What one request may take as rows, in the engine's memory. An honest one of 4 MiB with a resource of
# 4 KB and rows of 100 bytes takes 170 MB.
EXPANDED_BYTES_MAX: Final = 512 << 20
# Rows hidden in an item (data points, whatever their kind) have more bytes than this.
ROW_BYTES_MIN: Final = 32
# A resource as SDKs send it by themselves: not worth reckoning with.
REPEATED_BYTES_FREE: Final = 512
# Up to this size the parser needs 30 MB at worst, and the limits are checked on what it made.
_WALKED_FIRST_BYTES_MIN: Final = 1 << 20
# A resource has a scope, often a schema URL, and seldom fields that we do not know.
_OUTLINE_FIELDS_MAX: Final = 3 * RESOURCES_AND_SCOPES_MAX

ITEMS_NAMES: Final[dict[Signal, str]] = {
    "traces": "spans",
    "logs": "log records",
    "metrics": "metrics",
}


class ScopeItems(NamedTuple):
    """The items of one scope, each the encoding of a `Span`, `LogRecord` or `Metric`.

    `resource` and `scope` are the encodings of a `Resource` and an `InstrumentationScope`, empty
    when not sent.
    """

    resource: bytes
    resource_schema_url: str
    scope: bytes
    items: Sequence[bytes]


def _build_outline() -> type[Message]:
    """Make the class of the shallow request, in a descriptor pool of its own."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="otel_errors/framing.proto", package=_PACKAGE, syntax="proto3")
    outline = {
        "Request": (("resources", 1, field.LABEL_REPEATED, "Resource"),),
        "Resource": (
            ("resource", 1, field.LABEL_REPEATED, ""),
            ("scopes", 2, field.LABEL_REPEATED, "Scope"),
            ("schema_url", 3, field.LABEL_OPTIONAL, ""),
        ),
        "Scope": (
            ("scope", 1, field.LABEL_REPEATED, ""),
            ("items", 2, field.LABEL_REPEATED, ""),
            ("schema_url", 3, field.LABEL_OPTIONAL, ""),
        ),
    }
    for message_name, fields in outline.items():
        message = file.message_type.add(name=message_name)
        for name, number, label, type_name in fields:
            message.field.add(
                name=name,
                number=number,
                label=label,
                type=field.TYPE_MESSAGE if type_name else field.TYPE_BYTES,
                type_name=f".{_PACKAGE}.{type_name}" if type_name else None,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Request"))


# Any: the class is made at run time, so its fields are unknown to the type checker.
_OutlineRequest: Final[Any] = _build_outline()


def check_framing(signal: Signal, data: bytes) -> int:
    """Return the number of items in a request; OTLP calls a request without any a success.

    Raises `RequestMalformed`, with the place of the fault, when the framing down to each item is
    broken, and `RequestTooLarge` when the request has too many resources, scopes or items.
    """
    if len(data) >= _WALKED_FIRST_BYTES_MIN and not is_outline_within(data, _OUTLINE_FIELDS_MAX):
        raise _too_large(signal, RESOURCES_AND_SCOPES_MAX, "resources and scopes")
    try:
        request = _OutlineRequest.FromString(data)
    except DecodeError:
        raise _malformed(signal, data, "its protobuf encoding is broken") from None
    items_count = 0
    outline_count = len(request.resources)
    foreign = _has_foreign_fields(signal, data, request, 1)
    for resource in request.resources:
        outline_count += len(resource.scopes)
        if outline_count > RESOURCES_AND_SCOPES_MAX:
            raise _too_large(signal, RESOURCES_AND_SCOPES_MAX, "resources and scopes")
        foreign |= _has_foreign_fields(signal, data, resource, 2)
        for scope in resource.scopes:
            foreign |= _has_foreign_fields(signal, data, scope, 3)
            items_count += len(scope.items)
    if items_count > ITEMS_MAX:
        raise _too_large(signal, ITEMS_MAX, ITEMS_NAMES[signal])
    if _expanded_bytes(request, len(data)) > EXPANDED_BYTES_MAX:
        raise RequestTooLarge(
            f"The {signal} request would take more than {EXPANDED_BYTES_MAX} bytes as rows, since each repeats its "
            "resource's attributes; send fewer of them, or smaller batches."
        )
    if foreign and not items_count:
        raise RequestMalformed(
            f"The {signal} request has no {ITEMS_NAMES[signal]}, only fields that OTLP does not "
            f"name; send an OTLP Export request for {signal}, encoded as protobuf."
        )
    return items_count


def expanded_bytes(data: bytes) -> int:
    """Estimate what a request becomes as rows: its resource and scope are repeated in each one.

    `data` has passed `check_framing`. A metric has many rows; how many is guessed from its size.
    """
    return _expanded_bytes(_OutlineRequest.FromString(data), len(data))


def _expanded_bytes(request: Any, size: int) -> int:
    expanded = size
    for resource in request.resources:
        resource_bytes = sum(map(len, resource.resource))
        for scope in resource.scopes:
            repeated = resource_bytes + sum(map(len, scope.scope))
            if repeated > REPEATED_BYTES_FREE:
                rows = max(len(scope.items), sum(map(len, scope.items)) // ROW_BYTES_MIN)
                expanded += rows * repeated
    return expanded


def iter_items(data: bytes) -> Iterator[ScopeItems]:
    """Yield the items of a request, scope by scope in the order in which they were sent.

    `data` has passed `check_framing`; otherwise `google.protobuf.message.DecodeError` may be
    raised.
    """
    for resource in _OutlineRequest.FromString(data).resources:
        resource_bytes = b"".join(resource.resource)
        schema_url = resource.schema_url.decode(errors="replace")
        for scope in resource.scopes:
            yield ScopeItems(resource_bytes, schema_url, b"".join(scope.scope), scope.items)


def parse_outline(data: bytes) -> Any:
    """Parse the outline of a request that has passed `check_framing`, to change and encode again.

    The message has `resources`; those have `resource` (in parts), `scopes` and `schema_url`; those
    have `scope` (in parts), `items` and `schema_url`. Unknown fields are kept.
    """
    return _OutlineRequest.FromString(data)


def single_item_requests(data: bytes) -> list[bytes]:
    """Cut a request into requests of one item each.

    Written one after another, they are a request of all items again.
    """
    singles = []
    for resource in _OutlineRequest.FromString(data).resources:
        for scope in resource.scopes:
            for item in scope.items:
                single = _OutlineRequest()
                copied = single.resources.add(resource=resource.resource, schema_url=resource.schema_url)
                copied.scopes.add(scope=scope.scope, items=[item], schema_url=scope.schema_url)
                singles.append(bytes(single.SerializeToString()))
    return singles


def _has_foreign_fields(signal: Signal, data: bytes, message: Message, level: int) -> bool:
    """Tell whether a message has fields beside the outline; raise if one breaks the outline."""
    unknown = UnknownFieldSet(message)
    if len(unknown) > _UNKNOWN_FIELDS_MAX:
        raise _malformed(signal, data, "a message has thousands of fields that OTLP does not name")
    for index in range(len(unknown)):
        field = unknown[index]
        if field.wire_type in _WIRE_TYPES_OF_GROUPS or field.field_number in OUTLINE_FIELDS[level]:
            raise _malformed(signal, data, "a field has a wire type that OTLP does not give it")
    return len(unknown) > 0


def _malformed(signal: Signal, data: bytes, otherwise: str) -> RequestMalformed:
    """Build the refusal; `otherwise` is said when the fault lies too deep in for the search."""
    return RequestMalformed(
        f"The {signal} request ({len(data)} bytes) is malformed: {find_fault(data) or otherwise}; "
        f"send an OTLP Export request for {signal}, encoded as protobuf."
    )


def _too_large(signal: Signal, count_max: int, what: str) -> RequestTooLarge:
    return RequestTooLarge(f"The {signal} request has more than {count_max} {what}; send it in smaller batches.")

"""What spans and log records have in common: the attributes that tell of an exception.

Names: https://opentelemetry.io/docs/specs/semconv/registry/attributes/exception/
(`exception.escaped` is deprecated there, and still sent), and our SDK's `otel_errors.event_id` and
`otel_errors.count`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from collector.decode.attributes import ATTRIBUTE_CHARS_MAX, ATTRIBUTES_COUNT_MAX, cut_text, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from collector.decode.attributes import AttributeReader

MARKER: Final = b"exception."
"""Bytes that every item with an exception contains: the name of one of its attributes."""

STACKTRACE_END_BYTES_MAX: Final = 256 * 1024
"""Of a longer stack trace the first and the last bytes are kept, each at least as long as any
parser reads."""

EVENT_ID_CHARS_MAX: Final = 64
"""Characters of `otel_errors.event_id` that count; our SDK sends 32 hex digits."""

WEIGHT_MAX: Final = 2**31
"""Occurrences that one sighting may stand for; above it the sender is wrong, and the sighting
counts once."""

_TYPE: Final = b"exception.type"
_MESSAGE: Final = b"exception.message"
_STACKTRACE: Final = b"exception.stacktrace"
_ESCAPED: Final = b"exception.escaped"
_EVENT_ID: Final = b"otel_errors.event_id"
_COUNT: Final = b"otel_errors.count"
_TELLING: Final = frozenset((_TYPE, _MESSAGE, _STACKTRACE))
_OWN: Final = _TELLING | {_ESCAPED, _EVENT_ID, _COUNT}

EXCEPTION_KEYS: Final = frozenset(key.decode("ascii") for key in _OWN)
"""The attributes that become an exception's own fields."""


class ExceptionAttributes(NamedTuple):
    """An exception's own attributes, and all the others as texts by key."""

    type: str
    message: str
    stacktrace: str
    escaped: bool
    event_id: str
    weight: int
    others: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an item does not tell itself: who sent it, and how its attributes are read."""

    resource: Mapping[str, str]
    scope_name: str
    ordinals: Ordinals
    attributes: AttributeReader


class Ordinals:
    """Numbers the sightings of one request that are alike in all else.

    See `collector.model.ExceptionSighting.ordinal`.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[object, ...], int] = {}

    def take(self, *identity: object) -> int:
        """Return how many sightings with this identity came before in the request."""
        ordinal = self._counts.get(identity, 0)
        self._counts[identity] = ordinal + 1
        return ordinal


def read_exception(pairs: Sequence[Any], attributes: AttributeReader) -> ExceptionAttributes | None:
    """Split `repeated KeyValue` into the exception and the rest.

    None when neither a type nor a message nor a stack trace of an exception is among them, or when it is a copy that the
    event of its id counts (`otel_errors.count` is 0: one of a storm).
    """
    own: dict[bytes, Any] = {}
    others: list[Any] = []
    for pair in islice(pairs, ATTRIBUTES_COUNT_MAX):
        key = pair.key
        if key in _OWN:
            own[key] = pair.value
        else:
            others.append(pair)
    if _TELLING.isdisjoint(own) or (_COUNT in own and _EVENT_ID in own and _text(own, _COUNT) == "0"):
        return None
    return ExceptionAttributes(
        type=_text(own, _TYPE),
        message=_text(own, _MESSAGE),
        stacktrace=_stacktrace(own.get(_STACKTRACE)),
        escaped=_ESCAPED in own and _text(own, _ESCAPED).lower() == "true",
        event_id=_text(own, _EVENT_ID)[:EVENT_ID_CHARS_MAX] if _EVENT_ID in own else "",
        weight=_weight(_text(own, _COUNT)) if _COUNT in own else 1,
        others=dict(map(attributes.read_pair, others)),
    )


def _text(own: dict[bytes, Any], key: bytes) -> str:
    value = own.get(key)
    if value is None:
        return ""
    # Asking for text first is three times as fast as asking for the kind.
    text: bytes = value.string_value
    return cut_text(text, ATTRIBUTE_CHARS_MAX) if text else value_text(value)


def _stacktrace(value: Any) -> str:
    if value is None:
        return ""
    data: bytes = value.string_value
    if not data:
        return value_text(value)
    if len(data) > 2 * STACKTRACE_END_BYTES_MAX:
        data = data[:STACKTRACE_END_BYTES_MAX] + b"\n" + data[-STACKTRACE_END_BYTES_MAX:]
    return data.decode("utf-8", "replace")


def _weight(text: str) -> int:
    """`otel_errors.count`, an int or its text; anything else than 1 to WEIGHT_MAX is taken as 1."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(WEIGHT_MAX))):
        return 1
    weight = int(text)
    return weight if 1 <= weight <= WEIGHT_MAX else 1

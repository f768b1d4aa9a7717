"""`AnyValue` -> text, in the form in which the tables of traces and logs have it.

Text as sent (invalid UTF-8 replaced); `true`, `false`; integers; floats in the shortest form that
reads back, as ClickHouse's `toString` writes them, and `NaN`, `Infinity`, `-Infinity`; bytes as
base64; arrays and maps as compact JSON to 4 levels, what is nested deeper or is too large as base64
of its encoding; nothing as "".
"""

from __future__ import annotations

import base64
import json
import math
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ATTRIBUTES_COUNT_MAX: Final = 1024
"""Attributes of one span, event, record or resource that are read; SDKs send at most 128 unless
told otherwise."""

ATTRIBUTE_CHARS_MAX: Final = 16 * 1024
"""Characters of one attribute's value that are kept: longer ones are payloads."""

KEY_CHARS_MAX: Final = 256
"""Characters of an attribute's key that are kept; semantic conventions stay below 64."""

JSON_LEVELS_MAX: Final = 4
"""Arrays and maps in one another that become JSON."""

JSON_BYTES_MAX: Final = 64 * 1024
"""Size of an array or a map that becomes JSON: the walk over it costs about 1 us for 4 bytes."""

PAIRS_CACHED_MAX: Final = 16_384
"""Attributes that an `AttributeReader` remembers, about 0.5 KB each."""

PAIR_CACHED_BYTES_MAX: Final = 256
"""Longer values are not remembered: they seldom repeat."""

_UTF8_BYTES_PER_CHAR_MAX: Final = 4
_FIXED_MIN, _FIXED_MAX = 1e-6, 1e21  # between them ClickHouse writes a float without an exponent


class _TooDeep(Exception):
    """More levels than JSON_LEVELS_MAX."""


class AttributeReader:
    """Reads attributes, and remembers short ones: methods, routes and codes repeat.

    `clean` is asked for each key and text what is to be kept of the text (secrets removed). For one
    thread.
    """

    def __init__(self, clean: Callable[[str, str], str]) -> None:
        self._clean = clean
        self._known = lru_cache(PAIRS_CACHED_MAX)(self._read)

    def read(self, pairs: Iterable[Any]) -> dict[str, str]:
        """Turn `repeated KeyValue` into texts by key; of equal keys the last one counts."""
        read = self.read_text
        return dict([read(pair.key, pair.value) for pair in islice(pairs, ATTRIBUTES_COUNT_MAX)])

    def read_text(self, key: bytes, value: Any) -> tuple[str, str]:
        """Return the key and the text of a `KeyValue`, given in its two parts."""
        # Most values are text: asking for it first is three times as fast as asking for the kind.
        text = value.string_value
        if text:
            if len(text) <= PAIR_CACHED_BYTES_MAX:
                return self._known(key, text)
            return self._read(key, text)
        name = cut_text(key, KEY_CHARS_MAX)
        return name, self._clean(name, value_text(value))

    def _read(self, key: bytes, text: bytes) -> tuple[str, str]:
        name = cut_text(key, KEY_CHARS_MAX)
        return name, self._clean(name, cut_text(text, ATTRIBUTE_CHARS_MAX))


def value_text(value: Any) -> str:  # noqa: PLR0911 - one return a kind reads as a table
    """Return the text of one `AnyValue`, at most `ATTRIBUTE_CHARS_MAX` characters."""
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return cut_text(value.string_value, ATTRIBUTE_CHARS_MAX)
    if kind == "bool_value":
        return "true" if value.bool_value else "false"
    if kind == "int_value":
        return str(value.int_value)
    if kind == "double_value":
        return float_text(value.double_value)
    if kind == "bytes_value":
        return base64_text(value.bytes_value)
    if kind in ("array_value", "kvlist_value"):
        return container_text(value)
    # Unset, or a kind that is newer than this service.
    return ""


def container_text(value: Any) -> str:
    """Return `nested_text`, cut to `ATTRIBUTE_CHARS_MAX` characters.

    A large one becomes base64 at once, so that the walk over it is bounded.
    """
    if value.ByteSize() > JSON_BYTES_MAX:
        return base64_text(value.SerializeToString())
    text = nested_text(value)
    return text if len(text) <= ATTRIBUTE_CHARS_MAX else text[:ATTRIBUTE_CHARS_MAX]


def nested_text(value: Any) -> str:
    """Return the whole JSON of an `AnyValue` that holds an array or a map.

    When it is too deep: base64 of its encoding.
    """
    try:
        return _json(value, JSON_LEVELS_MAX)
    except _TooDeep:
        return base64.b64encode(value.SerializeToString()).decode("ascii")


def float_text(number: float) -> str:
    """Return the shortest text that reads back as the same float, as ClickHouse writes it.

    For example 1, 0.1, 1e21, 1.5e-7, -0, NaN, -Infinity.
    """
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    shortest = repr(number)
    if number == 0 or _FIXED_MIN <= abs(number) < _FIXED_MAX:
        if "e" in shortest:
            shortest = format(Decimal(shortest), "f")
        return shortest.removesuffix(".0")
    if "e" not in shortest:
        shortest = f"{Decimal(shortest):e}"
    mantissa, _, exponent = shortest.partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def base64_text(data: bytes) -> str:
    """Return base64, cut to `ATTRIBUTE_CHARS_MAX` characters."""
    return base64.b64encode(data[: ATTRIBUTE_CHARS_MAX // 4 * 3]).decode("ascii")


def cut_text(data: bytes, chars_max: int) -> str:
    """Return the first characters of a text; what is not UTF-8 becomes U+FFFD."""
    if len(data) <= chars_max:
        return data.decode("utf-8", "replace")
    return data[: chars_max * _UTF8_BYTES_PER_CHAR_MAX].decode("utf-8", "replace")[:chars_max]


def _json(value: Any, levels_left: int) -> str:  # noqa: PLR0911 - as above
    kind = value.WhichOneof("value")
    if kind is None:
        return "null"
    if kind == "string_value":
        return _json_text(value.string_value)
    if kind == "double_value":
        text = float_text(value.double_value)
        return text if math.isfinite(value.double_value) else f'"{text}"'
    if kind == "bytes_value":
        return f'"{base64.b64encode(value.bytes_value).decode("ascii")}"'
    if kind not in ("array_value", "kvlist_value"):
        return value_text(value)
    if levels_left == 0:
        raise _TooDeep
    if kind == "array_value":
        return f"[{','.join(_json(item, levels_left - 1) for item in value.array_value.values)}]"
    pairs = (f"{_json_text(pair.key)}:{_json(pair.value, levels_left - 1)}" for pair in value.kvlist_value.values)
    return f"{{{','.join(pairs)}}}"


def _json_text(data: bytes) -> str:
    return json.dumps(data.decode("utf-8", "replace"), ensure_ascii=False)

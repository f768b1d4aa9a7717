"""A value as text, without running code of the application's.

A `__repr__` may ask a database, wait, or raise, at the moment when the application is failing. So only the interpreter's
own types are printed, by their own code; of anything else its type and what is in its `__dict__`. Everything is bounded:
characters, items, levels.
"""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import pathlib
import types
import uuid
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TEXT_CHARS_MAX: Final = 256
"""Characters of one value."""

_READ_CHARS_MAX: Final = 4 * TEXT_CHARS_MAX  # so that redaction sees a secret whole before it is cut
_ITEMS_MAX: Final = 8  # half of that a level deeper
_LEVELS_MAX: Final = 3
_BITS_MAX: Final = 1_024
_PRINTED: Final = (
    *(bool, float, complex, type(None), type(...), type(NotImplemented), range),
    *(dt.datetime, dt.date, dt.time, dt.timedelta, dt.timezone),
    *(decimal.Decimal, fractions.Fraction, uuid.UUID),
    *(pathlib.PosixPath, pathlib.WindowsPath, pathlib.PurePosixPath, pathlib.PureWindowsPath),
)
_PRINTED_TYPES: Final = frozenset(_PRINTED)
_BRACKETS: Final = ((list, "[", "]"), (tuple, "(", ")"), (set, "{", "}"), (frozenset, "{", "}"))

CODE: Final = (
    *(types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type),
    *(types.CodeType, types.FrameType, types.TracebackType),
)
"""Values that are the program's own code: they say nothing about what failed."""


class Printer:
    """Prints values. `hide(name, text)` redacts a text that has a name, or none ("")."""

    def __init__(self, hide: Callable[[str, str], str]) -> None:
        self._hide = hide

    def text(self, name: str, value: object) -> str:
        """Print a value that has a name. Never raises an `Exception`."""
        try:
            text = self._named(name, value, _LEVELS_MAX)
        except Exception:  # noqa: BLE001 - a type that lies about itself
            return "<unprintable>"
        return text if len(text) <= TEXT_CHARS_MAX else text[: TEXT_CHARS_MAX - 3] + "..."

    def _named(self, name: str, value: Any, levels: int) -> str:
        # A name that says secret hides whatever there is, containers too.
        return self._hide(name, self._print(value, levels)) if name else self._print(value, levels)

    def _print(self, value: Any, levels: int) -> str:  # noqa: PLR0911 - one return a kind reads as a table
        kind = type(value)
        if kind in _PRINTED_TYPES:
            return repr(value)[:_READ_CHARS_MAX]
        if issubclass(kind, str):
            return _of_kind(kind, str, self._quoted(str.__str__(value)[:_READ_CHARS_MAX]))
        if issubclass(kind, int):
            bits = int.bit_length(value)
            return _of_kind(kind, int, int.__repr__(value) if bits <= _BITS_MAX else f"<number of {bits} bits>")
        if issubclass(kind, (bytes, bytearray)):
            plain = bytes(memoryview(value)[:_READ_CHARS_MAX])
            return _of_kind(kind, bytes, "b" + self._quoted(plain.decode("latin-1")))
        if levels == 0:
            return _name(kind)
        if issubclass(kind, dict):
            return _of_kind(kind, dict, self._pairs(dict.items(value), dict.__len__(value), levels))
        for base, left, right in _BRACKETS:
            if issubclass(kind, base):
                return _of_kind(
                    kind, base, left + self._items(base.__iter__(value), base.__len__(value), levels) + right
                )
        return self._object(value, kind, levels)

    def _quoted(self, text: str) -> str:
        return repr(self._hide("", text))

    def _items(self, items: Iterable[Any], count: int, levels: int) -> str:
        count_max = _count_max(levels)
        shown = [self._print(item, levels - 1) for item in islice(items, count_max)]
        return ", ".join(shown) + (f", ... {count} in all" if count > count_max else "")

    def _pairs(self, pairs: Iterable[tuple[Any, Any]], count: int, levels: int) -> str:
        shown = [
            f"{self._print(key, 0)}: {self._named(key if type(key) is str else '', value, levels - 1)}"
            for key, value in islice(pairs, _count_max(levels))
        ]
        return "{" + ", ".join(shown) + (f", ... {count} in all" if count > len(shown) else "") + "}"

    def _object(self, value: Any, kind: type, levels: int) -> str:
        try:
            inside = object.__getattribute__(value, "__dict__")
        except AttributeError:
            inside = None
        if type(inside) is not dict or not inside:
            return _name(kind)
        shown = [
            f"{name}={self._named(name, item, levels - 1)}"
            for name, item in islice(inside.items(), _count_max(levels))
            if type(name) is str
        ]
        return f"<{_name(kind)[1:-1]} {', '.join(shown)}{', ...' if len(inside) > _count_max(levels) else ''}>"


def _count_max(levels: int) -> int:
    return _ITEMS_MAX >> (_LEVELS_MAX - levels)


def _name(kind: type) -> str:
    module, name = type.__getattribute__(kind, "__module__"), type.__getattribute__(kind, "__qualname__")
    return f"<{name}>" if module == "builtins" or not isinstance(module, str) else f"<{module}.{name}>"


def _of_kind(kind: type, base: type, text: str) -> str:
    """`text`, with the type's name when it is not the interpreter's own."""
    return text if kind is base or kind is bytearray else f"{_name(kind)[1:-1]}({text})"

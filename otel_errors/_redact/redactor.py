"""All rules over everything that an error event says: its texts, its stack, its attributes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping as MappingType
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from otel_errors import _semconv
from otel_errors._redact.cards import hide_cards
from otel_errors._redact.emails import hide_emails
from otel_errors._redact.named import NamedKeys
from otel_errors._redact.secrets import DENIED_KEY, HIDDEN, REDACTED, hide_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from opentelemetry.util.types import AnyValue

    from otel_errors._guard import Guard
    from otel_errors._traceback import Rendered

_FRAMES_REMEMBERED: Final = 2_048  # a frame's text is the same each time its line fails; about 0.5 KB each
_FRAME_CHARS_MAX: Final = 1_024  # longer ones are not remembered
_SECRET_CHARS_MIN: Final = len("pwd=x")  # nothing shorter has a match
_NESTED_MAX: Final = 8  # levels of an attribute's value

# What identifies code or people: the application says it on purpose, and others hold it already.
_AS_GIVEN: Final = frozenset(
    (*_semconv.USER, _semconv.CODE_FILE_PATH, _semconv.CODE_FUNCTION_NAME, _semconv.LOGGER, _semconv.EXCEPTION_TYPE)
)
# The end of a text that was cut: a secret that lost its end can no longer be told by its shape.
_CUT: Final = re.compile(r"(\S{1,512})(\.\.\. \[\d{1,12} characters, cut\]\n?)\Z")
_WORD: Final = re.compile(r"[^\W\d]+")
_HEAD: Final = re.compile(r"([ \t|+-]{0,256}[^\W\d][\w.<>]{0,512}: )(.*)", re.DOTALL)
# Words of the traceback module that stand by themselves.
_FIXED: Final = re.compile(
    r"[ |+-]*(?:Traceback \(most recent call last\):|Exception Group Traceback \(most recent call last\):"
    r"|The above exception was the direct cause of the following exception:"
    r"|During handling of the above exception, another exception occurred:"
    r"|\+?-+ ?(?:\d+|\.\.\.)? ?-*|)\s*"
)


class Redactor:
    """Hides secrets and personal data. Nothing here raises: what can't be redacted is dropped.

    `keys` are further names of secrets. `own` is the application's rule, text to text, which sees each piece after ours:
    a message, a line of source, a text in an attribute. When it fails, the piece is dropped.
    """

    def __init__(self, *, guard: Guard, keys: Iterable[str] = (), own: Callable[[str], str] | None = None) -> None:
        self._guard = guard
        self._named = NamedKeys(keys)
        self._own = own
        self._remembered = lru_cache(_FRAMES_REMEMBERED)(self._by_our_rules)

    def text(self, text: str) -> str:
        """Redact a text."""
        try:
            return self._by_own_rule(self._by_our_rules(_without_cut_end(text)))
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("redact a text")
            return REDACTED

    def rendered(self, rendered: Rendered) -> Rendered:
        """Redact an exception's text; frames and types stay."""
        return dataclasses.replace(
            rendered,
            message=self.text(rendered.message) if rendered.message else "",
            chunks=tuple([self._chunk(chunk) for chunk in rendered.chunks]),
        )

    def attributes(self, attributes: Mapping[str, AnyValue]) -> dict[str, AnyValue]:
        """Redact attributes: a value whose key names a secret whole, texts in the others."""
        return {key: self._attribute(key, value) for key, value in attributes.items()}

    def value(self, key: str, text: str) -> str:
        """Redact the text of a value that has a name."""
        denied = self._denied(key)
        return denied if denied and text else self.text(text)

    def _attribute(self, key: str, value: AnyValue) -> Any:
        if key in _AS_GIVEN:
            return value
        try:
            if key == _semconv.FINGERPRINT:
                return self._nested(value, hide_secrets, 0)  # addresses in it tell groups apart
            denied = self._denied(key)
            # A count of tokens is no token.
            if denied and value not in (None, "") and not (isinstance(value, (int, float)) and key.endswith("s")):
                return denied
            return self._nested(value, self.text, 0)
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("redact an attribute")
            return REDACTED

    def _nested(self, value: Any, hide: Callable[[str], str], depth: int) -> Any:
        if isinstance(value, str):
            return hide(value)
        if isinstance(value, bytes):
            text = value.decode("latin-1")
            hidden = hide(text)
            return value if hidden == text else hidden.encode("latin-1", "replace")
        if depth >= _NESTED_MAX and isinstance(value, (MappingType, list, tuple)):
            return REDACTED
        if isinstance(value, MappingType):
            return {key: self._denied(str(key)) or self._nested(inner, hide, depth + 1) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._nested(inner, hide, depth + 1) for inner in value]
        return value  # a number, or what the SDK drops

    def _denied(self, key: str) -> str:
        if DENIED_KEY.search(key) is not None:
            return HIDDEN
        return REDACTED if self._named.denies(key) else ""

    def _chunk(self, chunk: str) -> str:
        """Redact a piece of a stack, so that a reader still finds the frames and the types."""
        try:
            if chunk.lstrip(" |+-").startswith('File "'):
                hidden = self._remembered(chunk) if len(chunk) <= _FRAME_CHARS_MAX else self._by_our_rules(chunk)
                if self._own is None:
                    return hidden
                place, newline, source = hidden.partition("\n")
                return place + newline + self._piece(source)
            if self._own is None or _FIXED.fullmatch(chunk):
                return self._by_our_rules(_without_cut_end(chunk))
            hidden = self._by_our_rules(_without_cut_end(chunk))
            head = _HEAD.fullmatch(hidden)
            return hidden if head is None and _is_type(hidden) else self._after(head, hidden)
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("redact a stack trace")
            return f"{REDACTED}\n"

    def _after(self, head: re.Match[str] | None, hidden: str) -> str:
        return self._piece(hidden) if head is None else head[1] + self._piece(head[2])

    def _piece(self, text: str) -> str:
        """Apply the application's rule to lines, which stay lines."""
        if not text.strip():
            return text
        body = text.rstrip("\n")
        return self._by_own_rule(body) + text[len(body) :]

    def source(self, lines: str) -> str:
        """Redact lines of source code, which are the same each time they fail."""
        try:
            hidden = self._remembered(lines)
            return hidden if self._own is None else "\n".join(map(self._by_own_rule, hidden.split("\n")))
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("redact source lines")
            return REDACTED

    def _by_our_rules(self, text: str) -> str:
        if len(text) < _SECRET_CHARS_MIN:
            return text
        return hide_emails(hide_cards(self._named.hide(hide_secrets(text))))

    def _by_own_rule(self, text: str) -> str:
        if self._own is None:
            return text
        try:
            given = self._own(text)
        except Exception:  # noqa: BLE001 - the application's own code
            self._guard.failed("redact by the application's own rule")
            return REDACTED
        if isinstance(given, str):
            return given
        self._guard.failed("redact by the application's own rule, which gave no text")
        return REDACTED


class NoRedactor(Redactor):
    """Leaves everything as it is: redaction is switched off."""

    def text(self, text: str) -> str:
        """Return the text."""
        return text

    def rendered(self, rendered: Rendered) -> Rendered:
        """Return what was rendered."""
        return rendered

    def attributes(self, attributes: Mapping[str, AnyValue]) -> dict[str, AnyValue]:
        """Return the attributes."""
        return dict(attributes)

    def source(self, lines: str) -> str:
        """Return the lines."""
        return lines

    def value(self, key: str, text: str) -> str:  # noqa: ARG002 - redaction's signature
        """Return the text."""
        return text


def _without_cut_end(text: str) -> str:
    if not text.endswith(("cut]", "cut]\n")):
        return text
    found = _CUT.search(text, max(len(text) - 600, 0))
    if found is None or _WORD.fullmatch(found[1]):
        return text
    return text[: found.start()] + REDACTED + found[2]


def _is_type(text: str) -> bool:
    return re.fullmatch(r"[ |+-]*[^\W\d][\w.<>]{0,512}\n?", text) is not None

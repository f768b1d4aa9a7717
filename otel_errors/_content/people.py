"""Who was there: what `set_user()` said in the trace, else what the baggage says.

A person is known by a hash of the id: HMAC-SHA-256 with the owner's key, which tells users apart and does not give an
address away to who can only read it. Without a key the service's name stands in: then whoever guesses the id can check
the guess. Ids as they are go out only where that is asked for.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import baggage

from otel_errors import _semconv
from otel_errors._content.by_trace import ByTrace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from otel_errors._config import Settings
    from otel_errors._redact import Redactor

HASH_CHARS: Final = 32
_ID_CHARS_MAX: Final = 1_024
_PERSONS: Final = ("user.id", "enduser.id", "user.email", "user.name")  # what tells who a person is


class People:
    """Remembers users by their trace, and reads the baggage of the current context."""

    def __init__(self, settings: Settings, redactor: Redactor) -> None:
        self._redactor = redactor
        self._names = tuple(filter(None, map(str.strip, settings.baggage_keys.split(","))))
        self._key = settings.user_hash_key
        self._as_is = settings.raw_user_ids
        self._told: ByTrace[dict[str, str]] = ByTrace()

    def tell(self, trace_id: int, user: str | None, session: str | None) -> None:
        """Remember who the trace is for; forget it when both are None."""
        named = {"user.id": user, "session.id": session}
        told = {name: str(value)[:_ID_CHARS_MAX] for name, value in named.items() if value is not None}
        if told:
            self._told.replace(trace_id, told)
        else:
            self._told.forget(trace_id)

    def of(self, trace_id: int, resource: Mapping[str, Any]) -> dict[str, str]:
        """Return the attributes of whoever is known in the trace or by the current baggage."""
        known: Mapping[str, Any] = {}
        if self._names:
            carried = baggage.get_all()
            if carried:
                known = {name: carried[name] for name in self._names if carried.get(name)}
        told = self._told.get(trace_id)
        if told:
            known = {**known, **told}
        return self._attributes(known, resource) if known else {}

    def _attributes(self, known: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in known.items():
            text = str(value)[:_ID_CHARS_MAX]
            if self._as_is and name in (*_PERSONS, _semconv.SESSION_ID):
                found[name] = text
            elif name in _PERSONS:
                found.setdefault(_semconv.USER_HASH, self._hashed(text, resource))
            elif name == _semconv.SESSION_ID:
                found[name] = self._hashed(text, resource)
            else:
                found[name] = self._redactor.value(name, text)
        return found

    def _hashed(self, text: str, resource: Mapping[str, Any]) -> str:
        key = self._key or str(resource.get("service.name", ""))
        return hmac.new(key.encode(), text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:HASH_CHARS]

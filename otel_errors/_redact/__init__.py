"""Secrets and personal data out of every text, before it leaves the process.

    secrets.py   what has the name or the shape of a secret     -> `***`, as the collector writes it
    cards.py     payment cards, by their check digit            -> `***`
    emails.py    addresses of people                            -> `[email]`
    named.py     what the owner named (`redact_keys`)           -> `[redacted]`
    redactor.py  all of them, and the application's own rule, over texts, stacks and attributes
    statuses.py  the status of a span, which quotes the exception

Theory. The collector scrubs too, and groups by what is left. So that an error falls in the same group whether it was
redacted here or not, what both would hide is hidden here just as there (the same patterns, the same mark, so that
scrubbing again changes nothing), and what only we hide becomes a mark that the grouping reads as it reads the value.
A name that is followed by a value hides the value and stays: the message keeps its words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_errors._redact.redactor import NoRedactor, Redactor

if TYPE_CHECKING:
    from otel_errors._config import Settings
    from otel_errors._guard import Guard

__all__ = ["NoRedactor", "Redactor", "redactor_of"]


def redactor_of(settings: Settings, guard: Guard) -> Redactor:
    """Make what the settings ask for."""
    if not settings.redact:
        return NoRedactor(guard=guard)
    return Redactor(
        guard=guard, keys=settings.redact_keys.split(","), own=settings.redact if callable(settings.redact) else None
    )

r"""What a log put before a text in its first line: a time, a level, a thread's name.

    2026-11-24 11:04:05,123 ERROR worker-3 Shop\Declined: card 5 in /srv/pay.php:3
    [Tue Nov 24 11:04:05 2026] [error] [pid 17] no payment at /srv/pay.pl line 3.

For languages whose traces begin with the message, or with a place: there it would be read as part of it.
"""

from __future__ import annotations

import re

_BEGIN = frozenset("[0123456789")
_STAMP = (
    r"(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ])?[0-9]{2}:[0-9]{2}:[0-9]{2}[0-9.,]{0,10}(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_LEVEL = (
    r"(?:DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRIT(?:ICAL)?|ALERT|EMERG|FATAL|SEVERE"
    r"|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|alert|emerg|fatal|severe):?"
)
# In brackets: no `[Error: x]`, which is an exception.
_BRACKETS = r"\[[^\]\[\n:]{0,40}(?::[^\]\[\n: ][^\]\[\n:]{0,40}){0,4}\]"
_PREFIX = re.compile(
    rf"(?:{_BRACKETS}|{_STAMP}) {{1,4}}"
    rf"(?:(?:{_BRACKETS}|{_STAMP}|{_LEVEL}|[A-Za-z]{{1,30}}-[0-9]{{1,6}}|[-|]{{1,3}}) {{1,4}}){{0,8}}(?=\S)"
)
# What the rest is if its first line is the exception's and not the log's: a place in it, or a frame in the next line.
_EXCEPTION = re.compile(
    r"[^\n]*\n(?:[ \t]|Stack trace:|#[0-9])"
    r"|[^\n]* at [^\n]{1,400} line [0-9]{1,9}\.?\n?\Z|#0 |[^\n]*:in [`']"
)


def split(text: str) -> tuple[str, str]:
    """Split a text into what a log put before the exception in its first line, often nothing, and the rest."""
    if text[:1] not in _BEGIN or (found := _PREFIX.match(text)) is None or not _EXCEPTION.match(text, found.end()):
        return "", text
    return found.group(), text[found.end() :]

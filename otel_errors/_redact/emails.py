"""Addresses of people: `local@domain.tld`. The login of a URL (`ssh://git@host`) is none."""

from __future__ import annotations

import re
from typing import Final

EMAIL: Final = "[email]"
_LOCAL_MAX: Final = 64
_SIGNS: Final = frozenset("._%+-")
# From the at sign on. A label can't hold a dot, so there is one way to match.
_DOMAIN: Final = re.compile(r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9])", re.ASCII)


def hide_emails(text: str) -> str:
    """Replace every address in `text`."""
    at = text.find("@")
    if at < 0:
        return text
    kept: list[str] = []
    behind = 0  # where the text behind the last address begins
    while at >= 0:
        domain = _DOMAIN.match(text, at)
        begin = at if domain is None else _local_begin(text, behind, at)
        if domain is not None and begin < at:
            kept += (text[behind:begin], EMAIL)
            behind = domain.end()
        at = text.find("@", at + 1)
    return "".join(kept) + text[behind:] if kept else text


def _local_begin(text: str, behind: int, at: int) -> int:
    """Where the part before the at sign begins; `at` where there is none, or where a URL's login stands."""
    begin = at
    least = max(behind, at - _LOCAL_MAX)
    while begin > least and (text[begin - 1].isalnum() or text[begin - 1] in _SIGNS):
        begin -= 1
    return at if text.endswith("://", 0, begin) else begin

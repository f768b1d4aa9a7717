"""What has the name of a secret (`password=`, `"api_key":`, `Authorization:`) or the shape of one (`Bearer ...`, tokens).

The time is linear: a repeat is bounded, or is over characters that can't begin the next match. Nothing crosses a line's
end but a private key. Lines that hold no needle never meet a pattern.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

HIDDEN: Final = "***"
"""What stands for a secret that the collector would hide as well."""

REDACTED: Final = "[redacted]"
"""What stands for anything else that is hidden whole."""

_WORDS: Final = (
    *("password", "passwd", "pwd", "passphrase", "secret", "token", "credential", "credentials"),
    *("api_key", "api-key", "apikey", "access_key", "access-key", "accesskey"),
    *("private_key", "private-key", "privatekey", "account_key", "accountkey"),
    *("session_id", "sessionid"),
)
_NAME: Final = (
    "(?:" + "|".join(_WORDS) + r")(?:[_-]?(?:key|id|value|hash|secret|base64))?"
    r"""\\{0,3}["']?[ \t]{0,4}"""
)
_SEPARATOR: Final = r"(?:=>|={1,2}|:)[ \t]{0,4}[bfru]{0,2}"

DENIED_KEY: Final = re.compile(
    r"(?:^|[._-])(?:" + "|".join(_WORDS) + r"|authorization|cookie|set[_-]cookie)s?(?:[._-]?(?:key|value|hash))?$",
    re.IGNORECASE | re.ASCII,
)
"""A key whose value is a secret, whatever it is: searched for in the names of attributes and variables."""


class _Rule(NamedTuple):
    """One kind of secret, and what hides it. A text without any of the needles, in small letters, has none."""

    needles: tuple[str, ...]
    hide: Callable[[str], str]


def _rule(needles: tuple[str, ...], pattern: str, mark: str = HIDDEN) -> _Rule:
    """Of a match group 1 stays, and `mark` stands for the rest."""
    return _Rule(needles, partial(re.compile(pattern, re.ASCII).sub, rf"\g<1>{mark}"))


_WEB_TOKEN: Final = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{4,16384}(?:\.[A-Za-z0-9_-]{0,8192})?")
_WEB_TOKEN_RUN: Final = re.compile(r"[A-Za-z0-9_-]*")


def _hide_web_tokens(line: str) -> str:
    """Hide JSON web tokens. By hand: where one begins but does not go on, none begins before the end of the word."""
    kept: list[str] = []
    behind, begin = 0, line.find("eyJ")
    while begin >= 0:
        found = _WEB_TOKEN.match(line, begin) or _WEB_TOKEN_RUN.match(line, begin)
        end = begin if found is None else found.end()
        if found is not None and found.re is _WEB_TOKEN:
            kept += (line[behind:begin], HIDDEN)
            behind = end
        begin = line.find("eyJ", end)
    return "".join(kept) + line[behind:] if kept else line


_PRIVATE_KEY: Final = _rule(
    ("-----begin",),
    r"()-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----"
    r"(?:[A-Za-z0-9+/=:, \t\r\n|\\]|-[A-Za-z]){0,16384}"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----)?",
)
_SHAPES: Final = (
    _rule(
        ("authorization",),
        r"""(?i)(authorization\\{0,3}["']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,3}["']?"""
        r"""(?:(?:basic|bearer|digest|token|negotiate|apikey)[ \t]{1,4})?)"""
        r"""[^\s"',;)}\]\\]{3,8192}""",
    ),
    _rule(
        ("cookie",),
        r"""(?i)(cookie\\{0,3}["']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,3}["']?)"""
        r"""[a-z0-9_.-]{1,256}=[^\s"';]{1,8192}(?:; ?[^\s"'=;]{1,256}=[^\s"';]{1,8192}){0,64}""",
    ),
    _rule(
        ("bearer ", "basic "),
        r"(?i)((?:bearer|basic) {1,4})(?:[a-z+/_.~-]{6,1024}[0-9=]|[a-z+/_.~-]{0,5}[0-9]"
        r"[a-z0-9+/_.~=-]{6})[a-z0-9+/_.~=-]{0,8192}",
    ),
    _Rule(("eyj",), _hide_web_tokens),
    _rule(
        ("k_live_", "k_test_", "sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "akia"),
        r"()\b(?:[spr]k_(?:live|test)_[A-Za-z0-9]{8,256}|sk-[A-Za-z0-9_-]{20,256}"
        r"|gh[pousr]_[A-Za-z0-9]{20,256}|github_pat_[A-Za-z0-9_]{20,256}"
        r"|glpat-[A-Za-z0-9_-]{16,256}|xox[abeoprs]-[A-Za-z0-9-]{10,256}|AKIA[0-9A-Z]{16})",
    ),
    # A login in a URL.
    _rule(("://",), r"""(://[^\s/?#@:"'<>]{0,256}:)[^\s/?#@"'<>]{1,1024}@""", HIDDEN + "@"),
)
_NAME_NEEDLES: Final = ("pass", "pwd", "secret", "token", "credential", "key", "sion_id", "sionid")
# From a needle on, in small letters: whether a separator follows the name. Few of the words in messages have one.
_NAMED_AHEAD: Final = re.compile(
    r"(?:pass(?:word|wd|phrase)|pwd|secret|token|credentials?|key|sion_?id)"
    r"""(?:[_-]?(?:key|id|value|hash|secret|base64))?\\{0,3}["']?[ \t]{0,4}[=:]"""
)
# Each with the sign that it needs.
_NAMED: Final = (
    ('"', rf"""(?i)({_NAME}{_SEPARATOR}")(?:[^"\\\n]|\\.){{1,8192}}"""),
    ("\\", rf"""(?i)({_NAME}{_SEPARATOR}\\{{1,3}}["'])[^"'\\\n]{{1,8192}}"""),
    ("'", rf"""(?i)({_NAME}{_SEPARATOR}')(?:[^'\\\n]|\\.){{1,8192}}"""),
    ("=", rf"""(?i)({_NAME}(?:=>|={{1,2}})[ \t]{{0,4}})[^\s"',;&)}}\]>\\=]{{1,8192}}"""),
    # After a colon comes prose as often as a value ("password: must be longer"): a value holds a digit or a sign.
    (":", rf"""(?i)({_NAME}:[ \t]{{0,4}})[a-z_.~-]{{0,1024}}[0-9!@#$%^&*+=/][^\s"',;&)}}\]>\\]{{0,8192}}"""),
)
# The collector does not look for these.
_OURS: Final = (
    _rule(
        ("aiza", "asia", "npm_", "pypi-", "hf_", "dckr_pat_", "sg."),
        r"()\b(?:(?:AIza[0-9A-Za-z_-]{35}|ASIA[0-9A-Z]{16}|npm_[A-Za-z0-9]{36})(?![A-Za-z0-9_-])|pypi-[A-Za-z0-9_-]{32,256}"
        r"|hf_[A-Za-z0-9]{30,64}|dckr_pat_[A-Za-z0-9_-]{20,64}|SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64})",
        REDACTED,
    ),
    # `Key (token)=(...) already exists`, as PostgreSQL says it.
    _rule((")=(",), rf"""(?i)((?:{"|".join(_WORDS)})\)=\()(?!\[redacted\]|\*\*\*)[^)\n]{{1,8192}}""", REDACTED),
)
_NAME_RULES: Final = tuple((sign, _rule(_NAME_NEEDLES, pattern)) for sign, pattern in _NAMED)
_NEEDLES: Final = tuple(
    dict.fromkeys((*_PRIVATE_KEY.needles, *_NAME_NEEDLES, *(n for rule in (*_SHAPES, *_OURS) for n in rule.needles)))
)


def hide_secrets(text: str) -> str:
    """Replace every secret in `text` by `HIDDEN`, or by `REDACTED` where the collector would not see one."""
    lower = text.lower()
    found = [needle for needle in _NEEDLES if needle in lower]
    if not found:
        return text
    if _PRIVATE_KEY.needles[0] in found:
        text = _PRIVATE_KEY.hide(text)
    if "\n" not in text:
        return _in_line(text, found)
    return "\n".join([_in_line(line, found) for line in text.split("\n")])


def _in_line(line: str, needles: list[str]) -> str:
    lower = line.lower()
    here = {needle for needle in needles if needle in lower}
    if not here:
        return line
    for rule in _SHAPES:
        if not here.isdisjoint(rule.needles):
            line = rule.hide(line)
    if _may_be_named(lower, here):
        for sign, rule in _NAME_RULES:
            if sign in line:
                line = rule.hide(line)
    for rule in _OURS:
        if not here.isdisjoint(rule.needles):
            line = rule.hide(line)
    return line


def _may_be_named(lower: str, needles: set[str]) -> bool:
    """Whether the name of a secret is followed by a separator somewhere."""
    for needle in needles.intersection(_NAME_NEEDLES):
        begin = lower.find(needle)
        while begin >= 0:
            if _NAMED_AHEAD.match(lower, begin) is not None:
                return True
            begin = lower.find(needle, begin + 1)
    return False

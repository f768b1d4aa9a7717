"""Secrets out of texts, before anything is kept (pure).

In: a message, a piece of a stack, an attribute. Out: the same text with each secret replaced by
`REPLACEMENT`. Promised: linear time; scrubbing twice changes nothing; lines stay lines, but for
private keys; the words around a secret stay, so a message keeps its template.

`RULES` is one table. A rule's `needles` are looked for first, all at once and in any case of their letters: most texts
have none, and RE2 passes over a text for all of them faster than Python does for two. Then only the lines that hold a
needle meet the patterns, none of which crosses a line's end but the private key's. `pattern`
stays within the RE2 syntax (no look-around, no back-references), so that SQL views can use the
same table. Card numbers alone need more than a pattern: their check digit.

It is conservative: it hides what is named a secret (`password=`, `"api_key":`, `Authorization:`),
what has the shape of one (bearer tokens, JSON web tokens, tokens with a vendor's prefix, private
keys, logins in URLs), and card numbers whose check digit is right. It does not guess at the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import re2

if TYPE_CHECKING:
    from collections.abc import Mapping

REPLACEMENT = "***"

_SECRET_WORDS = (
    *("password", "passwd", "pwd", "passphrase", "secret", "token", "credential", "credentials"),
    *("api_key", "api-key", "apikey", "access_key", "access-key", "accesskey"),
    *("private_key", "private-key", "privatekey", "account_key", "accountkey"),
    *("session_id", "sessionid"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubRule:
    """What one kind of secret looks like. Of a match, group 1 stays; the rest is replaced.

    A text that holds none of the `needles`, in any case of its ASCII letters, has no match.
    """

    name: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    after: str = ""


def _rule(name: str, needles: tuple[str, ...], pattern: str, *, after: str = "") -> ScrubRule:
    return ScrubRule(name=name, needles=needles, pattern=re.compile(pattern, re.ASCII), after=after)


# Each of the words above contains one of these.
_NAME_NEEDLES = ("pass", "pwd", "secret", "token", "credential", "sion_id", "sionid", "key")
# The name of a secret and what stands between it and its value: `db_password =`, `"apiKey": `,
# `token=>`.
_NAME = (
    "(?:" + "|".join(_SECRET_WORDS) + r")(?:[_-]?(?:key|id|value|hash|secret|base64))?"
    r"""\\{0,3}["']?[ \t]{0,4}"""
)
_ANY_SEPARATOR = r"(?:=>|={1,2}|:)[ \t]{0,4}[bfru]{0,2}"

RULES: tuple[ScrubRule, ...] = (
    _rule(
        "private key",
        ("-----begin",),
        r"()-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----"
        r"(?:[A-Za-z0-9+/=:, \t\r\n|\\]|-[A-Za-z]){0,16384}"
        r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----)?",
    ),
    _rule(
        "authorization header",
        ("authorization",),
        r"""(?i)(authorization\\{0,3}["']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,3}["']?"""
        r"""(?:(?:basic|bearer|digest|token|negotiate|apikey)[ \t]{1,4})?)"""
        r"""[^\s"',;)}\]\\]{3,8192}""",
    ),
    _rule(
        "cookie header",
        ("cookie",),
        r"""(?i)(cookie\\{0,3}["']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,3}["']?)"""
        r"""[a-z0-9_.-]{1,256}=[^\s"';]{1,8192}(?:; ?[^\s"'=;]{1,256}=[^\s"';]{1,8192}){0,64}""",
    ),
    _rule(
        "bearer or basic credentials",
        ("bearer ", "basic "),
        r"(?i)((?:bearer|basic) {1,4})(?:[a-z+/_.~-]{6,1024}[0-9=]|[a-z+/_.~-]{0,5}[0-9]"
        r"[a-z0-9+/_.~=-]{6})[a-z0-9+/_.~=-]{0,8192}",
    ),
    _rule(
        "JSON web token",
        ("eyj",),
        r"()eyJ[A-Za-z0-9_-]{10,8192}\.[A-Za-z0-9_-]{4,16384}(?:\.[A-Za-z0-9_-]{0,8192})?",
    ),
    _rule(
        "vendor token",
        ("k_live_", "k_test_", "sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "akia"),
        r"()\b(?:[spr]k_(?:live|test)_[A-Za-z0-9]{8,256}|sk-[A-Za-z0-9_-]{20,256}"
        r"|gh[pousr]_[A-Za-z0-9]{20,256}|github_pat_[A-Za-z0-9_]{20,256}"
        r"|glpat-[A-Za-z0-9_-]{16,256}|xox[abeoprs]-[A-Za-z0-9-]{10,256}|AKIA[0-9A-Z]{16})",
    ),
    _rule(
        "login in a URL",
        ("://",),
        r"""(://[^\s/?#@:"'<>]{0,256}:)[^\s/?#@"'<>]{1,1024}@""",
        after="@",
    ),
    _rule(
        "named secret in double quotes",
        _NAME_NEEDLES,
        rf"""(?i)({_NAME}{_ANY_SEPARATOR}")(?:[^"\\\n]|\\.){{1,8192}}""",
    ),
    _rule(
        "named secret in escaped quotes",
        _NAME_NEEDLES,
        rf"""(?i)({_NAME}{_ANY_SEPARATOR}\\{{1,3}}["'])[^"'\\\n]{{1,8192}}""",
    ),
    _rule(
        "named secret in single quotes",
        _NAME_NEEDLES,
        rf"""(?i)({_NAME}{_ANY_SEPARATOR}')(?:[^'\\\n]|\\.){{1,8192}}""",
    ),
    _rule(
        "named secret after an equals sign",
        _NAME_NEEDLES,
        rf"""(?i)({_NAME}(?:=>|={{1,2}})[ \t]{{0,4}})[^\s"',;&)}}\]>\\=]{{1,8192}}""",
    ),
    # After a colon comes prose as often as a value ("password: must be longer"): a value holds a
    # digit or a sign.
    _rule(
        "named secret after a colon",
        _NAME_NEEDLES,
        rf"""(?i)({_NAME}:[ \t]{{0,4}})[a-z_.~-]{{0,1024}}"""
        rf"""[0-9!@#$%^&*+=/][^\s"',;&)}}\]>\\]{{0,8192}}""",
    ),
)

# Every needle and the numbers of its rules.
_NEEDLES: dict[str, tuple[int, ...]] = {
    needle: tuple(n for n, rule in enumerate(RULES) if needle in rule.needles)
    for rule in RULES
    for needle in rule.needles
}


def _any_needle() -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.encoding = re2.Options.Encoding.LATIN1  # byte by byte: the needles are ASCII
    signs = {needle: re2.escape(needle.encode()) for needle in _NEEDLES if needle not in _NAME_NEEDLES}
    # More than the needles where they are in everyday texts: a browser's URLs without a login, `KeyError: 2`.
    signs["://"] += rb"""[^\s/?#@"'<>]*@"""
    return re2.compile(b"|".join([*signs.values(), f"{_NAME}[=:]".encode()]), options)


# The search itself, without the wrapper that makes match objects of it: that takes longer than the search.
_SEARCH_NEEDLES = _any_needle()._regexp.Match  # noqa: SLF001  has no public name
_ANYWHERE = re2._Anchor.UNANCHORED  # noqa: SLF001
_NOWHERE = (-1, -1)
_PRIVATE_KEY, _PRIVATE_KEY_NEEDLE = RULES[0], RULES[0].needles[0]
_DENIED_KEY = re.compile(
    r"(?:^|[._-])(?:" + "|".join(_SECRET_WORDS) + r"|authorization|cookie|set[_-]cookie)s?"
    r"(?:[._-]?(?:key|value|hash))?$",
    re.IGNORECASE | re.ASCII,
)

RUNS_MAX = 256
"""Runs of lines that are scrubbed one by one: with more of them, the whole text costs less."""

CARD_DIGITS_MIN = 13
CARD_DIGITS_MAX = 19
CARD_GROUPS_MAX = 5
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
# Cards are written in groups of four or more digits (4-4-4-4-3, 4-6-5), or in one.
_DIGIT_GROUPS = re.compile(r"[0-9]{4,}(?:[ -][0-9]{3,})*", re.ASCII)
_DIGIT_GROUP = re.compile(r"[0-9]+", re.ASCII)
# Visa, Mastercard, American Express, Diners, Discover, JCB: prefix and length.
_CARD = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}"
    r"|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}|3[47][0-9]{13}"
    r"|3(?:0[0-5]|[68][0-9])[0-9]{11}|6(?:011|5[0-9]{2})[0-9]{12}|35[0-9]{14}"
)


def scrub(text: str) -> str:
    """Replace every secret in a text by `REPLACEMENT`."""
    if not text:
        return text
    data = text.encode("utf-8", "surrogatepass")
    if _SEARCH_NEEDLES(_ANYWHERE, data, 0, len(data))[0] != _NOWHERE:
        lower = text.lower()
        found = [needle for needle in _NEEDLES if needle in lower]
        if _PRIVATE_KEY_NEEDLE in lower:
            text = _PRIVATE_KEY.pattern.sub(REPLACEMENT, text)
        text = _scrub_lines(text, found)
        data = text.encode("utf-8", "surrogatepass")
    if _may_hold_a_card(data):
        text = _DIGIT_GROUPS.sub(_hide_cards, text)
    return text


def _scrub_lines(text: str, needles: list[str]) -> str:
    """Scrub the lines with a needle, those that follow each other at once: no pattern crosses a line's end."""
    done: list[str] = []
    run: list[str] = []
    runs = 0
    for line in text.split("\n"):
        lower = line.lower()
        if [needle for needle in needles if needle in lower]:
            run.append(line)
            continue
        if run:
            runs += 1
            if runs > RUNS_MAX:
                return _scrub_run(text, needles)
            done.append(_scrub_run("\n".join(run), needles))
            run = []
        done.append(line)
    if run:
        done.append(_scrub_run("\n".join(run), needles))
    return "\n".join(done)


def _scrub_run(lines: str, needles: list[str]) -> str:
    data = lines.encode("utf-8", "surrogatepass")
    if _SEARCH_NEEDLES(_ANYWHERE, data, 0, len(data))[0] == _NOWHERE:
        return lines
    lower = lines.lower()
    for number in sorted({n for needle in needles if needle in lower for n in _NEEDLES[needle]}):
        rule = RULES[number]
        lines = rule.pattern.sub(rf"\g<1>{REPLACEMENT}{rule.after}", lines)
    return lines


def scrub_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """Scrub attributes: a value whose key names a secret is hidden whole."""
    return {
        key: REPLACEMENT if value and _DENIED_KEY.search(key) else scrub(value) for key, value in attributes.items()
    }


def _may_hold_a_card(data: bytes) -> bool:
    """Whether there are enough digits in a row, blanks and hyphens aside. A pattern costs more."""
    if len(data) < CARD_DIGITS_MIN:
        return False
    zeros = data.translate(_DIGITS_TO_ZERO)
    return b"0000" in zeros and b"0" * CARD_DIGITS_MIN in zeros.translate(None, b" -")


def _hide_cards(found: re.Match[str]) -> str:
    """Hide the payment cards in groups of digits; other numbers may be around them."""
    begin, end = found.span()
    if end - begin < CARD_DIGITS_MIN:
        return found.group()
    text = found.string
    if begin and text[begin - 1].isalnum() and found.group().isdecimal():  # an address: 0x0000000104c1e2f4
        return found.group()
    spans = [group.span() for group in _DIGIT_GROUP.finditer(text, begin, end)]
    kept: list[str] = []
    behind = begin  # where the text behind the last card begins
    for number, (card_begin, _) in enumerate(spans):
        card_end = _card_end(text, spans[number : number + CARD_GROUPS_MAX])
        if card_begin >= behind and card_end:
            kept += (text[behind:card_begin], REPLACEMENT)
            behind = card_end
    return "".join(kept) + text[behind:end]


def _card_end(text: str, spans: list[tuple[int, int]]) -> int:
    """Where the card ends that begins with the first of these groups; 0 if none does."""
    begin = spans[0][0]
    if begin and (text[begin - 1].isalnum() or text[begin - 1] == "."):
        return 0
    digits = ""
    for group_begin, end in spans:
        digits += text[group_begin:end]
        if len(digits) > CARD_DIGITS_MAX:
            return 0
        if _CARD.fullmatch(digits) and _luhn_is_right(digits) and not text[end : end + 1].isalnum():
            return end
    return 0


def _luhn_is_right(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right doubled, the sum ends in 0."""
    total = sum(int(d) for d in digits[-1::-2])
    total += sum(2 * int(d) - (9 if d > "4" else 0) for d in digits[-2::-2])
    return total % 10 == 0

"""Secrets out of texts, before anything is kept (pure).

In: a message, a piece of a stack, an attribute. Out: the same text with each secret replaced by `REPLACEMENT`. Promised:
linear time; scrubbing twice changes nothing; lines stay lines, but for private keys; the words around a secret stay, so a
message keeps its template.

`RULES` is one table. A rule's `needles` are looked for first, in the lower-cased text: most texts have none, and a search
for a word costs a hundredth of a pattern. `pattern` stays within the RE2 syntax (no look-around, no back-references), so
that SQL views can use the same table. Card numbers alone need more than a pattern: their check digit.

It is conservative: it hides what is named a secret (`password=`, `"api_key":`, `Authorization:`), what has the shape of
one (bearer tokens, JSON web tokens, tokens with a vendor's prefix, private keys, logins in URLs), and card numbers
whose check digit is right. It does not guess at the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REPLACEMENT = "***"

_SECRET_WORDS = (
    "password passwd pwd passphrase secret token api_key api-key apikey access_key access-key "
    "accesskey private_key private-key privatekey account_key accountkey credential credentials "
    "session_id sessionid"
).split()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrubRule:
    """What one kind of secret looks like. Of a match, group 1 is kept and the rest replaced, `after` put behind it.

    A text that holds none of the `needles`, in any case of its ASCII letters, has no match.
    """

    name: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    after: str = ""


def _rule(name: str, needles: tuple[str, ...], pattern: str, *, after: str = "") -> ScrubRule:
    return ScrubRule(
        name=name, needles=needles, pattern=re.compile(pattern, re.ASCII), after=after
    )


# The name of a secret and what stands between it and its value: `db_password =`, `"apiKey": `, `token=>`.
_NAME = (
    "(?:" + "|".join(_SECRET_WORDS) + r")(?:[_-]?(?:key|id|value|hash|secret|base64))?"
    r"""\\{0,3}["']?\s{0,4}"""
)
_ANY_SEPARATOR = r"(?:=>|={1,2}|:)\s{0,4}[bfru]{0,2}"

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
        r"""(?i)(authorization\\{0,3}["']?\s{0,4}[:=]\s{0,4}\\{0,3}["']?"""
        r"""(?:(?:basic|bearer|digest|token|negotiate|apikey)\s{1,4})?)[^\s"',;)}\]\\]{3,8192}""",
    ),
    _rule(
        "cookie header",
        ("cookie",),
        r"""(?i)(cookie\\{0,3}["']?\s{0,4}[:=]\s{0,4}\\{0,3}["']?)"""
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
        ("k_live_", "k_test_", "sk-", "gh", "glpat-", "xox", "akia", "aiza", "npm_", "pypi-"),
        r"()\b(?:[spr]k_(?:live|test)_[A-Za-z0-9]{8,256}|sk-[A-Za-z0-9_-]{20,256}"
        r"|gh[pousr]_[A-Za-z0-9]{20,256}|github_pat_[A-Za-z0-9_]{20,256}"
        r"|glpat-[A-Za-z0-9_-]{16,256}|xox[abeoprs]-[A-Za-z0-9-]{10,256}|AKIA[0-9A-Z]{16}"
        r"|AIza[0-9A-Za-z_-]{30,64}|npm_[A-Za-z0-9]{30,64}|pypi-[A-Za-z0-9_-]{40,512})",
    ),
    _rule(
        "login in a URL",
        ("://",),
        r"""(://[^\s/?#@:"'<>]{0,256}:)[^\s/?#@"'<>]{1,1024}@""",
        after="@",
    ),
    _rule(
        "named secret in double quotes",
        tuple(_SECRET_WORDS),
        rf"""(?i)({_NAME}{_ANY_SEPARATOR}")(?:[^"\\\n]|\\.){{1,8192}}""",
    ),
    _rule(
        "named secret in escaped quotes",
        tuple(_SECRET_WORDS),
        rf"""(?i)({_NAME}{_ANY_SEPARATOR}\\{{1,3}}["'])[^"'\\\n]{{1,8192}}""",
    ),
    _rule(
        "named secret in single quotes",
        tuple(_SECRET_WORDS),
        rf"""(?i)({_NAME}{_ANY_SEPARATOR}')(?:[^'\\\n]|\\.){{1,8192}}""",
    ),
    _rule(
        "named secret after an equals sign",
        tuple(_SECRET_WORDS),
        rf"""(?i)({_NAME}(?:=>|={{1,2}})\s{{0,4}})[^\s"',;&)}}\]>\\=]{{1,8192}}""",
    ),
    # After a colon comes prose as often as a value ("password: must be longer"): a value holds a digit or a sign.
    _rule(
        "named secret after a colon",
        tuple(_SECRET_WORDS),
        rf"""(?i)({_NAME}:\s{{0,4}})[a-z_.~-]{{0,1024}}[0-9!@#$%^&*+=/][^\s"',;&)}}\]>\\]{{0,8192}}""",
    ),
)

_DENIED_KEY = re.compile(
    r"(?:^|[._-])(?:" + "|".join(_SECRET_WORDS) + r"|authorization|cookie|set[_-]cookie)s?"
    r"(?:[._-]?(?:key|value|hash))?$",
    re.IGNORECASE | re.ASCII,
)

# Cards are written in groups of four or more digits (4-4-4-4-3, 4-6-5), or in one.
_DIGIT_GROUPS = re.compile(r"[0-9]{4,32}(?:[ -][0-9]{3,32}){0,8}", re.ASCII)
_DIGIT_GROUP = re.compile(r"[0-9]+", re.ASCII)
_THIRTEEN_DIGITS = re.compile(r"[0-9](?:[ -]?[0-9]){12}", re.ASCII)
# Visa, Mastercard, American Express, Diners, Discover, JCB: prefix and length.
_CARD = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}"
    r"|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}|3[47][0-9]{13}"
    r"|3(?:0[0-5]|[68][0-9])[0-9]{11}|6(?:011|5[0-9]{2})[0-9]{12}|35[0-9]{14}"
)


def scrub(text: str) -> str:
    """The text without secrets."""
    lower = text.lower()
    for rule in RULES:
        for needle in rule.needles:
            if needle in lower:
                text = rule.pattern.sub(rf"\g<1>{REPLACEMENT}{rule.after}", text)
                break
    if _THIRTEEN_DIGITS.search(text):
        text = _DIGIT_GROUPS.sub(_hide_card, text)
    return text


def scrub_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """Attributes without secrets: a value whose key names a secret is hidden whole, the others are scrubbed."""
    return {
        key: REPLACEMENT if value and _DENIED_KEY.search(key) else scrub(value)
        for key, value in attributes.items()
    }


def _hide_card(found: re.Match[str]) -> str:
    """Groups of digits without the first payment card in them. Other numbers may stand before and after it."""
    text, begin, end = found.string, found.start(), found.end()
    if (begin and (text[begin - 1].isalnum() or text[begin - 1] == ".")) or text[
        end : end + 1
    ].isalnum():
        return found.group()
    spans = [group.span() for group in _DIGIT_GROUP.finditer(text, begin, end)]
    for i, (card_begin, _) in enumerate(spans):
        digits = ""
        for group_begin, card_end in spans[i : i + 5]:
            digits += text[group_begin:card_end]
            if _CARD.fullmatch(digits) and _luhn_is_right(digits):
                return text[begin:card_begin] + REPLACEMENT + text[card_end:end]
    return found.group()


def _luhn_is_right(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right is doubled, and the digits' sum ends in 0."""
    total = sum(int(d) for d in digits[-1::-2])
    total += sum(2 * int(d) - (9 if d > "4" else 0) for d in digits[-2::-2])
    return total % 10 == 0

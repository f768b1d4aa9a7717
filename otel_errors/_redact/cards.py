"""Payment cards: groups of digits with an issuer's prefix and a check digit that is right."""

from __future__ import annotations

import re
from typing import Final

from otel_errors._redact.secrets import HIDDEN

_DIGITS_MIN: Final = 13
_DIGITS_MAX: Final = 19
_GROUPS_MAX: Final = 5
_DIGITS_TO_ZERO: Final = bytes.maketrans(b"123456789", b"000000000")
# Cards are written in groups of four or more digits (4-4-4-4-3, 4-6-5), or in one.
_GROUPS: Final = re.compile(r"[0-9]{4,}(?:[ -][0-9]{3,})*", re.ASCII)
_GROUP: Final = re.compile(r"[0-9]+", re.ASCII)
# Visa, Mastercard, American Express, Diners, Discover, JCB: prefix and length.
_CARD: Final = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})|5[1-5][0-9]{14}"
    r"|2(?:22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}|3[47][0-9]{13}"
    r"|3(?:0[0-5]|[68][0-9])[0-9]{11}|6(?:011|5[0-9]{2})[0-9]{12}|35[0-9]{14}"
)


def hide_cards(text: str) -> str:
    """Replace every card number in `text`."""
    if len(text) < _DIGITS_MIN:
        return text
    # Whether there are enough digits in a row, blanks and hyphens aside: most texts have not.
    zeros = text.encode("ascii", "replace").translate(_DIGITS_TO_ZERO)
    if b"0000" not in zeros or b"0" * _DIGITS_MIN not in zeros.translate(None, b" -"):
        return text
    return _GROUPS.sub(_hide, text)


def _hide(found: re.Match[str]) -> str:
    """Hide the cards in groups of digits; other numbers may be around them."""
    begin, end = found.span()
    if end - begin < _DIGITS_MIN:
        return found.group()
    text = found.string
    spans = [group.span() for group in _GROUP.finditer(text, begin, end)]
    kept: list[str] = []
    behind = begin  # where the text behind the last card begins
    for number, (card_begin, _) in enumerate(spans):
        card_end = _card_end(text, spans[number : number + _GROUPS_MAX])
        if card_begin >= behind and card_end:
            kept += (text[behind:card_begin], HIDDEN)
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
        if len(digits) > _DIGITS_MAX:
            return 0
        if _CARD.fullmatch(digits) and _luhn_is_right(digits) and not text[end : end + 1].isalnum():
            return end
    return 0


def _luhn_is_right(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: every second digit from the right doubled, the sum ends in 0."""
    total = sum(int(d) for d in digits[-1::-2])
    total += sum(2 * int(d) - (9 if d > "4" else 0) for d in digits[-2::-2])
    return total % 10 == 0

"""Message -> template: what differs between two raises of one error becomes `<value>`.

One placeholder for everything, on purpose. A kind (number, hex, uuid, date) can't be told
reliably from one value: the id `12345678` is a number, the next one, `1234abcd`, is not, and two
kinds would split a group. So a word is either kept or it is a value; it is a value if it holds a
digit, or looks like a path, URL, e-mail address or host, or is quoted, or follows `=`, and where the
SDK hid one. Values
next to each other become one, so that lists of any length agree.

Only the first line that is not empty counts, and of it `LINE_CHARS_MAX` characters: notes and
details may be added on an exception's way up. The time is linear: every pattern's repeats are
bounded or can begin at one place only.
"""

from __future__ import annotations

import re
from functools import lru_cache

LINE_CHARS_MAX = 1024
"""Characters of a message that can count: longer lines hold data, not words."""

REMEMBERED_MAX = 2048
REMEMBERED_CHARS_MAX = 256
"""Messages that are remembered, about 1 KB each, and their length: longer ones hardly come again."""

VALUE = "<value>"

_QUOTED = re.compile(r"(?<![0-9A-Za-z_])(?:'[^'\n]{0,256}'|\"[^\"\n]{0,256}\"|`[^`\n]{0,256}`)(?![0-9A-Za-z_])")
_OBJECT = re.compile(r"<([A-Za-z_][\w.]{0,100})(?: object)?[^<>\n]{0,200} at 0x[0-9a-fA-F]{1,32}>")
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
_MONTH_HINT = re.compile(r"[JFMASOND][aepuco][nbrylgptvc]")
_DATE = re.compile(
    rf"(?<![A-Za-z0-9])(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{{0,6}},? )?"
    rf"(?:[0-9]{{1,2}}[ -]{_MONTH}|{_MONTH} {{1,2}}[0-9]{{1,2}})(?![A-Za-z])"
)
# A word that is not letters alone; the look-behind lets a match begin at a word's first character
# only.
_WORD = re.compile(
    r"(?<![^\s()\[\]{}<>,;\"'`|])[A-Za-z]{0,1024}"
    r"[^A-Za-z\s()\[\]{}<>,;\"'`|][^\s()\[\]{}<>,;\"'`|]*"
)
_DIGIT = re.compile(r"[0-9]")
_COLONS = re.compile(r"[0-9a-fA-F:.%]{4,}")
_PATH = re.compile(r"(?:[~.]{0,2}[/\\]|[A-Za-z]:[/\\])|.*[/\\].*(?:[/\\]|\.[A-Za-z])")
_HOST = re.compile(
    r"(?:[A-Za-z-]{1,63}\.){1,8}(?:com|net|org|io|dev|local|internal|cloud"
    r"|app|ai|co|us|eu|de|uk|fr|svc|lan)"
)
_MAIL = re.compile(r"[^@]{1,64}@[^@.]{1,63}\.[^@]{1,190}")
_RUN = re.compile(r"<value>(?:[\s,;:|/+-]{1,3}<value>)+")
_BLANKS = re.compile(r"\s+")
_DIGITS_TO_ZERO = str.maketrans("123456789", "000000000")
_EDGE = ".:!?*"
# `2024-05-01 10:00:00,123 ERROR [main] `, `[Wed May  1 10:00:00 2024] [error] [pid 17] `: what a log put before a message.
_STAMP = re.compile(
    r"[\[(]?(?:[A-Z][a-z]{2},? +)?"
    rf"(?:[0-9]{{4}}[-/.][0-9]{{2}}[-/.][0-9]{{2}}|{_MONTH} +[0-9]|[0-9]{{1,2}}:[0-9]{{2}}:[0-9]{{2}})"
)
# `/srv/shop/pay.lua:17`, `"pay.ml", line 9`: a source file with a line.
_SOURCE_PLACE = re.compile(
    r"(?<![\w/\\.:~@-])[\"'<]?(?:[A-Za-z]:)?(?:[\w.~@-]{0,100}[/\\]){0,40}([A-Za-z_][\w-]{0,100}\.[A-Za-z]\w{0,9})[\"'>]?"
    r"(?::[0-9]{1,9}(?::[0-9]{1,9})?|,? line [0-9]{1,9}|\([0-9]{1,9}(?:,[0-9]{1,9})?\))"
)
_QUOTED_FUNCTION = re.compile(r"\b(in|in function|in method|function|method) [\"'`<]([A-Za-z_][\w.:#$]{0,200})[\"'`>]")
_HOST_LOOKED_UP = re.compile(r"(?<=getaddrinfo ENOTFOUND )[^\s:]+|(?<=getaddrinfo EAI_AGAIN )[^\s:]+")
_STAMP_BEGINS = frozenset("[(0123456789")
_LEVEL = r"(?i:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|alert|emerg(?:ency)?|fatal|severe|panic)\b"
_LOG_PREFIX = re.compile(
    rf"(?:(?:\[[^\]\n]{{1,60}}\]|\(<value>\)|<value>|{_LEVEL}|[-|:,]{{1,3}}) {{0,8}}){{1,12}}(?=\S)"
)
_LEVEL_IN_PREFIX = re.compile(rf"(?<!\w){_LEVEL}")
# What the SDK writes for a value that it hides.
_HIDDEN = re.compile(r"\[(?:email|redacted)\]")


def template(message: str) -> str:
    """Make the template of a message's first line that is not empty."""
    if len(message) > REMEMBERED_CHARS_MAX:
        return _template(message)
    # Which digit it is matters nowhere below: messages that differ in digits alone share a memory.
    return _known(message.translate(_DIGITS_TO_ZERO))


@lru_cache(REMEMBERED_MAX)
def _known(zeros: str) -> str:
    return _template(zeros)


def _template(message: str) -> str:
    line = message.lstrip()[: 2 * LINE_CHARS_MAX].partition("\n")[0].rstrip()[:LINE_CHARS_MAX]
    if "  " in line or not line.isprintable():
        line = _BLANKS.sub(" ", line)
    if "getaddrinfo " in line:  # a host may be any word
        line = _HOST_LOOKED_UP.sub(VALUE, line)
    stamped = line[:1] in _STAMP_BEGINS and _STAMP.match(line) is not None
    if line.isascii() and line.replace(" ", "").isalpha():
        return line
    if "[" in line:
        line = _HIDDEN.sub("x0x", line)
    if " at 0x" in line:
        line = _OBJECT.sub(_object, line)
    if "'" in line or '"' in line or "`" in line:
        line = _QUOTED.sub(VALUE, line)
    if _MONTH_HINT.search(line) and _DIGIT.search(line):
        line = _DATE.sub(VALUE, line)
    if "[]" in line or "{}" in line:  # an empty list is a list of values, too
        line = line.replace("[]", f"[{VALUE}]").replace("{}", f"{{{VALUE}}}")
    line = _WORD.sub(_word, line)
    if VALUE in line:
        line = _RUN.sub(VALUE, line)
    if stamped and (prefix := _LOG_PREFIX.match(line)) is not None and _LEVEL_IN_PREFIX.search(prefix.group()):
        line = line[prefix.end() :]
    return line


def line_template(line: str) -> str:
    """Make the template of a line of a stack that no parser knows: files and functions stay, where they show as such."""
    if "'" in line or '"' in line or "`" in line or "<" in line:
        line = _QUOTED_FUNCTION.sub(r"\1 \2", line)
    if "." in line:
        line = _SOURCE_PLACE.sub(r"\1 0", line)
    return template(line)


def _object(found: re.Match[str]) -> str:
    return f"({found.group(1).rpartition('.')[2]} {VALUE})"


def _word(found: re.Match[str]) -> str:
    word: str = found.group()
    if word.isdecimal():
        return VALUE
    core = word.rstrip(_EDGE)
    end = word[len(core) :]
    if "=" in core:
        name, _, value = core.partition("=")
        if value and name and "/" not in name and not _DIGIT.search(name):
            return f"{name}={VALUE}{end}"
    if _is_value(core):
        return VALUE + end
    if ":" in core:
        return ":".join([VALUE if _is_value(part) else part for part in core.split(":")]) + end
    return word


def _is_value(word: str) -> bool:
    """Whether a word can't be a word of the language. Its colons, if any, are its own."""
    if ":" in word:
        if "://" in word or _PATH.match(word):
            return True
        return word.count(":") > 1 and _COLONS.fullmatch(word) is not None
    if _DIGIT.search(word):
        return True
    return bool(
        (("/" in word or "\\" in word) and _PATH.match(word))
        or ("@" in word and _MAIL.fullmatch(word))
        or ("." in word and _HOST.fullmatch(word))
    )

r"""Ruby's error messages, as `Exception#full_message` prints them (MRI, JRuby, TruffleRuby).

    <body>  /srv/pay.rb:12:in `charge':                      where it was raised
    <head>  no payment for order 17 (Shop::PaymentError)     further lines of the message follow
    <body>      from /srv/pay.rb:30:in `run'                 callers, then where its cause was raised
                from /srv/main.rb:3:in `<main>'
            /srv/gateway.rb:7:in `send':
    <head>  gateway is down (Shop::GatewayDown)
    <body>      from ...

The place of the raise stands before the message and its callers after it, so a body ends one exception and begins the
next. `order: :bottom`, and what Ruby 2.5 to 2.7 print to a terminal, turns all of it around: callers come first and are
numbered, the root cause comes first too. Both may be highlighted by escape sequences, which stay in heads.

`backtrace.join("\n")` is read as well: lines without `from`, with "Type: message" or "Type (message):" before them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.stacks.long_text import keep_head, keep_head_and_end
from collector.stacks.outline import STACK_CHARS_MAX, Outline

if TYPE_CHECKING:
    from collections.abc import Iterable

BODIES_MAX = 64
"""Bodies that are read: more exceptions than that are no chain but a log."""

# A path may hold colons: a drive, `<internal:kernel>`, `uri:classloader:/...`, `(eval at /srv/pay.rb:3)`.
PLACE = r"(?:[^\n:]{1,400}:){1,4}?[0-9]{1,7}"
LABEL = r":in [`'][^\n]{1,300}?'"
COLORS = r"(?:\x1b\[[0-9;]{0,10}m)*"
TRACEBACK = rf"{COLORS}Traceback{COLORS} \(most recent call last\):"

_START = r"(?:\n|\A)"
_RAISED = rf"{COLORS}{PLACE}{LABEL}: "
_LINE = (
    r"(?:[ \t]{1,20}(?:[0-9]{1,6}: )?from [^\n]*"
    r"|[ \t]{1,20}\.\.\. ?[0-9]{1,9} levels\.\.\."
    rf"|{TRACEBACK}"
    rf"|[ \t]{{0,20}}{PLACE}:in [`'][^\n]{{1,300}}'(?=\n|\Z))"
)
_BODY = re.compile(rf"(?:{_START}{_LINE})+(?:\n{_RAISED})?|{_START}{_RAISED}")
_SIGN = re.compile(r":[0-9]{1,7}:in [`'][^\n']{1,300}'(?:: |\n|\r|\Z)")
_RAISED_AT_ONCE = re.compile(_RAISED)

_CONSTANT = r"[A-Z]\w{0,200}(?:::[A-Z]\w{0,200}){0,20}"
_ANONYMOUS = r"#<Class:0x[0-9a-f]{1,16}>(?:::[A-Z]\w{0,200}){0,20}"
# An exception that was never raised has no place in JRuby: `/srv/pay.rb:12: no stock (Shop::NoStock)`.
_NEVER_RAISED = re.compile(
    rf"\A(?:[^\n:]{{1,400}}:){{1,4}}?(?:[0-9]{{1,7}}: )?[^\n]{{0,2000}} \(({_CONSTANT})\){COLORS}(?=\n|\r|\Z)"
)
_SCRIPT = re.compile(r"\A(?:[^\n:]{0,400}\.(?:rb|ru|rake)|-e|\(irb\))(?::[0-9]{1,7})?: ")
# "Type: message" and Rails' "Type (message):", of a type that can't be another word.
_NAMED = re.compile(
    rf"(?:^|(?<=: )|(?<=\] ))(?=[A-Z]\w{{0,200}}(?:::|(?<=Error)|(?<=Exception)|(?<=Timeout)|(?<=NotFound)))"
    rf"{_CONSTANT}(?=: | \(|\n)"
    rf"|(?:^|(?<=: )|(?<=\] )){_ANONYMOUS}(?=: | \()",
    re.MULTILINE,
)
# What the standard library's Logger puts before a message: `E, [2024-05-01T10:00:00.1 #17] ERROR -- web: `.
_LOGGER_PREFIX = re.compile(r"\s*[A-Z], \[[^\]\n]{1,80}\] {1,4}[A-Z]{1,10} -- [^:\n]{0,100}: ")
_MRI_HEAD = re.compile(rf"(?:([^\n]{{0,65536}}) )?\(({_CONSTANT}|{_ANONYMOUS})\)(?=\n|\Z)")
_TYPE_AT_END = re.compile(rf" \(({_CONSTANT})\)\Z")  # after a message of many lines, as Logger prints it
_NAMED_HEAD = re.compile(rf"({_CONSTANT}|{_ANONYMOUS})(?::(?: |(?=\n|\Z))|(?=\n|\Z))")
_RAILS_HEAD = re.compile(rf"({_CONSTANT}|{_ANONYMOUS}) \((.*)\):\Z", re.DOTALL)
_EMPTY_TAGGED = re.compile(r"(?:\n\[[^\]\n]{0,200}\] {0,8}){1,4}\Z")  # lines with nothing but a log's tag
_ESCAPES = re.compile(r"\x1b\[[0-9;]{0,10}m")
# What error_highlight adds: an empty line, the source line, and marks below it.
_HIGHLIGHT = re.compile(r"\n\n[^\n]{1,2000}\n[ \t~]{0,2000}\^{1,2000}[~^]{0,2000}(?=\n|\Z)")
_DID_YOU_MEAN = "\nDid you mean?"
_EMPTY = "unhandled exception"


def looks_like(text: str) -> bool:
    """Whether a place like ``:12:in `charge'`` is in the text, or it is one line that ends in a type."""
    at = text.find(":in `")
    if at < 0:
        at = text.find(":in '")
    if at >= 0:  # but not where a message in Python's traceback quotes it
        return _SIGN.search(text, max(at - 8, 0)) is not None and '\n  File "' not in text
    return _SCRIPT.match(text) is not None and _NEVER_RAISED.match(text) is not None


def cut(text: str) -> str:
    """Keep the first `STACK_CHARS_MAX` characters: type, message and the raise; a reversed text's last ones.

    With a message of megabytes before the frames, its beginning and the text's end.
    """
    if len(text) <= STACK_CHARS_MAX:
        return text
    if text.startswith(("Traceback", "\x1b[1mTraceback")):
        return text[:64] + text[64 - STACK_CHARS_MAX :]
    if text.find("\n\tfrom ", 0, STACK_CHARS_MAX) >= 0 or text.find("\n\tfrom ") < 0:
        return keep_head(text)
    return keep_head_and_end(text)


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a text into places and callers, and messages. Lines end with LF.

    `known` are the callers of other texts with one exception and a message of one line.
    """
    for opening in known:
        if text.endswith(opening) and opening.startswith("\n\tfrom "):
            line = text[: -len(opening)]
            raised = _RAISED_AT_ONCE.match(line)
            if raised is not None and "\n" not in line:
                return _one_exception(line, raised.end(), opening)
    bodies: list[str] = []
    heads: list[str] = []
    preamble, position = "", 0
    for body in _BODY.finditer(text):
        segment, found = text[position : body.start()], body.group()
        position = body.end()
        if not bodies:
            if found.endswith(": ") and ("\n\t" not in found or "Traceback" in found[:64]):
                preamble = segment
                bodies.append(found)
                continue
            # No place before the message: `backtrace.join`, or a cut-off beginning.
            preamble, segment = _cut_preamble(segment)
            bodies.append("")
        heads.append(segment)
        bodies.append(found)
        if len(bodies) == BODIES_MAX:
            break
    rest = text[position:]
    if not bodies:
        script = _SCRIPT.match(text)
        end = script.end() if script else 0
        return Outline(bodies=(text[:end],), heads=(text[end:],))
    if bodies[-1].endswith(": "):
        return Outline(preamble=preamble, bodies=tuple(bodies), heads=(*heads, rest))
    if len(bodies) == 2 and not preamble and not rest.strip("\n") and "\n" not in heads[0]:  # noqa: PLR2004 - a pair
        return _one_exception(bodies[0] + heads[0], len(bodies[0]), bodies[1] + rest)
    return Outline(preamble=preamble, bodies=tuple(bodies), heads=(*heads, ""), tail=rest)


def _one_exception(line: str, end: int, opening: str) -> Outline:
    """The commonest text: a place, a message of one line, callers, and nothing but blanks after them."""
    run = opening.rstrip("\n")
    return Outline(
        bodies=(line[:end], run),
        heads=(line[end:], ""),
        tail=opening[len(run) :],
        opening=opening if opening.startswith("\n\tfrom ") and end else "",
    )


def _cut_preamble(segment: str) -> tuple[str, str]:
    """Cut off log text before a type."""
    named = _NAMED.search(segment)
    start = named.start() if named is not None else 0
    if not start and (prefix := _LOGGER_PREFIX.match(segment)) is not None:
        start = prefix.end()
    return segment[:start], segment[start:]


def read_head(head: str) -> tuple[str, str]:  # noqa: PLR0911 - one return a form
    """Split "message (Type)", "Type: message" or "Type (message):"; without highlights and suggestions."""
    if not head:
        return "", ""
    if "\x1b" in head:
        head = _ESCAPES.sub("", head)
    head = head.strip()
    found = _MRI_HEAD.match(head)
    if found is not None:
        return found.group(2), _plain((found.group(1) or "") + head[found.end() :])
    if head == _EMPTY:
        return "RuntimeError", ""
    found = _RAILS_HEAD.match(_EMPTY_TAGGED.sub("", head) if head.endswith("]") else head)
    if found is not None:
        return found.group(1), _plain(found.group(2))
    found = _NAMED_HEAD.match(head)
    if found is not None:
        return found.group(1), _plain(head[found.end() :].strip())
    found = _TYPE_AT_END.search(head, max(0, len(head) - 512))
    if found is not None:
        return found.group(1), _plain(head[: found.start()])
    return "", _plain(head)


def _plain(message: str) -> str:
    """Take off what error_highlight and did_you_mean add."""
    if "^" in message:
        message = _HIGHLIGHT.sub("", message)
    return message.partition(_DID_YOU_MEAN)[0]

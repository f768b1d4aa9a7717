""".NET's and Mono's stack traces, as `Exception.ToString` prints them (C#, F#, Visual Basic, Unity).

    <head>  Shop.PaymentError: no payment for order 17
    <body>   --->                                            an exception inside; before .NET Core 3 on one line
    <head>  System.IO.IOException: gateway is down
    <body>     at Shop.Gateway.Send(Int32 order) in /srv/shop/Gateway.cs:line 12
               --- End of inner exception stack trace ---
               at Shop.Pay.Charge(Int32 order) in /srv/shop/Pay.cs:line 30

All types and messages come first, the frames of the innermost exception follow, and each marker ends one. Members of an
`AggregateException` come after its own frames, each as ` ---> (Inner Exception #1) Type: message`, frames and `<---`.
The words (`at`, `in`, `line`, the markers) are in the language of the machine; indentation is what says what a line is.

Whether an exception is an `AggregateException` is told by its type, which is in a head, and the frames are read without
heads. So the outline puts an empty body and an empty head before such a head: the shape of the text carries it.

Rejected: counting the markers to find how many ` ---> ` are no part of a message, since a limit may have cut them off.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.stacks.long_text import is_at_an_end, keep_frames
from collector.stacks.outline import Outline

if TYPE_CHECKING:
    from collections.abc import Iterable

WORDS = "bei|à|en|em|in|в|w|v|ve|vid|bij|ved|på|hos|konum:|在|於|場所|위치:"
"""`at` in German, French, Spanish, Portuguese, Italian, Russian, Polish, Czech, ... as the runtime translates it."""

_WRAPPER = r"(?:\(wrapper [^\n)]{1,80}\) )?"
# A line ends before the mark that ends a member of an AggregateException.
_REST = r"[^\n<]*(?:<(?!---)[^\n<]*)*"
_FRAME = rf"(?:at {_WRAPPER}[^\n(]{{1,600}}\(|(?:{WORDS}) [^\s(]{{1,600}} ?\(){_REST}"
_MARKER = r"--- [^\n]{1,200} ---(?=[<\s]|$)"
_RUN = re.compile(rf"(?:(?:\A {{0,3}}|\n {{2,3}}){_FRAME}|\n {{0,3}}{_MARKER})+")

# .NET's console logger moves all lines of an exception to the right.
_LOGGED = re.compile(r"(?:crit|fail|warn|info|dbug|trce): [^\n]{1,400}\[-?[0-9]{1,10}\]\n(?= {6})")
_LEVELS = ("crit: ", "fail: ", "warn: ", "info: ", "dbug: ", "trce: ")
_LOGGED_BLANKS = "\n" + 6 * " "

_MEMBER = r"(?:\(Inner Exception #[0-9]{1,6}\) )?"
_NAME = r"[^\W\d][\w$]{0,200}(?:[.+`][\w$]{1,200}){0,30}"
_AFTER_NAME = r"(?:: ?|\r?$|\n| ---> | \()"
_ARROW = re.compile(
    rf"(?:<---\s{{0,8}})+(?: ?---> {_MEMBER})?"
    rf"|\n ?---> {_MEMBER}"
    # On one line a message may have an arrow of its own: what follows must be a type.
    rf"| ---> (?=[\w+`$]{{1,200}}(?:\.|(?<=Exception)|(?<=Error))){_MEMBER}(?={_NAME}{_AFTER_NAME})"
)
# No colon and no slash in the arguments: Java's and JavaScript's places have them.
_SIGN = re.compile(
    rf"(?:\A {{0,3}}|\n {{2,3}}(?: {{6}})?)(?:at {_WRAPPER}(?=[^\n(:/]{{0,400}}\.)[^\n(:/]{{1,400}}"
    rf"|(?:{WORDS}) (?=[^\s(:/]{{0,400}}\.)[^\s(:/]{{1,400}} ?)"
    r"\((?!Native Method|Unknown Source|<anonymous>|native\)|index )[^\n():/]{0,2000}\)(?=[\s<]|$)"
    r"|\n {2,9}--- End of inner exception stack trace ---"
)

_UNHANDLED = r"(?:Unhandled exception\. |Unhandled Exception: |\[ERROR\] FATAL UNHANDLED EXCEPTION: )"
# A line that begins with a type for sure: a namespace, or the usual end of its name.
_HEAD_LINE = re.compile(
    rf"^{_UNHANDLED}?(?=(?:[^\W\d][\w+`$]{{0,200}}(?:\.|(?<=Exception)|(?<=Error)))){_NAME}(?:\[[^\n]{{0,600}}\])?{_AFTER_NAME}",
    re.MULTILINE,
)
_SHORT_OPENING = re.compile(rf"(?=[A-Z]){_NAME}: ")
_SHORT_HEAD = re.compile(r"[A-Z]\w{0,200}(?:: |\n|$)")
_HEAD = re.compile(rf"({_NAME})(?:\[[^\n]{{0,600}}\])?(?: \((?:0x[0-9A-Fa-f]{{1,16}}|-?[0-9]{{1,12}})\))?(?:: ?|$|\n)")
_ARITY = re.compile(r"`[0-9]{1,3}")
_GROUP = ("System.AggregateException:", "System.AggregateException\n")


def looks_like(text: str) -> bool:
    """Whether a frame of .NET's or Mono's shape, or the end of an inner stack trace, is in the text."""
    return is_at_an_end(_SIGN, text)


def cut(text: str) -> str:
    """Keep the first `STACK_CHARS_MAX` characters: type, message and the raise.

    With a message of megabytes before the frames, its beginning and the text's end.
    """
    if text.startswith(_LEVELS) and _LOGGED.match(text) is not None:
        text = text.replace(_LOGGED_BLANKS, "\n")
    return keep_frames(text, _SIGN)


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a stack trace's text into runs of frames, arrows, and heads. Lines end with LF.

    `known` are the frames of other texts with one exception. A text that is one line and such frames needs no search:
    no run can begin in a line that begins with a capital of a type.
    """
    for opening in known:
        if text.endswith(opening) and opening.startswith("\n "):
            head = text[: -len(opening)]
            if "\n" not in head and "---" not in head and _SHORT_OPENING.match(head) and not head.startswith(_GROUP):
                return _one_exception(head, opening)
    bodies: list[str] = []
    heads: list[str] = []
    preamble, position = "", 0
    for run in _RUN.finditer(text):
        segment = text[position : run.start()]
        if not bodies:
            preamble, segment = _cut_preamble(segment)
            bodies.append("")
        _cut_heads(segment, bodies, heads)
        bodies.append(run.group())
        position = run.end()
    rest = text[position:]
    if not bodies:
        preamble, rest = _cut_preamble(rest)
        bodies.append("")
    elif "---" not in rest:  # what some types add after their stack, or the beginning of a cut line
        if len(heads) == 1 and not preamble and not rest.strip("\n") and _SHORT_OPENING.match(heads[0]):
            return _one_exception(heads[0], bodies[1] + rest)
        heads.append("")
        return Outline(preamble=preamble, bodies=tuple(bodies), heads=tuple(heads), tail=rest)
    _cut_heads(rest, bodies, heads)
    return Outline(preamble=preamble, bodies=tuple(bodies), heads=tuple(heads))


def _one_exception(head: str, opening: str) -> Outline:
    """The commonest text: a head, frames, and nothing but blanks after them."""
    run = opening.rstrip("\n")
    return Outline(bodies=("", run), heads=(head, ""), tail=opening[len(run) :], opening=opening)


def _cut_preamble(segment: str) -> tuple[str, str]:
    """Cut off log text before the first type."""
    if _SHORT_HEAD.match(segment):
        return "", segment
    line = _HEAD_LINE.search(segment)
    if line is None:
        return "", segment
    unhandled = _UNHANDLED_START.match(segment, line.start())
    start = unhandled.end() if unhandled else line.start()
    return segment[:start], segment[start:]


_UNHANDLED_START = re.compile(_UNHANDLED)


def _cut_heads(segment: str, bodies: list[str], heads: list[str]) -> None:
    """Cut what stands between two runs; its beginning is the head of the last body."""
    position = 0
    if "---" in segment:
        for arrow in _ARROW.finditer(segment):
            _add_head(segment[position : arrow.start()], bodies, heads)
            bodies.append(arrow.group())
            position = arrow.end()
    _add_head(segment[position:], bodies, heads)


def _add_head(head: str, bodies: list[str], heads: list[str]) -> None:
    if head.startswith(_GROUP):
        heads.append("")
        bodies.append("")
    heads.append(head)


def read_head(head: str) -> tuple[str, str]:
    """Split "Namespace.Type (code): message"; the type without type arguments. Further lines stay with the message."""
    head = head.strip()
    found = _HEAD.match(head)
    if found is None:
        return "", head
    name = found.group(1)
    return _ARITY.sub("", name) if "`" in name else name, head[found.end() :].strip()

r"""PHP's stack traces: PHP's own, Monolog's, and the Java-like ones of the OpenTelemetry SDK.

PHP's own has the root cause first and the reported exception last. Where an exception was raised is in its head's line, and
a frame's place is where the function before it was called:

    <preamble>  PHP Fatal error:  Uncaught
    <head>      App\GatewayDown: db1:5432 does not answer
    <body>       in /srv/shop/src/Gateway.php:13
                Stack trace:
                #0 /srv/shop/src/Orders.php(31): App\Gateway->connect(5432)
                #1 [internal function]: App\Orders->App\{closure}(17)
                #2 {main}

                Next
    <head>      App\PaymentError: no payment for order 17
    <body>       in /srv/shop/src/Orders.php:33 ...
    <tail>        thrown in /srv/shop/src/Orders.php on line 33

Monolog, Laravel's logger, has the reported exception first, ` at ` for ` in `, `[stacktrace]` for `Stack trace:`,
`[previous exception] [object] (` for `Next `, and each backslash twice. `getTraceAsString()` gives the frames alone.

The SDK's is `java_like.py`'s, with dots for backslashes and base names for paths:

    App.PaymentError: no payment for order 17
        at App.Orders.pay(Orders.php:33)
        at App.Orders.App.{closure}(Orders.php:40)
        at array_map(Unknown Source)
        at {main}(index.php:3)
    Caused by: App.GatewayDown: db1:5432 does not answer
        at App.Gateway.connect(Gateway.php:13)
        ... 3 more
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.stacks import java_like
from collector.stacks.outline import STACK_CHARS_MAX, Outline

if TYPE_CHECKING:
    from collections.abc import Iterable

_CALL = r"(?:\(main\)|[^\n({;=]{0,600}(?:\{[^\n{}]{0,600}\}[^\n({;=]{0,200}){0,3})"
_NOT_JSON = r'(?![\[{(]["\[{]|\[)'
JAVA_LIKE_LINE = rf"at {_NOT_JSON}{_CALL}\([^\n]*"
_JAVA_LIKE_RUN = java_like.runs_of(JAVA_LIKE_LINE)
_FILE = r"[^()\n]{0,400}\.(?:php[0-9s]?|phtml|phar|inc|module|install|theme|engine|tpl|ctp|blade|twig)"
_JAVA_LIKE_SIGN = re.compile(
    rf"(?:\A|\n)[ \t]*+at (?:[({{]main[)}}]\(|{_NOT_JSON}{_CALL}\({_FILE}(?:\([0-9]{{1,9}}\) : [a-z() ']{{1,40}}code)?"
    r"(?::[0-9]{1,9})?\))"
)
_NUMBERED = r"#[0-9]{1,5} "
_CALLED = r"(?:[^\n(]{1,1000}\([0-9]{1,9}\)|\[[^\n\]]{1,40}\]: |\{main\})"
_SIGN = re.compile(
    rf"(?:\A|\n){_NUMBERED}(?:[^\n(]{{1,1000}}\([0-9]{{1,9}}\)(?:: | : [a-z])|\[internal function\]: |\{{main\}})"
    r"|(?:\A|\n)(?:\[[^\]\n]{1,40}\] )?(?:PHP )?Fatal error:  ?Uncaught "
)
_ANY_SIGN = re.compile(f"{_JAVA_LIKE_SIGN.pattern}|{_SIGN.pattern}")
# An argument can have line ends of its own; {main} is followed by none.
_RUN = re.compile(
    r"(?:(?:\A|\n)(?:Stack trace:|\[stacktrace\]))?"
    rf"(?:(?:\A|\n){_NUMBERED}{_CALLED}[^\n]*(?:(?:\n(?!#)[^\n]*){{1,2}}(?=\n#[1-9]))?)+"
    r"(?:\n{1,2}(?:Next (?=[^\W\d])|\[previous exception\] \[object\] \())?"
    r"|\nStack trace:(?=\n|\Z)"
)
_PLACE = re.compile(r"(?: in | at )([^\n]{1,1000}):[0-9]{1,9}\)?")
_NAME = r"[^\W\d]\w{0,200}(?:[\\.]{1,2}\w{1,200}){0,30}(?:@anonymous(?:\W[^\n]{0,1000}?\$[0-9a-f]{1,8}(?=: |$|\())?)?"
_CODE = r"(\(code: [^\n)]{0,40}\))?"
_HEAD = re.compile(rf"({_NAME}){_CODE}(?:: ?|\n|$)", re.MULTILINE)
_UNCAUGHT = re.compile(rf"(?:Uncaught (?:[Ee]xception '?)?|\[object\] \()(?={_NAME}{_CODE}(?:: | in |$))", re.MULTILINE)
_ANONYMOUS = re.compile(r"@anonymous.*", re.DOTALL)


def looks_like(text: str) -> bool:
    """Whether a numbered frame of PHP's, a Java-like one in a PHP file, or `Fatal error: Uncaught` is in the text."""
    if "#" not in text and "at " not in text and "Uncaught " not in text:
        return False
    if _ANY_SIGN.search(text, 0, STACK_CHARS_MAX) is not None:
        return True
    return len(text) > STACK_CHARS_MAX and _ANY_SIGN.search(text, STACK_CHARS_MAX) is not None


def cut(text: str) -> str:
    """Keep the beginning: type, message and the raise."""
    return java_like.cut(text, _ANY_SIGN)


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a stack trace's text into runs of frames and heads. Lines end with LF."""
    if ("\tat " in text or " at " in text) and _JAVA_LIKE_SIGN.search(text) is not None:
        return java_like.outline(text, known, _JAVA_LIKE_RUN)
    for opening in known:
        if opening.startswith(_OPENING):
            same = _with_bodies_of(opening, text)
            if same is not None:
                return same
    bodies, heads = [""], [""]
    preamble, position = "", 0
    for run in _RUN.finditer(text):
        start = _start_of_place(text, position, run.start())
        between = text[position:start]
        if len(bodies) == 1:
            preamble, between = _cut_preamble(between)
        elif not _ends_with_marker(bodies[-1]):
            break  # another trace in the same text
        heads[-1] = between
        bodies.append(text[start : run.end()])
        heads.append("")
        position = run.end()
    rest, tail = text[position:], ""
    if len(bodies) == 1:
        preamble, rest = _cut_preamble(rest)
    elif not _ends_with_marker(bodies[-1]):
        rest, tail = "", rest
    heads[-1] = rest
    cut_up = Outline(preamble=preamble, bodies=tuple(bodies), heads=tuple(heads), tail=tail)
    if not preamble and "\0" not in text and all(map(_ends_with_marker, bodies[1:-1])):
        opening = "\0".join(bodies)
        if opening.startswith(_OPENING) and _with_bodies_of(opening, text) == (*cut_up[:4], opening):
            return cut_up._replace(opening=opening)
    return cut_up


_OPENING = "\0 in "  # the empty first body, a separator, and a place


def _with_bodies_of(opening: str, text: str) -> Outline | None:
    """Cut a text where another one has its bodies, joined by NUL, if all heads are of one line."""
    bodies = java_like.bodies_of(opening)
    heads = []
    position = 0
    for body in bodies[1:]:
        start = text.find(body, position)
        head = text[position:start]
        if start < 0 or "\n" in head:
            return None
        heads.append(head)
        position = start + len(body)
    tail = text[position:]
    if tail not in ("", "\n") or _ends_with_marker(bodies[-1]) or _cut_preamble(heads[0])[0]:
        return None
    return Outline(bodies=bodies, heads=(*heads, ""), tail=tail, opening=opening)


def _start_of_place(text: str, position: int, end: int) -> int:
    """Where ` in /srv/shop.php:31` begins, which ends a head."""
    line = max(text.rfind("\n", position, end) + 1, position)
    start = max(text.rfind(" in ", line, end), text.rfind(" at ", line, end))
    return start if start >= 0 and _PLACE.fullmatch(text, start, end) is not None else end


def _ends_with_marker(body: str) -> bool:
    return body.endswith(("\nNext ", "[object] ("))


def _cut_preamble(segment: str) -> tuple[str, str]:
    """Cut off log text before the first type."""
    uncaught = _UNCAUGHT.search(segment)
    if uncaught is not None:
        return segment[: uncaught.end()], segment[uncaught.end() :]
    return java_like.cut_preamble(segment)


def read_head(head: str) -> tuple[str, str]:
    """Split "Type: message", whichever way the namespace is written."""
    head = head.strip()
    found = _HEAD.match(head) if head else None
    if found is None:
        return "", head
    name = found.group(1)
    if "@" in name:
        name = _ANONYMOUS.sub("@anonymous", name)
    message = head[found.end() :].strip()
    if found.group(2):  # Monolog writes JSON
        message = message.replace("\\\\", "\\").replace('\\"', '"')
    return name.replace("\\\\", "\\").replace(".", "\\"), message

"""The JVM's stack traces, as `Throwable.printStackTrace`, logback and log4j print them (Java, Kotlin, Scala, ...).

    <preamble>  Exception in thread "main"
    <head>      com.shop.PaymentError: no payment for order 17
    <body>          at com.shop.Orders.charge(Orders.java:31)           frames, the innermost first
                    Suppressed:                                         one step further in: of the exception above
    <head>      java.lang.IllegalStateException: gateway was not open
    <body>              at com.shop.Gateway.close(Gateway.java:22)
                        ... 4 more                                      the last 4 frames of the exception around it
                Caused by:
    <head>      com.shop.GatewayDown: db1:5432 does not answer
    <body>          at com.shop.Gateway.connect(Gateway.java:13)
                    ... 5 common frames omitted                         logback's words for it

With the root cause first (`%rEx`), `Wrapped by:` stands for `Caused by:`, and the last exception is the reported one.

A head may have any lines, lines like frames among them when the message quotes another stack; `java_like.py` cuts them.

Elided frames are put back, so that a cause has its frames whichever way round the chain is printed.

Rejected: logback's packaging data (`~[spring-web-5.3.jar:5.3]`) for telling what is in-app, since the same error seen
in a span has none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.model import Frame
from collector.stacks import java_like
from collector.stacks.in_app.jvm import locate
from collector.stacks.outline import STACK_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from collector.stacks.outline import Outline, Skeleton

# A class and a method: no blank but in the names that tests give their methods.
_NAME = r'[^\s("=;:\[{.][^\s("=;:\[.]{0,300}+\.[^\n("=;:\[]{1,900}+(?<!\s)'
# cats-effect names the operation of a fiber before its place; kotlinx.coroutines marks where a coroutine was resumed.
_OPERATION = r"[\w$]{1,80} @ "
_BOUNDARY = r"\x08{0,9}\(Coroutine boundary[^\n]*+"
# Kotlin/Native: `3   shop.kexe   0x10189d1bd   kfun:com.shop.Cart#pay(kotlin.Int){} + 205 (/src/Cart.kt:12:9)`
_NATIVE = r"[0-9]{1,4} {1,8}[^\s(]{1,100} {1,60}0x[0-9a-f]{1,16} {1,16}kfun:"
_FRAME_LINE = rf"at (?:{_BOUNDARY}|{_NATIVE}[^\n]*+|(?:{_OPERATION})?{_NAME}\([^\n]*+)"
_RUN = java_like.runs_of(_FRAME_LINE)
_FRAME = re.compile(rf"\n[ \t]*at (?:{_OPERATION}|{_NATIVE})?([^\n(\x08]{{1,1200}})\(([^\n:)]*)(?::([0-9]{{1,9}}))?")

# Where a frame is, as nobody else prints it: no blank before the bracket, a file without folders, one number.
_PLACE = (
    r"(?:Native Method|Unknown Source(?::[0-9]{1,9})?|<generated>|SourceFile:[0-9]{1,9}|NO_SOURCE_FILE:[0-9]{1,9}"
    r"|[^\s():/\\]{0,200}\.(?:java|kts?|scala|sc|groovy|gvy|gradle|clj|cljc|cljs|xtend|jsp|aj)(?::[0-9]{1,9})?"
    r"|[\w$-]{0,100}:[0-9]{1,9})\)"
)
_ELIDED = r"\.\.\. [0-9]{1,6} (?:more|common frames omitted)$"
_SIGN = re.compile(
    rf"(?:\A|\n)[ \t]*+(?:at (?:{_NAME}\({_PLACE}|{_NATIVE})|Caused by: {java_like.THROWN}|{_ELIDED})",
    re.MULTILINE,
)
# Android's log, as adb, Android Studio and older tools print it: each line has the time, the process, the tag.
_LOGCAT = re.compile(
    r"^(?:(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2} [0-9:.]{8,15} {1,8}[0-9]{1,7}[ -]{1,8}[0-9]{1,7} {1,8}"
    r"(?:[A-Z] [\w.]{1,60} {0,20}: |[\w.]{1,60} {1,60}[\w.:-]{1,200} {1,60}[A-Z]  )"
    r"|[A-Z]/[\w.]{1,60} {0,20}\( {0,8}[0-9]{1,7}\): )",
    re.MULTILINE,
)
# The JVM leaves the stack off what it throws often, and then there is one line.
_ONE_LINE = re.compile(
    r"(?:java|javax|kotlin|scala|groovy|clojure)\.(?:[a-z]{1,40}\.){0,6}[A-Z][\w$]{0,200}(?=: |\r?\n|\Z)"
)


def looks_like(text: str) -> bool:
    """Whether a frame of the JVM's shape, `Caused by:` with a type, or `... 12 more` is in the text, or a JDK's type first."""
    text = _without_logcat(text)
    if _SIGN.search(text, 0, STACK_CHARS_MAX) is not None or _ONE_LINE.match(text) is not None:
        return True
    return len(text) > STACK_CHARS_MAX and _SIGN.search(text, STACK_CHARS_MAX) is not None


def cut(text: str) -> str:
    """Keep the beginning: type, message and the raise."""
    return java_like.cut(_without_logcat(text), _SIGN)


def _without_logcat(text: str) -> str:
    return _LOGCAT.sub("", text) if _LOGCAT.match(text) is not None else text


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a stack trace's text into runs of frames, each with the marker after it, and heads. Lines end with LF."""
    return java_like.outline(text, known, _RUN)


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read frames; the reported exception first, then its causes, then what was suppressed."""
    return java_like.read_bodies(bodies, _FRAME, _frames)


def _frames(found: Sequence[java_like.RawFrame]) -> tuple[Frame, ...]:
    frames = []
    for name, file, line in found:
        is_native = "#" in name  # Kotlin/Native's way to join class and function; arguments stand in the file's place
        place = "" if is_native else file
        module, function, in_app = locate(name.replace("#", ".") if is_native else name, place)
        frames.append(Frame(module, function, place, int(line) if line else 0, 0, in_app))
    return tuple(frames)


def read_head(head: str) -> tuple[str, str]:
    """Split "package.Type: message"; further lines stay with the message."""
    return java_like.read_head(head)

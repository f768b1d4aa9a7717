"""JavaScript's and TypeScript's stack traces, of every engine: V8, Hermes and Bun; SpiderMonkey and JavaScriptCore.

    <head>  PaymentError: no payment for order 17          V8: type, message, then the frames, innermost first
    <body>      at Cart.pay (file:///srv/shop/cart.js:21:11)
                at async handle (/srv/shop/app.js:7:3) {
    <head>    code: 'E_PAY',                               as util.inspect prints errors: properties,
    <body>    [cause]: ... or [errors]: [ ...              which may be errors
    <head>  Error: gateway is down
    <body>          at send (/srv/shop/gateway.js:4:9)
    <head>    }
            }

    <body>  pay@https://shop.example/cart.js:21:11         SpiderMonkey, JavaScriptCore: frames alone
            map@[native code]

Bodies alternate between what stands before a head (nothing, or a mark such as `[cause]: `) and frames; every run of
frames belongs to the exception of the last mark. A head after frames holds properties and belongs to none.

That a stack overflowed is told by the message, which is in a head, and the frames are read without heads. So the outline
puts an empty body and an empty head before such a head: the shape of the text carries it.

Rejected: the engine by name (`telemetry.sdk.language` is `webjs` for all browsers); frames by indentation alone, for
messages have indented lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collector.stacks.long_text import keep_head, keep_head_and_end
from collector.stacks.outline import STACK_CHARS_MAX, Outline

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLACE = r"(?::[0-9]{1,10}|:0x[0-9a-f]{1,16}|<anonymous>|\(native|\(index [0-9]{1,6}|\(unknown(?: location)?|(?<=\bat )unknown)"
_V8_LINE = rf"[ \t]{{0,80}}at (?![0-9]{{1,2}}:[0-9]{{2}}:)[^\n]*{_PLACE}\){{0,2}}(?: \{{|,)?(?=\n|\Z)"
_SKIPPED = r"\n[ \t]{0,80}\.\.\. (?:[0-9]{1,6} lines matching|skipping )[^\n]{0,100}|\nFrom previous event:(?=\n)"
_V8_RUN = re.compile(rf"(?:(?:\A|\n){_V8_LINE}|{_SKIPPED})+")
_URL = r"(?:[a-z][a-z+.-]{1,30}:/|/|[A-Za-z]:[\\/])"
_SCRIPT = r"[^\s:@]{1,300}\.(?:[cm]?[jt]sx?|jsbundle|bundle|html?|vue|wasm)\b"
_AT = r"[^\n@]{0,400}@"
_GECKO_PLACE = (
    rf"(?:(?:{_URL}|{_SCRIPT})[^\n]*:[0-9]{{1,10}}|\[native code\]|\[wasm code\]"
    r"|[^\n]{0,600}:wasm-function\[[0-9]{1,9}\](?::0x[0-9a-f]{1,16})?)"
)
# JavaScriptCore has frames without a place, and some without `@`.
_GECKO_LINE = (
    rf"(?:{_AT}(?:{_GECKO_PLACE}|self-hosted:[0-9:]{{1,20}}|[0-9]{{1,9}}:[0-9]{{1,9}}|(?=\n|\Z))"
    rf"|{_URL}[^\s]*:[0-9]{{1,10}}:[0-9]{{1,10}}|\[native code\]|(?:global|eval|module) code)"
)
_GECKO_RUN = re.compile(rf"(?:(?:\A|\n){_GECKO_LINE}(?=\n|\Z))+")
# Rust's and Swift's frames have a line `at path:line:column` below them; Java's have no column.
_V8_SIGN = re.compile(
    r"(?:\A|\n)[ \t]{0,80}at (?:(?:[^\n(]{1,600}(?: \([^\n]{0,40}\))? )?\((?:address at )?(?:[^\n]*:[0-9]{1,10}:[0-9]{1,10}"
    r"|[^\n]*:0x[0-9a-f]{1,16}|<anonymous>|native|index [0-9]{1,6})\)"
    r"|(?![0-9: ]{1,12}(?:\r?\n|\Z))[^\n(]{1,2000}(?<!\.rs)(?<!\.swift)(?<!\.cpp):[0-9]{1,10}:[0-9]{1,10}"
    r"|(?:async )?<anonymous>)(?: \{|,)?(?=\r?\n|\Z)"
)
_NOT_OURS = re.compile(
    r"\.(?:rs|swift|[cChHS]|cpp|cc|cxx|hpp|zig|php|ex|exs|erl|py|rb|go|kt|java|dart):[0-9]{1,10}(?::[0-9]{1,10})?\)?(?: \{|,)?\Z"
)
_GECKO_SIGN = re.compile(
    rf"(?:\A|\n)(?:{_AT}{_GECKO_PLACE}|[\w$.]{{0,80}}@[0-9]{{1,7}}:[0-9]{{1,7}}\r?\n[\w$.]{{0,80}}@[0-9]{{1,7}}:[0-9]{{1,7}}|https?://[^\s]{{1,2000}}:[0-9]{{1,10}}:[0-9]{{1,10}})(?=\r?\n|\Z)"
)
_INSPECT_SIGN = re.compile(
    r"\n[ \t]{1,80}\[(?:cause|errors)\]: |\[UnhandledPromiseRejection: |\AUncaught \(in promise\)"
)

_NAME = r"[A-Za-z_$][\w$]{0,200}(?:[.:][A-Za-z_$][\w$]{0,200}){0,10}"
_CODE = r"(?: \[[A-Z][\w$.]{1,100}\])?"
_AFTER_NAME = rf"{_CODE}(?::[ \n]|:?(?=\n|\Z|\]| \{{))"
_ERROR_NAME = r"(?:[A-Z$_][\w$.]{0,200})?(?:Error|Exception|Rejection|Warning|Violation)"
_TYPE_LINE = re.compile(rf"^(?=[^\n]{{0,300}}[A-Z])\[?{_ERROR_NAME}{_AFTER_NAME}", re.MULTILINE)
_TYPE_IN_LINE = re.compile(rf"(?<=[\s\"'(])\[?{_ERROR_NAME}{_CODE}: ")
_LEVEL = re.compile(r"(?:[A-Z]{2,40}|[a-z]{1,40}): ")
_START = re.compile(rf"(?:<ref \*[0-9]{{1,3}}> )?\[?{_NAME}{_AFTER_NAME}")
_PREFIXED = re.compile(r"(?:Uncaught|Unhandled|unhandled|uncaught)")
_PLAIN_HEAD = re.compile(rf"(?!{_PREFIXED.pattern})[A-Z][a-z0-9][A-Za-z0-9]{{0,200}}: ")
_PREFIX = re.compile(
    r"\s*(?:\([a-z]{1,20}:[0-9]{1,9}\) )?(?:error: |ERROR: |\u2a2f |[\u2718\u00d7] \[ERROR\] |\u25cf )?"
    r"(?:(?:Uncaught|Unhandled|UnhandledPromiseRejectionWarning|uncaughtException|unhandledRejection)"
    r"(?: \(in promise\)| [Pp]romise [Rr]ejection| [Rr]ejection| [Ee]xception| [Ee]rror)?:?\s{1,4})?(?:<ref \*[0-9]{1,3}> )?"
)
_CARET = re.compile(r"\n[ \t]{0,4000}\^{1,2000}[ \t]{0,80}\n\s{0,80}")
_SOURCE_AND_CARET = re.compile(r"\n[^\n]*\n[ \t]*\^{1,2000}\Z")  # as Deno puts them after the message
_SOURCE_LINE = re.compile(r"(?:\A|\n)(?=[^\n]{0,2000}\.)[^\n\s][^\n]{0,2000}:[0-9]{1,9}(?=\n)")
_MARK = re.compile(
    r"\n(?:[ \t]{0,80}(?:\[(?:cause|error|suppressed)\]|[A-Za-z_$][\w$]{0,60}): |[ \t]{0,80}\[errors\]: \[\n[ \t]{0,80}"
    rf"|[ \t]{{0,80}}[Cc]aused by: ?|[ \t]{{2,80}})(?=(?:<ref \*[0-9]{{1,3}}> )?\[?(?:[A-Z$_][\w$.]{{0,200}}|error){_AFTER_NAME})"
)
_HEAD = re.compile(rf"\s*(?:<ref \*[0-9]{{1,3}}> )?(\[?)({_NAME}|Invariant Violation){_AFTER_NAME}")
_RENAMED = re.compile(r" \[([A-Z](?:[\w$.]{0,100}[a-z])[\w$.]{0,100})\]")
_SURE_MARK = re.compile(r"\n[ \t]{0,80}(?:\[(?:cause|error|suppressed|errors)\]: |[Cc]aused by:)")


def looks_like(text: str) -> bool:
    """Whether a frame of an engine's shape, or what `util.inspect` prints of errors, is in the text."""
    sign = _V8_SIGN.search(text) if "at " in text else None
    while sign is not None:
        if _NOT_OURS.search(sign.group()) is None:
            return True
        sign = _V8_SIGN.search(text, sign.end())
    if ("@" in text or "://" in text) and _GECKO_SIGN.search(text) is not None:
        return True
    return _INSPECT_SIGN.search(text) is not None


def cut(text: str) -> str:
    """Keep the first `STACK_CHARS_MAX` characters: type, message and the raise.

    With a message of megabytes before the frames, its beginning and the text's end.
    """
    if len(text) <= STACK_CHARS_MAX or _is_framed(text[:STACK_CHARS_MAX]):
        return keep_head(text)
    return keep_head_and_end(text)


def _is_framed(text: str) -> bool:
    return _V8_SIGN.search(text) is not None or _GECKO_SIGN.search(text) is not None


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a stack trace's text into marks, runs of frames, and heads. Lines end with LF.

    `known` are the frames of other texts with one exception. A text that is one line and such frames needs no search:
    no run can begin in a line that begins with a capital of a type. Nor does one that is such frames alone.
    """
    for opening in known:
        if text == opening and "@" in opening:
            return _headless(opening)
        if text.endswith(opening) and opening.startswith("\n "):
            head = text[: -len(opening)]
            if "\n" not in head and _PLAIN_HEAD.match(head) and not _overflows(head):
                return _one_exception(head, opening)
    runs = list(_V8_RUN.finditer(text)) if "at " in text else []
    has_head = bool(runs)
    runs = runs or list(_GECKO_RUN.finditer(text))
    end = runs[0].start() if runs else len(text)
    preamble, pieces = _cut_first(text[:end])
    if runs and not has_head and _START.match(pieces.heads[-1]) is None:  # log text: these engines print no head
        preamble, pieces = text[:end], _Pieces(bodies=[""], heads=[""])
    if len(runs) == 1 and len(pieces.bodies) == 1 and not preamble:
        head, rest = pieces.heads[0], text[end:]
        if "\n" not in head and _PLAIN_HEAD.match(head) and len(rest.rstrip("\n")) == len(runs[0].group()):
            return _one_exception(head, rest)
    if len(runs) == 1 and not has_head and text.rstrip("\n") == runs[0].group():
        return _headless(text)
    for number, run in enumerate(runs):
        pieces.bodies.append(run.group())
        end = runs[number + 1].start() if number + 1 < len(runs) else len(text)
        pieces.cut(text[run.end() : end])
    return Outline(preamble=preamble, bodies=tuple(pieces.bodies), heads=tuple(pieces.heads))


def _one_exception(head: str, opening: str) -> Outline:
    """The commonest text: a head, frames, and nothing but line ends after them."""
    return Outline(bodies=("", opening), heads=(head, ""), opening=opening)


def _headless(opening: str) -> Outline:
    """What SpiderMonkey and JavaScriptCore print: frames, and nothing but line ends after them."""
    return Outline(bodies=("", opening), heads=("", ""), opening=opening)


def _overflows(head: str) -> bool:
    return "stack size" in head[:400] or "too much recursion" in head[:400]


def _cut_first(segment: str) -> tuple[str, _Pieces]:
    """Cut what stands before the first frames: log text, the first head, exceptions without frames."""
    start = _head_start(segment)
    preamble, rest = segment[:start], segment[start:]
    pieces = _Pieces()
    if rest.startswith("SyntaxError") and (source := _last(_SOURCE_LINE, preamble)) is not None:
        # The place of a syntax error is no frame; the line `file:line` stands for one.
        pieces.bodies.append(source.group())
        pieces.heads.append(preamble[source.end() :] + rest)
        return preamble[: source.start()], pieces
    if _overflows(rest):
        pieces.bodies.append("")
        pieces.heads.append("")
    pieces.bodies.append("")
    pieces.cut(rest)
    return preamble, pieces


def _head_start(segment: str) -> int:
    """Find where type and message begin, after a source line with its caret, words of a runtime and log text."""
    if _begins_with_type(segment, 0) and _PREFIXED.match(segment) is None:
        return 0
    start = 0
    if "^" in segment and (caret := _last(_CARET, segment)) is not None:
        start = caret.end()
    if (prefix := _PREFIX.match(segment, start)) is not None:
        start = prefix.end()
    if _begins_with_type(segment, start):
        return start
    for pattern in (_TYPE_LINE, _TYPE_IN_LINE):
        if (found := pattern.search(segment)) is not None:
            return found.start()
    return 0 if _START.match(segment) else start


def _begins_with_type(segment: str, start: int) -> bool:
    return _START.match(segment, start) is not None and _LEVEL.match(segment, start) is None


@dataclass(slots=True)
class _Pieces:
    """Bodies and heads so far. `members` are the marks of members of the lists that were met: a line end and blanks."""

    bodies: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    members: set[str] = field(default_factory=set)

    def cut(self, segment: str) -> None:
        """Cut what stands between two runs of frames at its marks; its beginning is the head of the last body."""
        position = 0
        for found in _MARK.finditer(segment) if "\n" in segment else ():
            mark = found.group()
            if self._is_mark(mark, segment, found.start()):
                if "[errors]: [" in mark:
                    self.members.add(mark[mark.rindex("\n") :])
                self.heads.append(segment[position : found.start()])
                self.bodies.append(mark)
                position = found.end()
        self.heads.append(segment[position:])

    def _is_mark(self, mark: str, segment: str, start: int) -> bool:
        """Whether an error begins here, and not a message's line: properties follow a brace, members a comma."""
        if mark in self.members or not _SURE_MARK.match(mark):
            before = segment[:start].rstrip()[-1:] if start else self.bodies[-1][-1:]
            return before == "," and mark in self.members if mark.isspace() else before in ("{", ",")
        return True


def read_head(head: str) -> tuple[str, str]:
    """Split "Type [CODE]: message". An error without frames stands in brackets."""
    if head.startswith("\n") and (caret := _last(_CARET, head)) is not None:  # a syntax error's source line
        head = head[caret.end() :]
    found = _HEAD.match(head) if head else None
    if found is None:
        return "", head.strip()
    name, message = found.group(2), head[found.end() :]
    # `DOMException [AbortError]: ...` is util.inspect's: the class, then the error's name, which `error.stack` begins with.
    if (renamed := _RENAMED.search(found.group())) is not None and renamed.group(1) not in ("Error", name):
        name = renamed.group(1)
    if found.group(1):
        message = message.rpartition("]")[0] if "\n" not in message else message.partition("\n")[0].rpartition("]")[0]
    elif (
        message.endswith("^") and (source := _SOURCE_AND_CARET.search(message, max(0, len(message) - 4096))) is not None
    ):
        message = message[: source.start()]
    return name, message.strip()


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007 - the last one is wanted
        pass
    return found

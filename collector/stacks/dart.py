"""Dart's and Flutter's stack traces: the VM's own, of compiled programs without symbols, and package:stack_trace's.

    <head>  Bad state: no cart for order 17                         what `toString` of the error gives, often left out
    <body>  #0      Cart.pay (package:shop/cart.dart:12:5)          innermost first
            <asynchronous suspension>
            #1      main.<anonymous closure> (file:///srv/shop/bin/main.dart:9:3)

    <body>      #00 abs 0000007c3ff0a3d7 virt 00000000002c43d7 _kDartIsolateSnapshotInstructions+0x1a33d7

    <body>  package:shop/cart.dart 12:5                     Cart.pay
            ===== asynchronous gap ===========================
            dart:async                                      _completer.complete

There are no chains. A program that was compiled to JavaScript prints JavaScript's stack traces.

SDKs send the class beside the text (`exception.type` is `runtimeType`) and all of `toString` as the message. A head says
its class in words of its own ("Bad state: ..."), so it is read as that class with the head as the message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.model import Frame
from collector.stacks.in_app.dart import locate
from collector.stacks.long_text import keep_head, keep_head_and_end
from collector.stacks.outline import FRAMES_MAX, STACK_CHARS_MAX, Outline, Skeleton, SkeletonException
from collector.stacks.remember import remember

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMES_CACHED_MAX = 8192
"""Names of functions that are remembered, about 0.3 KB each: a program has some thousands, and they repeat."""

NAME_CHARS_MAX = 512
"""Characters of a function's name that are looked at: longer ones are generated."""

UNKNOWN = "<unknown>"
"""The function of a frame that is an address alone."""

ANONYMOUS = "<anonymous>"

# Android's and Flutter's logs put their tag before every line.
_TAG = r"(?:[A-Z]/flutter \( {0,5}[0-9]{1,7}\): |flutter: )?"
_PLACE = r"(?:package:|dart:|file:|org-dartlang-|https?:|data:|[^\s()]{1,600}\.dart\b)[^()\n]{0,1000}"
_VM_LINE = rf"#[0-9]{{1,5}} {{2,8}}[^\n]{{1,600}} \({_PLACE}\)"
_ADDRESS_LINE = r" {0,4}#[0-9]{2,5} abs [0-9a-f]{4,16}(?: virt [0-9a-f]{4,16})?(?: [^\n]{0,300})?"
_SHORT_LINE = (
    r"[^\s()]{1,600}\.dart [0-9]{1,9}(?::[0-9]{1,9})? {2,200}[^\n]{1,600}"
    r"|dart:[a-z_]{2,40} {2,200}[^\n]{1,600}"
)
_BETWEEN = r"<asynchronous suspension>|={3,10} asynchronous gap =*|\(elided [^\n]{1,300}|\.{3} {2,10}[^\n]{1,300}"
_FRAMES = rf"(?:{_VM_LINE}|{_ADDRESS_LINE}|{_SHORT_LINE})"
_RUN = re.compile(rf"(?:\A|\n){_TAG}{_FRAMES}[ \t]*(?=\n|\Z)(?:\n{_TAG}(?:{_FRAMES}|{_BETWEEN})[ \t]*(?=\n|\Z))*")
_SIGN = re.compile(
    rf"(?:\A|\n){_TAG}(?:{_VM_LINE}|{_ADDRESS_LINE}|[^\s()]{{1,600}}\.dart [0-9]{{1,9}}:[0-9]{{1,9}} {{2,200}}[^\n]{{1,600}})"
    r"[ \t]*(?=\r?\n|\Z)"
)
_ADDRESS_SIGN = re.compile(r"(?:\A|\n)[^\n#]{0,40}#[0-9]{2,5} abs [0-9a-f]{4,16} (?:virt [0-9a-f]{4,16} )?_kDart")

_VM_FRAME = re.compile(rf"#[0-9]{{1,5}} {{2,8}}([^\n]{{1,600}}) \(({_PLACE})\)")
_SHORT_FRAME = re.compile(r"([^\s()]{1,600}?)(?: ([0-9]{1,9})(?::([0-9]{1,9}))?)? {2,200}([^\n]{1,600})")

_ADDRESS = re.compile(r"#[0-9]{2,5} abs [0-9a-f]{4,16}(?: virt [0-9a-f]{4,16})?(?: ([^\n]{0,300}))?")
_TAGGED = re.compile(r"[A-Z]/flutter |flutter: |[*=-]{3}|pid: |The following |Warning: ")
_FLUTTER_TYPE = re.compile(r"([\w$]{1,100})(?:<[^<>\n]{0,100}>)? was thrown[^\n]{0,300}:\n")
_UNHANDLED = re.compile(r"(?:Unhandled [Ee]xception:|Uncaught Error:|Another exception was thrown:)\s{1,3}")
_FLUTTER = re.compile(r"The following ([\w$<>]{1,100}) was thrown[^\n]{0,300}:\n")
_CRASH_HEADER = re.compile(r"(?:Warning: This VM has been configured|\*\*\* \*\*\*|pid: [0-9])")
_NAMED = re.compile(r"([A-Z_$][\w$]{0,100}(?:Error|Exception|Failure|Fault)?)(?: \([^)\n]{0,100}\))?(?:: |\n|$)")
_INSTANCE = re.compile(r"Instance of '([\w$]{1,100})(?:<[^\n']{0,200}>)?'")
# What the runtime's own errors say, and their classes.
_WORDS = (
    ("Exception: ", "_Exception"),
    ("Bad state: ", "StateError"),
    ("Invalid argument", "ArgumentError"),
    ("Unsupported operation: ", "UnsupportedError"),
    ("UnimplementedError", "UnimplementedError"),
    ("Concurrent modification during iteration", "ConcurrentModificationError"),
    ("Null check operator used on a null value", "_TypeError"),
    ("type '", "_TypeError"),
    ("Stack Overflow", "StackOverflowError"),
    ("Out of Memory", "OutOfMemoryError"),
    ("Assertion failed", "_AssertionError"),
)

_CLOSURE = re.compile(r"\.?<(?:anonymous closure|fn|async|closure|anonymous)>|\.<[a-z_A-Z0-9]{1,100}_async_body>")
_MARK = re.compile(r"^(?:new |\[tear-off(?:-extractor)?\] |dyn:|static |async )+|(?<![\w$])(?:get|set|init):")
_LIBRARY_KEY = re.compile(r"@[0-9]{1,12}")
_MIXIN = re.compile(r"_[\w$&]{0,300}&(?=[A-Za-z_$])")
_TYPE_ARGUMENTS = re.compile(r"(?<=[\w$])<[^<>\n]{0,200}>")


def looks_like(text: str) -> bool:
    """Whether a frame of one of the three shapes is in the text."""
    if ".dart" not in text and " abs " not in text and "(dart:" not in text:
        return False
    return _SIGN.search(text) is not None or _ADDRESS_SIGN.search(text) is not None


def cut(text: str) -> str:
    """Keep the first `STACK_CHARS_MAX` characters: the message and the raise.

    With a message of megabytes before the frames, its beginning and the text's end.
    """
    if len(text) <= STACK_CHARS_MAX or looks_like(text[:STACK_CHARS_MAX]):
        return keep_head(text)
    return keep_head_and_end(text)


def outline(text: str, known: Iterable[str] = ()) -> Outline:
    """Cut a stack trace's text into a head, frames and what follows. Lines end with LF.

    `known` are the frames of other texts; a text that is one line and such frames needs no search.
    """
    for opening in known:
        if text.endswith(opening):
            head = text[: -len(opening)]
            if not head or (opening.startswith("\n#") and "\n" not in head and _is_plain(head)):
                return Outline(bodies=("", opening), heads=(head, ""), opening=opening)
    runs = list(_RUN.finditer(text))
    end = runs[0].start() if runs else len(text)
    preamble, head = _cut_head(text[:end])
    if len(runs) == 1 and not preamble:
        opening = text[end:]
        is_plain = not head or (opening.startswith("\n#") and _is_plain(head))
        if is_plain and len(opening.rstrip("\n")) == len(runs[0].group()):
            return Outline(bodies=("", opening), heads=(head, ""), opening=opening)
    bodies, heads = [""], [head]
    for number, run in enumerate(runs):
        bodies.append(run.group())
        end = runs[number + 1].start() if number + 1 < len(runs) else len(text)
        heads.append(text[run.end() : end])
    return Outline(preamble=preamble, bodies=tuple(bodies), heads=tuple(heads))


def _is_plain(head: str) -> bool:
    """Whether a head is one line that no preamble can be cut off, and no frame."""
    return (
        "\n" not in head
        and _UNHANDLED.search(head) is None
        and head[:1].isalpha()
        and ".dart " not in head
        and _TAGGED.match(head) is None
    )


def _cut_head(text: str) -> tuple[str, str]:
    """Cut off what a runtime or a log puts before the message."""
    end = 0
    if (unhandled := _last(_UNHANDLED, text)) is not None:
        end = unhandled.end()
    elif (flutter := _FLUTTER.search(text)) is not None:
        end = flutter.start(1)
    elif (header := _CRASH_HEADER.search(text)) is not None:  # addresses and process ids: they differ each time
        return (text, "") if header.start() == 0 else ("", text)
    return text[:end], text[end:]


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007 - the last one is wanted
        pass
    return found


def read_bodies(bodies: tuple[str, ...]) -> Skeleton:
    """Read the frames of the one exception."""
    lines = [line for body in bodies for line in body.split("\n")]
    found = [frame for line in lines[: 2 * FRAMES_MAX] if (frame := _read_line(line)) is not None]
    frames = tuple(found[:FRAMES_MAX])
    site = f"{frames[0].file}:{frames[0].line}:{frames[0].function}" if frames else ""
    return Skeleton(exceptions=(SkeletonException(head=0, frames=frames),), raise_site=site)


def _read_line(line: str) -> Frame | None:
    at = line.find("#")
    if at >= 0 and (found := _VM_FRAME.match(line, at)) is not None:
        function, place = found.groups()
        file, line_number, column_number = _split_position(place)
        module, in_app = locate(file)
        return Frame(module, _own_name(function), file, line_number, column_number, in_app)
    if at >= 0 and (address := _ADDRESS.match(line, at)) is not None:
        symbol = (address.group(1) or "").strip()
        return Frame("snapshot", _symbol(symbol), symbol, 0, 0, True)
    found = _SHORT_FRAME.fullmatch(line.rstrip())
    if found is None:
        return None
    file, number, column, function = found.groups()
    module, in_app = locate(file)
    return Frame(module, _own_name(function), file, int(number or 0), int(column or 0), in_app)


def _split_position(place: str) -> tuple[str, int, int]:
    """Split "library:line:column"."""
    before, _, last = place.rpartition(":")
    if not _is_number(last) or last == place:
        return place, 0, 0
    file, colon, line = before.rpartition(":")
    return (file, int(line), int(last)) if colon and _is_number(line) else (before, int(last), 0)


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) <= 9  # noqa: PLR2004 - as int32 holds


@remember(NAMES_CACHED_MAX)
def _own_name(name: str) -> str:
    """`new Cart.of` -> `Cart.of`, `Cart.pay.<anonymous closure>` -> `Cart.pay`: a closure counts as what it is written in."""
    name = name.strip()[:NAME_CHARS_MAX]
    if " " in name or ":" in name:
        name = _MARK.sub("", name)
    if "<" in name:
        name = _CLOSURE.sub("", name)
    if "<" in name:
        name = _TYPE_ARGUMENTS.sub("", name)
    if "@" in name:
        name = _LIBRARY_KEY.sub("", name)
    if "&" in name:
        name = _MIXIN.sub("", name)
    return name.replace("|", ".") or ANONYMOUS


def _symbol(symbol: str) -> str:
    """The name of a symbol, if it is more than the snapshot's and an offset."""
    name = symbol.partition("+0x")[0]
    return UNKNOWN if not name or name.startswith("_kDart") else name


def read_head(head: str) -> tuple[str, str]:
    """Tell the class by the words of an error's text, which is the message."""
    head = head.strip()
    if not head:
        return "", ""
    if (header := _CRASH_HEADER.search(head)) is not None:
        head = head[: header.start()].rstrip("* \n")
    if (flutter := _FLUTTER_TYPE.match(head)) is not None:
        return flutter.group(1), head[flutter.end() :].strip().partition("\n\n")[0]
    return _class_of(head), head


def _class_of(message: str) -> str:
    """The class whose `toString` gives this message; empty if the words are the program's own."""
    for words, kind in _WORDS:
        if message.startswith(words):
            return kind
    if ": Failed assertion: " in message[:2000]:
        return "_AssertionError"
    found = _INSTANCE.match(message) or _NAMED.match(message)
    if found is None:
        return ""
    is_index = found.group(1) == "RangeError" and "Index out of range" in message[:200]
    return "IndexError" if is_index else found.group(1)

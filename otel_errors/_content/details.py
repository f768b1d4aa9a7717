"""The chain of exceptions and its frames as data: one attribute, JSON.

The stack's text says the same but for the modules' names, what is in-app, and where an exception's parts begin; a
receiver that parses the text needs none of this. So it is sent only where it is asked for: all frames (`structured`), or
the in-app frames with what the text can't hold: the lines around (`source_lines`), the variables (`locals`).

    [{"type": "shop.PaymentError", "message": "...", "frames": [{"module": "shop.pay", "function": "charge",
      "file": "/srv/shop/pay.py", "line": 12, "in_app": true, "first_line": 10, "source": ["...", "..."],
      "locals": {"order": "17"}}]},
     {"type": "OSError", "message": "...", "relation": "cause", "of": 0, "frames": [...]}]

The reported exception is first; frames are innermost first. JSON text and not nested attributes: half of the receivers
flatten those or drop them, and the SDK's copy of them costs more than the text.
"""

from __future__ import annotations

import json
import linecache
import os
import sysconfig
import time
from collections import deque
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from otel_errors._content.values import CODE, Printer
from otel_errors._traceback import EXCEPTIONS_MAX, members, safe_str, shorten, type_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    from otel_errors._redact import Redactor

DETAILS_CHARS_MAX: Final = 32_768
"""Characters of the attribute; the outermost frames of the furthest exceptions are left out first."""

_LINE_CHARS_MAX: Final = 200
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False).encode
_VARIABLES_MAX: Final = 16  # of a frame
_NOTES_MAX: Final = 8
_NOTE_CHARS_MAX: Final = 1_024
_SECONDS_MAX: Final = 0.05  # an error must not hold up the application; what is not described by then is left out
_LIBRARY_FOLDERS: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_NOT_THE_APPLICATION: Final = (
    f"{Path(__file__).parents[1]}{os.sep}",
    *{f"{path}{os.sep}" for path in map(sysconfig.get_path, ("stdlib", "platstdlib")) if path},
)


class _Link(NamedTuple):
    """An exception of the chain; `of` is the place of the one that it belongs to."""

    exception: BaseException
    relation: str
    of: int


class Details:
    """Writes the attribute for the frames and their parts that the settings ask for."""

    def __init__(
        self,
        *,
        redactor: Redactor,
        every_frame: bool,
        source_lines: int,
        variables: bool,
        frames_max: int,
        message_length_max: int,
    ) -> None:
        self.wanted = every_frame or source_lines > 0 or variables
        self._redactor = redactor
        self._printer = Printer(redactor.value)
        self._every_frame = every_frame
        self._source_lines = source_lines
        self._variables = variables
        self._frames_max = frames_max
        self._message_length_max = message_length_max

    def of(self, exception: BaseException) -> str:
        """Describe `exception` and its chain. May raise what the exception's own code raises."""
        left = DETAILS_CHARS_MAX - 2
        ends_at = time.monotonic() + _SECONDS_MAX
        entries: list[str] = []
        for link in _chain(exception):
            head = self._head(link)
            left -= len(head) + len(', "frames": [], ')
            if left < 0:
                break
            frames: list[str] = []
            for text in self._frames(link.exception, ends_at):
                if len(text) + 2 > left:
                    break
                left -= len(text) + 2
                frames.append(text)
            entries.append(f'{head[:-1]}, "frames": [{", ".join(frames)}]}}')
        return f"[{', '.join(entries)}]"

    def _head(self, link: _Link) -> str:
        entry: dict[str, Any] = {
            "type": type_name(link.exception),
            "message": self._redactor.text(shorten(safe_str(link.exception), self._message_length_max)),
        }
        notes = getattr(link.exception, "__notes__", None)
        if isinstance(notes, list) and notes:
            entry["notes"] = [
                self._redactor.text(shorten(note, _NOTE_CHARS_MAX)) for note in notes[:_NOTES_MAX] if type(note) is str
            ]
        if link.relation:
            entry |= {"relation": link.relation, "of": link.of}
        return _ENCODE(entry)

    def _frames(self, exception: BaseException, ends_at: float) -> Iterator[str]:
        """Innermost first."""
        innermost: deque[tuple[FrameType, int]] = deque(walk_tb(exception.__traceback__), self._frames_max)
        for frame, line in reversed(innermost):
            if time.monotonic() > ends_at:
                return
            code = frame.f_code
            in_app = is_in_app(code.co_filename)
            if not (in_app or self._every_frame):
                continue
            module = frame.f_globals.get("__name__")
            entry: dict[str, Any] = {
                "module": module if isinstance(module, str) else "",
                "function": getattr(code, "co_qualname", code.co_name),
                "file": code.co_filename,
                "line": line,
                "in_app": in_app,
            }
            if in_app and self._source_lines:
                entry |= self._source(frame, line)
            if in_app and self._variables:
                entry["locals"] = self._locals(frame.f_locals, ends_at)
            yield _ENCODE(entry)

    def _source(self, frame: FrameType, line: int) -> dict[str, Any]:
        lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
        first = max(line - self._source_lines, 1)
        around = [text.rstrip("\r\n")[:_LINE_CHARS_MAX] for text in lines[first - 1 : line + self._source_lines]]
        return {"first_line": first, "source": self._redactor.source("\n".join(around)).split("\n")} if around else {}

    def _locals(self, variables: Mapping[str, Any], ends_at: float) -> dict[str, str]:
        told: dict[str, str] = {}
        for name, value in list(variables.items()):
            if len(told) == _VARIABLES_MAX or time.monotonic() > ends_at:
                break
            if not (name.startswith("__") or issubclass(type(value), CODE)):
                told[name] = self._printer.text(name, value)
        return told


@lru_cache(4_096)
def is_in_app(file: str) -> bool:
    """Whether a file is the application's: no library's, not the interpreter's own."""
    if file.startswith("<") or any(folder in file for folder in _LIBRARY_FOLDERS):
        return False
    return not file.startswith(_NOT_THE_APPLICATION)


def _chain(exception: BaseException) -> Iterator[_Link]:
    """The reported exception, then what it came from, nearest first."""
    waiting = deque([_Link(exception, "", 0)])
    seen = {id(exception)}
    place = 0
    while waiting and place < EXCEPTIONS_MAX:
        link = waiting.popleft()
        yield link
        current = link.exception
        if current.__cause__ is not None:
            linked = [_Link(current.__cause__, "cause", place)]
        elif current.__context__ is not None and not current.__suppress_context__:
            linked = [_Link(current.__context__, "context", place)]
        else:
            linked = []
        linked += [_Link(member, "member", place) for member in members(current)[:EXCEPTIONS_MAX]]
        for further in linked:
            if id(further.exception) not in seen:
                seen.add(id(further.exception))
                waiting.append(further)
        place += 1

"""A frame's text, made once and remembered: a line that fails once fails again.

From Python 3.11 on the traceback module parses a line's source each time to put marks below it, which is half of what
formatting costs. The text depends on the place, the source line and the positions in it, which are the key.
"""

from __future__ import annotations

import traceback
from typing import Any, Final

REMEMBERED_MAX: Final = 4_096
"""Frames' texts that are remembered, about 0.5 KB each."""

_TEXTS: Final[dict[tuple[object, ...], str]] = {}
_KEY: Final = ("filename", "lineno", "name", "line", "end_lineno", "colno", "end_colno")


class _Remembering(traceback.StackSummary):
    """Formats a stack as its base class does."""

    def format_frame_summary(self, frame_summary: traceback.FrameSummary, **options: Any) -> str:
        if frame_summary.locals or any(options.values()):
            return super().format_frame_summary(frame_summary, **options)
        key = tuple([getattr(frame_summary, name, None) for name in _KEY])
        text = _TEXTS.get(key)
        if text is None:
            text = super().format_frame_summary(frame_summary, **options)
            if len(_TEXTS) >= REMEMBERED_MAX:
                _TEXTS.clear()
            _TEXTS[key] = text
        return text


def format_exception(exception: BaseException, *, frames_max: int) -> list[str]:
    """As `traceback.format_exception`, keeping the innermost `frames_max` frames of each exception."""
    reported = traceback.TracebackException(
        type(exception), exception, exception.__traceback__, limit=-frames_max, compact=True
    )
    waiting: list[traceback.TracebackException] = [reported]
    while waiting:
        link = waiting.pop()
        link.stack.__class__ = _Remembering  # the module makes the list itself, and has no other way to say which
        waiting.extend(further for further in (link.__cause__, link.__context__) if further is not None)
        waiting.extend(getattr(link, "exceptions", None) or ())
    return list(reported.format())

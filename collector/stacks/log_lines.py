"""What a log puts around a stack trace, in every language: colours, something before each line, lines before the text."""

from __future__ import annotations

import re

_COLOUR = re.compile(r"\x1b\[[0-9;]{0,16}[mK]")
_MARK = "\ufeff"
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}"
_PREFIX = re.compile(
    r"^(?:[\w.-]{1,80} {1,40}\| ?"  # docker compose
    rf"|[A-Z][a-z]{{2}} [ 0-9][0-9] {_CLOCK} [\w.-]{{1,80}} [\w./-]{{1,80}}(?:\[[0-9]{{1,9}}\])?: ?"  # syslog, journald
    rf"|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}[^ \n]{{0,24}} (?:stdout|stderr) [FP] ?)",  # Kubernetes
    re.MULTILINE,
)
_LINE = re.compile(
    rf"\s*\[?[0-9]{{4}}[-/][0-9]{{2}}[-/][0-9]{{2}}[T ]{_CLOCK}[^\n]{{0,40}}?"
    r"\b(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b[^\n]*\n"
)


def plain(text: str) -> str:
    """Make all line ends LF, and take off colours, a byte order mark, and what a log wrote before each of the lines."""
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.removeprefix(_MARK)
    if _PREFIX.match(text) is not None:
        without, found = _PREFIX.subn("", text)
        if found > 1 and found >= len(text.rstrip("\n").split("\n")):
            return without
    return text


def without_log_lines(head: str) -> str:
    """Take off lines of a log, with date and level, that stand before a message."""
    while (line := _LINE.match(head)) is not None and head[line.end() :].strip():
        head = head[line.end() :]
    return head

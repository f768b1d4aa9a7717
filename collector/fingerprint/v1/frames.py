"""Which frames count in a fingerprint, and why the others do not.

The goal: every view of one raise gives the same answer, and raises in different places give
different ones. A span that was opened in `get` sees the frames [get]; the log record of `load`'s
handler sees [load, get]; the excepthook sees [<module>, handler, load, get]. All that they share
is the end at the raise, and the innermost span may see one in-app frame only: so ONE counts, the
in-app frame nearest the raise (`COUNTED_FRAMES`). Two would already split the three views.
`docs/grouping.md` weighs what that costs and what makes up for it (the chain, generic types,
raise helpers).

Frames that are not the same in every Python version or on every run are passed over:
comprehensions (frames of their own up to 3.11, inlined since), OpenTelemetry's own, and the depth
at which a recursion hit the limit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.fingerprint.v1.languages.rules import LanguageRules
    from collector.model import Frame

COUNTED_FRAMES = 1
"""N: in-app frames that count per exception, nearest the raise. See the theory above."""

COUNTED = "counted"
BEYOND = f"beyond the innermost {COUNTED_FRAMES} in-app"
LIBRARY = "library"
TELEMETRY = "OpenTelemetry's own"
COMPREHENSION = "comprehension: its function counts"
MIDDLEWARE = "middleware"
RECURSION = "recursion"
WRAPPER = "carries its cause to another thread"
RUNTIME = "the language's runtime"
BEYOND_LIBRARY = f"beyond the innermost {COUNTED_FRAMES} of a library"

_DIGITS = re.compile(r"[0-9]{4,}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?=[a-z]*[0-9])[0-9a-f]{8,64}(?![0-9A-Za-z])")
_GENERATED_FILE = re.compile(r"<([A-Za-z_ ]{1,40})[^A-Za-z_ ][^\n]*>")


def name_of(frame: Frame) -> str:
    """`module|function` without what differs between runs: long numbers, hashes, counters."""
    module, function = frame.module, frame.function
    if module.startswith("<"):
        module = _GENERATED_FILE.sub(r"<\1>", module).replace("- ", " ")
    name = f"{module}|{function}"
    if any(c.isdigit() for c in name):
        name = _HEX.sub("<n>", name)
        name = _DIGITS.sub("<n>", name)
    return name


def reasons(frames: Sequence[Frame], rules: LanguageRules, *, recursion: bool, any_in_app: bool) -> list[str]:
    """One reason for each frame of one exception (innermost first); `COUNTED` for those that count.

    `recursion`: the exception says that the stack overflowed: the functions that repeat count,
    wherever the limit hit. `any_in_app`: some exception of the chain has an in-app frame; then an
    exception without one counts by its type alone, else its innermost frame of a library counts.
    """
    found = [TELEMETRY if rules.is_telemetry(frame) else ("" if frame.in_app else LIBRARY) for frame in frames]
    if not any_in_app:
        return _nearest_library(frames, found, rules)
    candidates = [i for i, reason in enumerate(found) if not reason]
    plain = [i for i in candidates if frames[i].function not in rules.passed_over]
    for i in candidates:
        found[i] = COMPREHENSION
    plain = plain or candidates
    for i in plain:
        found[i] = BEYOND
    if recursion and (cycle := _cycle(frames, plain)):
        for i in plain:
            found[i] = RECURSION
        for i in cycle:
            found[i] = COUNTED
        return found
    for i in plain[:COUNTED_FRAMES]:
        found[i] = COUNTED
    return found


def _cycle(frames: Sequence[Frame], candidates: list[int]) -> list[int]:
    """Find the first (innermost) index of each function that is in the stack more than once."""
    first: dict[str, int] = {}
    repeated: dict[str, int] = {}
    for i in candidates:
        name = name_of(frames[i])
        if name in first:
            repeated.setdefault(name, first[name])
        else:
            first[name] = i
    return list(repeated.values())


def _nearest_library(frames: Sequence[Frame], found: list[str], rules: LanguageRules) -> list[str]:
    """Of frames none of which is in-app, count the innermost of a library.

    One for the same reason as above. Those of the language's runtime change with its version, and those of middleware
    are everywhere: they count only if there is nothing else, and those inside its engine never.
    """
    own = [i for i, reason in enumerate(found) if reason != TELEMETRY]
    names = {i: f"{frames[i].module}{rules.separator}" for i in own}
    if rules.engine:
        for i in own:
            found[i] = RUNTIME
        own = [i for i in own if not names[i].startswith(rules.engine)]
    plain = [i for i in own if not names[i].startswith(rules.middleware)]
    library = [i for i in plain if not names[i].startswith(rules.runtime)]
    for i in own:
        found[i] = MIDDLEWARE
    for i in plain:
        found[i] = RUNTIME
    for i in library:
        found[i] = BEYOND_LIBRARY
    for i in (library or plain or own)[:COUNTED_FRAMES]:
        found[i] = COUNTED
    return found

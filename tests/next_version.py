"""Versions of the fingerprint that only tests have, each made of an older one by what it does otherwise.

As a program it is `otel-errors serve` with one of them as the current version:

    python -m tests.next_version next --data DIR ...
"""

from __future__ import annotations

import signal
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from collector.fingerprint.versions import V1, VERSIONS, FingerprintVersion, FingerprintVersions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collector.fingerprint.v1.key import Selection
    from collector.model import Fingerprint, StackException


def made(
    name: str,
    also: Callable[[Selection, Sequence[StackException]], Selection] = lambda selection, _: selection,
    *,
    of: FingerprintVersion[Any] = V1,
) -> FingerprintVersion[Any]:
    """A version under another name, its selections changed by `also`."""

    def select(exceptions: Sequence[StackException], raw_lines: Sequence[str], parser: str) -> Selection:
        return also(of.select(exceptions, raw_lines, parser), exceptions)

    def named(fingerprint: Fingerprint) -> Fingerprint:
        return fingerprint._replace(value=f"{name}:{fingerprint.value.partition(':')[2]}")

    return replace(
        of,
        name=name,
        select=select,
        complete=lambda selection, text, counted: named(of.complete(selection, text, counted)),
        override=lambda computed, parts, origin: named(of.override(computed, parts, origin)),
    )


def hashed(selection: Selection, components: Sequence[str]) -> Selection:
    from collector.fingerprint.v1.key import value_of  # noqa: PLC0415

    value = "" if selection.message_counts else value_of(components)
    return selection._replace(components=tuple(components), value=value)


def callers_too(selection: Selection, exceptions: Sequence[StackException]) -> Selection:
    """The in-app caller of the frame that counts, counts too: one raise helper is several errors."""
    callers = [frame for frame in exceptions[0].frames if frame.in_app][1:2] if exceptions else []
    return hashed(selection, (*selection.components, *(f"from {V1.frame_name(caller)}" for caller in callers)))


def first_words(selection: Selection, exceptions: Sequence[StackException]) -> Selection:
    """Only the first word of a function's name counts: `load_cart` and `load_user` are one error."""
    return hashed(selection, [component.partition("_")[0] for component in selection.components])


SAME = made("v2")
FINER = made("v2", callers_too)
COARSER = made("v2", first_words)
THIRD = made("v3")
NEXT = made("v99", of=VERSIONS.current)

TABLES = {
    "first": FingerprintVersions(current=V1),
    "same": FingerprintVersions(current=SAME, previous=(V1,)),
    "finer": FingerprintVersions(current=FINER, previous=(V1,)),
    "coarser": FingerprintVersions(current=COARSER, previous=(V1,)),
    "third": FingerprintVersions(current=THIRD, previous=(SAME, V1)),
    "ended": FingerprintVersions(current=SAME),
    "next": FingerprintVersions(current=NEXT, previous=(VERSIONS.current, *VERSIONS.previous)),
}
"""Tables of versions, by what the current one does. All but `next`, which continues the real table, begin with version 1."""


def main() -> None:
    """Serve until SIGTERM, with settings as `--name value`."""
    from collector.service import Service  # noqa: PLC0415
    from collector.settings import load  # noqa: PLC0415

    table, *options = sys.argv[1:]
    settings = load(
        {name[2:].replace("-", "_"): value for name, value in zip(options[::2], options[1::2], strict=True)}
    )
    service = Service(settings, versions=TABLES[table])
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    service.start()
    asked.wait()
    service.stop()


if __name__ == "__main__":
    main()

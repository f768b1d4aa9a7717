"""The table of fingerprint versions, oldest first. The last one makes the ids of new events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.fingerprint.v1 import key as v1
from collector.fingerprint.v1.message import template

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collector.model import Fingerprint, StackException


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintVersion:
    """One version. `select` looks at all but the message; `complete` adds the reported one's `template`.

    `select` takes exceptions (messages in them are not read), raw lines, and the name of the parser that read them; what
    it gives can be kept and completed with many templates.
    """

    name: str
    select: Callable[[Sequence[StackException], Sequence[str], str], v1.Selection]
    template: Callable[[str], str]
    complete: Callable[[v1.Selection, str], Fingerprint]


VERSIONS: tuple[FingerprintVersion, ...] = (
    FingerprintVersion(name="v1", select=v1.select, template=template, complete=v1.complete),
)
CURRENT = VERSIONS[-1]

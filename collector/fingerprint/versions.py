"""The table of fingerprint versions, oldest first. The last one makes the ids of new events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.fingerprint.v1 import key as v1

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from collector.model import Fingerprint, StackException


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintVersion:
    """One version. `select` looks at all but the message; `finish` adds the reported one.

    `select` takes exceptions (messages in them are not read) and raw lines; what it gives can be
    kept and finished with many messages.
    """

    name: str
    select: Callable[[Sequence[StackException], Sequence[str]], v1.Selection]
    finish: Callable[[v1.Selection, str], Fingerprint]


VERSIONS: tuple[FingerprintVersion, ...] = (FingerprintVersion(name="v1", select=v1.select, finish=v1.finish),)
CURRENT = VERSIONS[-1]

"""The table of fingerprint versions, oldest first. The last one makes the ids of new events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collector.fingerprint.v1 import key as v1
from collector.fingerprint.v1.frames import name_of
from collector.fingerprint.v1.message import template
from collector.fingerprint.v1.override import override

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from collector.model import Fingerprint, Frame, StackException


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintVersion:
    """One version. `select` looks at all but messages; `complete` adds the `template` of one.

    That is of the reported message, and of the one that counts where that is another's.
    `select` takes exceptions (messages in them are not read), raw lines, and the name of the parser that read them; what
    it gives can be kept and completed with many templates. `frame_name` is `module|function` as it is hashed,
    `type_name` a type; `override` puts parts that somebody gave in the computed one's place.
    """

    name: str
    select: Callable[[Sequence[StackException], Sequence[str], str], v1.Selection]
    template: Callable[[str], str]
    complete: Callable[[v1.Selection, str, str | None], Fingerprint]
    frame_name: Callable[[Frame], str]
    type_name: Callable[[str], str]
    override: Callable[[Fingerprint, Sequence[str | None], Literal["override", "rule"]], Fingerprint]


VERSIONS: tuple[FingerprintVersion, ...] = (
    FingerprintVersion(
        name="v1",
        select=v1.select,
        template=template,
        complete=v1.complete,
        override=override,
        frame_name=name_of,
        type_name=v1.type_name,
    ),
)
CURRENT = VERSIONS[-1]

"""The table of fingerprint versions: the one that makes the ids of new events, and those whose groups it continues.

While an earlier version stands in `VERSIONS.previous`, every error has its id by that one too, and the group of that id
continues: a *transition* (`collector/drain/version_transition.py`). It ends when a release takes the row out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from collector.fingerprint.v1 import key as v1
from collector.fingerprint.v1.frames import name_of
from collector.fingerprint.v1.message import template
from collector.fingerprint.v1.override import override

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from collector.model import Fingerprint, Frame, FrameReason, StackException


class Selected(Protocol):
    """What a version chose of a stack; the rest of it is the version's own."""

    @property
    def frames(self) -> tuple[FrameReason, ...]:
        """What became of every frame."""

    @property
    def message_counts(self) -> bool:
        """Whether the fingerprint depends on a message's template."""

    @property
    def message_of(self) -> int:
        """The number of the exception whose message it is."""


S = TypeVar("S", bound=Selected)


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintVersion(Generic[S]):
    """One version. `select` looks at all but messages; `complete` adds the `template` of one.

    That is of the reported message, and of the one that counts where that is another's.
    `select` takes exceptions (messages in them are not read), raw lines, and the name of the parser that read them; what
    it gives can be kept and completed with many templates. `frame_name` is `module|function` as it is hashed,
    `type_name` a type; `override` puts parts that somebody gave in the computed one's place. Values of fingerprints begin
    with `name` and a colon.
    """

    name: str
    select: Callable[[Sequence[StackException], Sequence[str], str], S]
    template: Callable[[str], str]
    complete: Callable[[S, str, str | None], Fingerprint]
    frame_name: Callable[[Frame], str]
    type_name: Callable[[str], str]
    override: Callable[[Fingerprint, Sequence[str | None], Literal["override", "rule"]], Fingerprint]


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintVersions:
    """Which version makes ids, and which earlier ones it continues, the newest of them first."""

    current: FingerprintVersion[Any]
    previous: tuple[FingerprintVersion[Any], ...] = ()


V1 = FingerprintVersion(
    name="v1",
    select=v1.select,
    template=template,
    complete=v1.complete,
    override=override,
    frame_name=name_of,
    type_name=v1.type_name,
)

VERSIONS = FingerprintVersions(current=V1)

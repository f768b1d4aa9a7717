"""The key: what is hashed, in which order, and the hash.

Components, one string each, in order:

    error PaymentError          the reported exception: the last segment of its type
    in pay|charge               its counted frames, innermost first
    cause ConnectionError       the next of its chain (cause or context), and its frames
    in gateway|post
    member ValueError           members of groups: a set, since number and order vary
    in load|row
    line ...                    raw lines as templates, when no parser knew the text
    message order <value> ...   the message's template, only where the stack can't tell

The message counts if no frame counts (raw lines are no frames: what they name is not known), if the type is generic, or
if the one frame that counts is a helper that raises for everybody (`fail`, `raise_error`). The first
exception of the chain that has a counted frame decides, and its message is the one that counts: a
framework that wraps whatever it caught has no frame of the program.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import compress, repeat
from typing import TYPE_CHECKING, Literal, NamedTuple

from collector.fingerprint.v1 import frames as v1_frames
from collector.fingerprint.v1.languages.table import rules_of
from collector.fingerprint.v1.message import line_template
from collector.model import Fingerprint, FrameReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from collector.fingerprint.v1.languages.rules import LanguageRules
    from collector.model import StackException

PREFIX = "v1:"
CHAIN_MAX = 16
"""Exceptions of a chain that count, nearest the reported one: longer ones are retries."""
MEMBERS_MAX = 16
"""Different members of groups that count."""

SHORT_HASHES_MAX = 2048
COMPONENT_CHARS_KEPT = 1024
"""Hashes of types and templates that are remembered, and of what length these may be: at most 2.5 MB."""

_new_reason = partial(tuple.__new__, FrameReason)  # as FrameReason(...), in a third of the time

_OF_CHAIN = frozenset({"", "cause", "context"})

# Functions that raise on behalf of their caller: `fail`, `_raise_error`, `throwIfClosed`, `ThrowHelper`, `must`.
_RAISE_HELPER = re.compile(
    r"_{0,2}(?:(?:[Rr]aise|[Tt]hrow|[Aa]bort|[Ff]ail|[Rr]eject|[Pp]anic)(?:_\w{0,100}|[A-Z]\w{0,100})?"
    r"|[Dd]ie|[Bb]ail|bail_out|bailOut|BailOut|[Mm]ust|[Ee]nsure|[Rr]equire|[Aa]ssert|[Ii]nvariant)[!?]?"
)
_OWNER = re.compile(r"[.:#$]")


class Selection(NamedTuple):
    """Everything of a key but the message. `value` is empty when the message counts: that of exception `message_of`."""

    components: tuple[str, ...]
    frames: tuple[FrameReason, ...]
    message_counts: bool
    message_of: int
    value: str
    type_fingerprint: str
    origin: Literal["stack", "raw", "message"]


def select(exceptions: Sequence[StackException], raw_lines: Sequence[str], parser: str) -> Selection:
    """Choose what counts. `exceptions[0]` is the reported one; their messages are not read."""
    rules = rules_of(parser)
    any_in_app = any(frame.in_app for error in exceptions if error.relation != "suppressed" for frame in error.frames)
    frames: list[FrameReason] = []
    links: list[tuple[str, ...]] = []
    for number, error in enumerate(exceptions):
        kind = type_name(rules.plain_type(error.type))
        recursion = kind in rules.recursion_types
        if kind in rules.wrapper_types and any(
            link.relation == "cause" for link in exceptions[number + 1 : number + 2]
        ):
            why = [v1_frames.WRAPPER] * len(error.frames)
        else:
            why = v1_frames.reasons(error.frames, rules, recursion=recursion, any_in_app=any_in_app)
        is_counted = [reason == v1_frames.COUNTED for reason in why]
        frames.extend(map(_new_reason, zip(repeat(number), error.frames, is_counted, why, strict=False)))
        counted = [f"in {v1_frames.name_of(frame)}" for frame in compress(error.frames, is_counted)]
        if recursion:
            counted.sort()
        links.append((kind, *counted))
    lines = _raw_templates(raw_lines)
    components = (*_chain(exceptions, links), *lines)
    reported = links[0] if links else ("",)
    decider = _decider(exceptions, links, rules)
    message_counts = bool(lines) or _stack_cannot_tell(links[decider] if links else reported, rules)
    return Selection(
        components=components,
        frames=tuple(frames),
        message_counts=message_counts,
        message_of=decider,
        value="" if message_counts else value_of(components),
        type_fingerprint=_short_hash("type " + reported[0]),
        origin="raw" if lines else ("stack" if frames else "message"),
    )


def _decider(exceptions: Sequence[StackException], links: Sequence[tuple[str, ...]], rules: LanguageRules) -> int:
    """Number the exception that decides whether its message counts: the first of the chain with a counted frame."""
    of_chain = [number for number, error in enumerate(exceptions) if error.relation in _OF_CHAIN]
    for number in of_chain:
        if len(links[number]) > 1:
            return number
    return next((number for number in of_chain if links[number][0] not in rules.wrapper_types), 0)


def _stack_cannot_tell(reported: tuple[str, ...], rules: LanguageRules) -> bool:
    """Whether a type and its counted frames could be those of different errors."""
    kind, *counted = reported
    if not counted or not kind or kind in rules.generic_types:
        return True
    function = counted[0].rpartition("|")[2]
    return function in rules.unnamed or (
        len(counted) == 1 and _RAISE_HELPER.fullmatch(_OWNER.split(function)[-1]) is not None
    )


def complete(selection: Selection, text: str, counted: str | None = None) -> Fingerprint:
    """Make the fingerprint of a selection and templates of messages, which a storm's share.

    `text` is of the reported one, `counted` of the one that counts, where that is another.
    """
    components = selection.components
    value = selection.value
    if selection.message_counts:
        components = (*components, "message " + (text if counted is None else counted))
        value = value_of(components)
    return Fingerprint(
        value=value,
        type_fingerprint=selection.type_fingerprint,
        message_fingerprint=_short_hash("message " + text),
        components=components,
        frames=selection.frames,
        message_template=text,
        message_counted=selection.message_counts,
        origin=selection.origin,
    )


def type_name(qualified: str) -> str:
    """Take the last segment of a type: SDKs disagree about the module before it."""
    return re.split(r"[.\\/]|::", qualified)[-1] if not qualified.isalnum() else qualified


def _chain(exceptions: Sequence[StackException], links: Sequence[tuple[str, ...]]) -> Iterable[str]:
    """Put all components in order: the chain without repeats, then the members as a set."""
    runs: list[list[tuple[str, ...]]] = [[]]
    previous: tuple[str, ...] | None = None
    for error, (kind, *counted) in zip(exceptions, links, strict=True):
        if error.relation == "suppressed":
            continue  # what failed while cleaning up does not tell what failed
        if error.relation == "member":
            runs.append([])
            previous = None
        if (kind, *counted) == previous:
            continue
        previous = (kind, *counted)
        word = error.relation or "error"
        runs[-1].append((f"{word if word != 'context' else 'cause'} {kind}", *counted))
    flat = [tuple(part for link in run[:CHAIN_MAX] for part in link) for run in runs]
    members = sorted(set(flat[1:]))[:MEMBERS_MAX]
    return [part for run in (flat[0], *members) for part in run]


def _raw_templates(lines: Sequence[str]) -> list[str]:
    """Raw lines as templates, repeats left out."""
    found: dict[str, None] = {}
    for line in lines:
        found.setdefault("line " + line_template(line))
    return list(found)


def value_of(components: Iterable[str]) -> str:
    """Hash components into a fingerprint's value."""
    return PREFIX + _hash(components, 16)


def _short_hash(component: str) -> str:
    if len(component) <= COMPONENT_CHARS_KEPT:
        return _known_short_hash(component)
    return _hash((component,), 8)


@lru_cache(SHORT_HASHES_MAX)
def _known_short_hash(component: str) -> str:
    return _hash((component,), 8)


def _hash(components: Iterable[str], size: int) -> str:
    """BLAKE2b of the components, each with its length before it: no two lists look alike."""
    text = "".join([f"{len(component)}:{component}" for component in components])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()

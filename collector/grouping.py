"""The one composition: an error's text -> scrubbed texts, parsed stack, fingerprint, group (pure).

    cut      bound the text, make its line ends one kind
    outline  pieces that repeat (frames), pieces that differ (messages)   collector.stacks
    scrub    secrets out of every piece                                   collector.scrub
    read     frames and the order of the exceptions                       collector.stacks
    select   which types and frames count                                 collector.fingerprint
    finish   the message's template, the fingerprint                      collector.fingerprint

The drain, `otel-errors explain` and everything later that computes an id call this module; a
second composition would drift from the first. `group` is the plain form, the oracle; `Grouper`
gives the same results, remembers what repeats, and is for one thread.

In a storm the frames of a stack repeat and its messages do not, so that no whole text is seen
twice. `_prepare` does all that the messages have no part in, and its result is what `Grouper`
keeps.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from collector.fingerprint.versions import CURRENT
from collector.model import ExceptionSighting, Fingerprint, Grouping, Stack, StackException
from collector.scrub import scrub
from collector.stacks.sniff import choose

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collector.fingerprint.v1.key import Selection
    from collector.stacks.outline import Outline, Skeleton, StackParser

MESSAGE_CHARS_MAX = 16 * 1024
"""Characters of a message that are kept: longer ones are data."""

TYPE_CHARS_MAX = 1024
"""Characters of a type that are kept."""

PREPARED_STACKS_MAX = 4096
PREPARED_BYTES_MAX = 48 * 1024 * 1024
"""Stacks without messages that a `Grouper` remembers, and their estimated size."""

WHOLE_STACKS_MAX = 1024
WHOLE_BYTES_MAX = 16 * 1024 * 1024
"""Whole texts that a `Grouper` remembers: errors without an id in their messages."""

FINGERPRINTS_MAX = 8
"""Fingerprints that a prepared stack keeps, by the message's template: the messages of one raise share it."""

GROUP_IDS_MAX = 8192
"""Ids of groups that are remembered, about 0.4 KB each."""

OPENINGS_MAX = 4
"""Openings that a text is compared with before it is searched: a storm is of a few errors."""

SDK_LANGUAGE = "telemetry.sdk.language"
_OBJECTS_BYTES = 700  # of one frame: Frame, FrameReason and their strings, by tracemalloc

K = TypeVar("K")
V = TypeVar("V")


class _Opened(NamedTuple):
    """A stack's text in pieces, all but the bodies scrubbed; `read`: heads as (type, message)."""

    parser: StackParser
    preamble: str
    bodies: tuple[str, ...]
    heads: tuple[str, ...]
    read: tuple[tuple[str, str], ...]
    tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What a stack's bodies and types give, whatever the messages say. The bodies are scrubbed.

    `fingerprints` are those that were made of it, by template, so that a storm shares one.
    """

    bodies: tuple[str, ...]
    skeleton: Skeleton
    types: tuple[str, ...]
    selection: Selection
    culprit: str
    fingerprints: dict[str, Fingerprint] = field(default_factory=dict)


def group(sighting: ExceptionSighting) -> Grouping:
    """Group one sighting. Never raises, whatever its texts are."""
    opened = _scrub_pieces(*_cut(sighting))
    prepared = _prepare(opened.parser, opened.bodies, _types(opened), _sent_type(sighting))
    return _finish(sighting, opened, prepared)


class Grouper:
    """`group`, remembering what repeats. Bounded by count and bytes; for one thread."""

    def __init__(self) -> None:
        self._whole: _Recent[tuple[Any, ...], Grouping] = _Recent(WHOLE_STACKS_MAX, WHOLE_BYTES_MAX)
        self._prepared: _Recent[tuple[Any, ...], _Prepared] = _Recent(PREPARED_STACKS_MAX, PREPARED_BYTES_MAX)
        self._openings: deque[str] = deque(maxlen=OPENINGS_MAX)

    def group(self, sighting: ExceptionSighting) -> Grouping:
        """Group one sighting; equal to `group(sighting)`. Never raises."""
        if _override(sighting) is not None:
            return group(sighting)
        parser, outline = _cut(sighting, self._openings)
        if outline.opening and outline.opening not in self._openings:
            self._openings.append(outline.opening)
        resource = sighting.resource
        whole = (
            parser.name,
            outline,
            sighting.exception_message,
            sighting.exception_type,
            resource.get(SDK_LANGUAGE),
            resource.get("service.namespace"),
            resource.get("service.name"),
            _place(sighting),
        )
        grouping = self._whole.get(whole)
        if grouping is None:
            opened = _scrub_pieces(parser, outline)
            grouping = _finish(sighting, opened, self._prepare(opened, _sent_type(sighting)))
            size = 2 * len(grouping.stacktrace) + 4 * len(grouping.message) + _OBJECTS_BYTES
            self._whole.put(whole, grouping, size)
        return grouping

    def _prepare(self, opened: _Opened, sent_type: str) -> _Prepared:
        types = _types(opened)
        key = (opened.parser.name, opened.bodies, types, sent_type)
        prepared = self._prepared.get(key)
        if prepared is None:
            prepared = _prepare(opened.parser, opened.bodies, types, sent_type)
            size = 3 * sum(map(len, opened.bodies))
            size += _OBJECTS_BYTES * (2 + len(prepared.selection.frames))
            self._prepared.put(key, prepared, size)
        return prepared


class _Recent(Generic[K, V]):
    """A mapping that forgets what was not used for longest, when it holds too much."""

    def __init__(self, count_max: int, bytes_max: int) -> None:
        self._count_max, self._bytes_max = count_max, bytes_max
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: K) -> V | None:
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size_bytes: int) -> None:
        """Keep a value whose key is not known yet."""
        self._kept[key] = (value, size_bytes)
        self._bytes += size_bytes
        while len(self._kept) > self._count_max or self._bytes > self._bytes_max:
            self._bytes -= self._kept.popitem(last=False)[1][1]


@lru_cache(GROUP_IDS_MAX)
def group_id(service_namespace: str, service_name: str, fingerprint: str) -> str:
    """Make the id of a group, 16 hex digits: BLAKE2b of the service and the fingerprint."""
    parts = (service_namespace, service_name, fingerprint)
    text = "".join([f"{len(part)}:{part}" for part in parts])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def explain(
    text: str,
    *,
    language: str = "",
    exception_type: str = "",
    exception_message: str = "",
    service_name: str = "",
    service_namespace: str = "",
) -> Grouping:
    """Group a stack trace's text alone: what the drain would make of it.

    `language` is any value of `telemetry.sdk.language`; an unknown one is sniffed, and a text
    that nobody knows is taken as raw lines.
    """
    return group(
        ExceptionSighting(
            seen_in="log_record",
            timestamp_ns=0,
            observed_ns=0,
            exception_type=exception_type,
            exception_message=exception_message,
            exception_stacktrace=text,
            resource={
                SDK_LANGUAGE: language,
                "service.name": service_name,
                "service.namespace": service_namespace,
            },
        )
    )


def _cut(sighting: ExceptionSighting, openings: Iterable[str] = ()) -> tuple[StackParser, Outline]:
    """Bound the stack's text and cut it into pieces."""
    text = sighting.exception_stacktrace
    parser = choose(text, sighting.resource.get(SDK_LANGUAGE, ""))
    text = parser.cut(text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return parser, parser.outline(text, openings)


def _scrub_pieces(parser: StackParser, outline: Outline) -> _Opened:
    """Scrub the pieces that no other raise repeats, and read types and messages."""
    heads = tuple([scrub(head) for head in outline.heads])
    return _Opened(
        parser=parser,
        preamble=scrub(outline.preamble) if outline.preamble else "",
        bodies=outline.bodies,
        heads=heads,
        read=tuple([parser.read_head(head) for head in heads]),
        tail=scrub(outline.tail) if outline.tail else "",
    )


def _types(opened: _Opened) -> tuple[str, ...]:
    return tuple([kind for kind, _ in opened.read])


def _sent_type(sighting: ExceptionSighting) -> str:
    return sighting.exception_type[:TYPE_CHARS_MAX].strip()


def _prepare(parser: StackParser, bodies: tuple[str, ...], types: tuple[str, ...], sent_type: str) -> _Prepared:
    """Do all that messages have no part in. `sent_type` stands in where the text was cut off."""
    bodies = tuple(scrub(body) for body in bodies)
    skeleton = parser.read_bodies(bodies)
    kinds = [types[error.head] for error in skeleton.exceptions]
    kinds[0] = kinds[0] or sent_type
    exceptions = [
        StackException(type=kind, frames=error.frames, relation=error.relation)
        for kind, error in zip(kinds, skeleton.exceptions, strict=True)
    ]
    selection = CURRENT.select(exceptions, skeleton.raw_lines, parser.name)
    counted = next((reason.frame for reason in selection.frames if reason.counted), None)
    return _Prepared(
        bodies=bodies,
        skeleton=skeleton,
        types=tuple(kinds),
        selection=selection,
        culprit=f"{counted.module} in {counted.function}" if counted else "",
    )


def _finish(sighting: ExceptionSighting, opened: _Opened, prepared: _Prepared) -> Grouping:
    """Add what differs: messages, the template, the ids."""
    skeleton, resource = prepared.skeleton, sighting.resource
    exceptions = tuple(
        [
            StackException(
                type=kind,
                message=opened.read[error.head][1],
                frames=error.frames,
                relation=error.relation,
            )
            for kind, error in zip(prepared.types, skeleton.exceptions, strict=True)
        ]
    )
    message = _message(sighting, exceptions[0].message)
    fingerprint = _override(sighting) or _fingerprint(prepared, message)
    pieces = [opened.preamble]
    for body, head in zip(prepared.bodies, opened.heads, strict=True):
        pieces += (body, head)
    pieces.append(opened.tail)
    return Grouping(
        group_id=group_id(
            resource.get("service.namespace", ""),
            resource.get("service.name", ""),
            fingerprint.value,
        ),
        fingerprint=fingerprint,
        stack=Stack(
            parser=opened.parser.name,
            language=resource.get(SDK_LANGUAGE, "") or opened.parser.name.replace("raw", ""),
            exceptions=exceptions,
            raw_lines=skeleton.raw_lines,
            raise_site=skeleton.raise_site,
            escaped_span=skeleton.escaped_span,
        ),
        exception_type=prepared.types[0],
        message=message,
        stacktrace="".join(pieces),
        culprit=prepared.culprit or scrub(_place(sighting)),
    )


def _fingerprint(prepared: _Prepared, message: str) -> Fingerprint:
    text = CURRENT.template(message)
    known = prepared.fingerprints.get(text)
    if known is None:
        known = CURRENT.complete(prepared.selection, text)
        if len(prepared.fingerprints) < FINGERPRINTS_MAX:
            prepared.fingerprints[text] = known
    return known


def _override(sighting: ExceptionSighting) -> Fingerprint | None:  # noqa: ARG001 - the seam's shape
    """Take the application's or a server rule's word before the computed one: none yet."""
    return None


def _message(sighting: ExceptionSighting, in_stack: str) -> str:
    """Choose the reported message: the stack's less the notes, else the one that was sent.

    Signals differ in what they send (`2` for `[Errno 2] No such file: '/x'`), and notes are added
    on the way up.
    """
    if in_stack and "\n" not in in_stack:
        return in_stack[:MESSAGE_CHARS_MAX]
    sent = scrub(sighting.exception_message[:MESSAGE_CHARS_MAX]).strip()
    if not in_stack or (sent and in_stack.startswith(sent + "\n")):
        return sent
    return in_stack[:MESSAGE_CHARS_MAX]


def _place(sighting: ExceptionSighting) -> str:
    """Where an error without frames happened: the route, else the span's name."""
    return sighting.attributes.get("http.route", "") or sighting.span_name


def as_json(grouping: Grouping) -> dict[str, Any]:
    """Tell a grouping and its reasons in values that `json.dumps` takes: what `explain` prints.

    `frames` are listed innermost first, per exception; `reason` says why a frame did not count.
    """
    fingerprint, stack = grouping.fingerprint, grouping.stack
    return {
        "fingerprint": fingerprint.value,
        "group_id": grouping.group_id,
        "type_fingerprint": fingerprint.type_fingerprint,
        "message_fingerprint": fingerprint.message_fingerprint,
        "origin": fingerprint.origin,
        "components": list(fingerprint.components),
        "message_template": fingerprint.message_template,
        "message_counted": fingerprint.message_counted,
        "type": grouping.exception_type,
        "message": grouping.message,
        "culprit": grouping.culprit,
        "parser": stack.parser,
        "language": stack.language,
        "raise_site": stack.raise_site,
        "escaped_span": stack.escaped_span,
        "exceptions": [
            {
                "type": error.type,
                "message": error.message,
                "relation": error.relation,
                "frames": [
                    {
                        "module": reason.frame.module,
                        "function": reason.frame.function,
                        "file": reason.frame.file,
                        "line": reason.frame.line,
                        "in_app": reason.frame.in_app,
                        "counted": reason.counted,
                        "reason": reason.reason,
                    }
                    for reason in fingerprint.frames
                    if reason.exception == number
                ],
            }
            for number, error in enumerate(stack.exceptions)
        ],
        "raw_lines": list(stack.raw_lines),
        "stacktrace": grouping.stacktrace,
    }

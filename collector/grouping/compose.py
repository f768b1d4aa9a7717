"""The steps from a text to its group, each a function, and `group`, which takes them one after the other.

In a storm the frames of a stack repeat and its messages do not, so that no whole text is seen twice. `prepare` does all
that the messages have no part in, and its result is what `Grouper` keeps.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from collector.fingerprint.versions import VERSIONS
from collector.grouping.choices import Prepared, choose
from collector.grouping.ruling import UNRULED, Known, override, rule_on
from collector.model import Grouping, PreviousGroup, Stack, StackException
from collector.rules.parts import read_override
from collector.scrub import scrub
from collector.severity import severity
from collector.stacks import log_prefix
from collector.stacks.log_lines import plain, without_log_lines
from collector.stacks.sniff import choose as choose_parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from collector.fingerprint.versions import FingerprintVersions
    from collector.grouping.choices import Choice, Ruling
    from collector.model import ExceptionSighting
    from collector.rules.matcher import RuleMatcher
    from collector.stacks.outline import Outline, StackParser

MESSAGE_CHARS_MAX = 16 * 1024
"""Characters of a message that are kept: longer ones are data."""

TYPE_CHARS_MAX = 1024
"""Characters of a type that are kept."""

PLAIN_BODIES_MAX = 8
"""Bodies whose plain form is remembered, at most 0.5 MB of one stack: those of openings come again as they are."""

GROUP_IDS_MAX = 8192
"""Ids of groups that are remembered, about 0.4 KB each."""

SDK_LANGUAGE = "telemetry.sdk.language"

_CLASS = re.compile(r"[A-Z]\w{0,99}[a-z]\w{0,99}")  # the name of one, and no code such as ECONNREFUSED


class Opened(NamedTuple):
    """A stack's text in pieces, all but the bodies scrubbed; `read`: heads as (type, message).

    `plain` are the bodies without what differs between two raises: what frames are read from.
    """

    parser: StackParser
    preamble: str
    bodies: tuple[str, ...]
    plain: tuple[str, ...]
    heads: tuple[str, ...]
    read: tuple[tuple[str, str], ...]
    tail: str


def group(
    sighting: ExceptionSighting, rules: RuleMatcher | None = None, versions: FingerprintVersions = VERSIONS
) -> Grouping:
    """Group one sighting. Never raises, whatever its texts are."""
    opened = scrub_pieces(*cut(sighting))
    prepared = prepare(opened, types_of(opened), sent_type(sighting), versions)
    return finish(sighting, opened, prepared, rules)


@lru_cache(GROUP_IDS_MAX)
def group_id(service_namespace: str, service_name: str, fingerprint: str) -> str:
    """Make the id of a group, 16 hex digits: BLAKE2b of the service and the fingerprint."""
    parts = (service_namespace, service_name, fingerprint)
    text = "".join([f"{len(part)}:{part}" for part in parts])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def cut(sighting: ExceptionSighting, openings: Iterable[str] = ()) -> tuple[StackParser, Outline]:
    """Bound the stack's text and cut it into pieces."""
    text = plain(sighting.exception_stacktrace)
    parser = choose_parser(text, sighting.resource.get(SDK_LANGUAGE, ""))
    text = parser.cut(text)
    if not parser.begins_with_message:
        return parser, parser.outline(text, openings)
    logged, text = log_prefix.split(text)
    outline = parser.outline(text, openings)
    return parser, outline._replace(preamble=logged + outline.preamble) if logged else outline


def scrub_pieces(parser: StackParser, outline: Outline) -> Opened:
    """Scrub the pieces that no other raise repeats, and read types and messages."""
    preamble, bodies, heads, tail, _ = outline
    heads = tuple([scrub(head) if head else "" for head in heads])
    return Opened(
        parser,
        scrub(preamble) if preamble else "",
        bodies,
        _plain(parser.plain_body, bodies) if parser.plain_body is not None else bodies,
        heads,
        tuple([parser.read_head(without_log_lines(head)) for head in heads]),
        scrub(tail) if tail else "",
    )


@lru_cache(PLAIN_BODIES_MAX)
def _plain(plain_body: Callable[[str], str], bodies: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(plain_body, bodies))


def types_of(opened: Opened) -> tuple[str, ...]:
    """The types that the heads begin with."""
    return tuple([kind for kind, _ in opened.read])


def sent_type(sighting: ExceptionSighting) -> str:
    """The type as it was sent, which stands in where the text has none."""
    return sighting.exception_type[:TYPE_CHARS_MAX].strip()


def prepare(opened: Opened, types: tuple[str, ...], sent: str, versions: FingerprintVersions) -> Prepared:
    """Do all that messages have no part in. `sent` stands in where the text was cut off."""
    parser = opened.parser
    bodies = _scrub_all(opened.bodies)
    skeleton = parser.read_bodies(bodies if opened.plain == opened.bodies else _scrub_all(opened.plain))
    kinds = [types[error.head] for error in skeleton.exceptions]
    if not kinds[0] or (kinds[0] in parser.vague_types and _CLASS.fullmatch(sent)):
        kinds[0] = sent
    return Prepared(
        sent=opened.bodies,
        bodies=bodies,
        skeleton=skeleton,
        types=tuple(kinds),
        parser=parser.name,
        versions=versions,
        plain=choose(skeleton, kinds, tuple([error.frames for error in skeleton.exceptions]), parser.name, versions),
        choices={},
        rulings={},
    )


def finish(
    sighting: ExceptionSighting, opened: Opened, prepared: Prepared, rules: RuleMatcher | None = None
) -> Grouping:
    """Add what differs: messages, the template, what rules and the application say, the ids."""
    skeleton, resource = prepared.skeleton, sighting.resource
    message = message_of(sighting, opened.read[skeleton.exceptions[0].head][1], opened.parser)
    messages = [message, *[opened.read[error.head][1] for error in skeleton.exceptions[1:]]]
    language = resource.get(SDK_LANGUAGE, "") or opened.parser.name.replace("raw", "")
    by_default = severity(sighting, left_span=skeleton.escaped_span)
    given = read_override(sighting.attributes)
    ruled = None
    if given or rules is not None:
        known = Known(prepared.types[0], message, language, by_default, given)
        ruling = rule_on(sighting, prepared, known, rules)
        choice, verdict = ruling.choice, ruling.verdict
        if given or ruling.fingerprint_rule is not None:
            ruled = known, ruling
    else:
        choice, verdict = prepared.plain, UNRULED[by_default]
    fingerprint = choice.fingerprint(messages)
    if ruled:
        fingerprint = override(sighting, fingerprint, *ruled, choice)
    exceptions = tuple(
        [
            StackException(type=kind, message=opened.read[error.head][1], frames=frames, relation=error.relation)
            for kind, error, frames in zip(prepared.types, skeleton.exceptions, choice.frames, strict=True)
        ]
    )
    pieces = [opened.preamble]
    bodies = prepared.bodies if opened.bodies == prepared.sent else _scrub_all(opened.bodies)
    for body, head in zip(bodies, opened.heads, strict=True):
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
            language=language,
            exceptions=exceptions,
            raw_lines=skeleton.raw_lines,
            raise_site=skeleton.raise_site,
            escaped_span=skeleton.escaped_span,
        ),
        exception_type=prepared.types[0],
        message=message,
        pieces=tuple(pieces),
        culprit=choice.culprit or scrub(place(sighting)),
        verdict=verdict,
        previous=tuple([_previous(sighting, older, messages, ruled) for older in choice.previous]),
    )


def _previous(
    sighting: ExceptionSighting, choice: Choice, messages: Sequence[str], ruled: tuple[Known, Ruling] | None
) -> PreviousGroup:
    """The group by an earlier version. Its template is made only where it can matter: this is done for every error."""
    asked = choice.selection.message_counts or ruled is not None
    fingerprint = choice.fingerprint(messages) if asked else choice.without_message()
    if ruled:
        fingerprint = override(sighting, fingerprint, *ruled, choice)
    resource = sighting.resource
    return PreviousGroup(
        group_id(resource.get("service.namespace", ""), resource.get("service.name", ""), fingerprint.value),
        fingerprint.value,
        fingerprint.components,
    )


def _scrub_all(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([scrub(text) if text else "" for text in texts])


def message_of(sighting: ExceptionSighting, in_stack: str, parser: StackParser) -> str:
    """Choose the reported message: the stack's less the notes, else the one that was sent.

    Signals differ in what they send (`2` for `[Errno 2] No such file: '/x'`), and notes are added
    on the way up. What was sent is chosen if it is the stack's with words before it, which those who
    wrapped a Go error added.
    """
    if in_stack and "\n" not in in_stack:
        if not sighting.exception_message.endswith(f": {in_stack}"):
            return in_stack[:MESSAGE_CHARS_MAX]
        return scrub(sighting.exception_message[:MESSAGE_CHARS_MAX]).strip()
    sent = parser.plain_message(scrub(sighting.exception_message[:MESSAGE_CHARS_MAX]).strip())
    if not in_stack or (sent and in_stack.startswith(sent + "\n")):
        return sent
    return in_stack[:MESSAGE_CHARS_MAX]


def place(sighting: ExceptionSighting) -> str:
    """Where an error without frames happened: the route, else the span's name."""
    return sighting.attributes.get("http.route", "") or sighting.span_name

"""The vocabulary: the values that travel between the stages, in the order in which they appear.

bytes -> `ExceptionSighting` -> `Stack` -> `Grouping` -> rows

An *exception sighting* is one exception as one span event or one log record tells it. Several sightings
can tell of the same *occurrence* (an exception that passes five spans is seen five times); an occurrence
is stored once, as an *error event*; its later sightings are stored beside it, as *error sightings*.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Signal = Literal["traces", "logs", "metrics"]
"""An OTLP signal, by the word that its URL path and its tables use."""

SIGNALS: tuple[Signal, ...] = ("traces", "logs", "metrics")

SeenIn = Literal["span_event", "log_record"]
"""What carried the exception: an event on a span, or a log record."""

SpanStatus = Literal["", "unset", "ok", "error"]
"""A span's status code, in OpenTelemetry's words; empty where there is no span."""

Severity = Literal["fatal", "error", "warning", "info"]
"""How bad an error is; `collector/severity.py` decides."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


# Of these and of what is made of them for each error there are tens of thousands a second: tuples, since a frozen
# dataclass takes five times as long to make.
class ExceptionSighting(NamedTuple):
    """One exception, as one span event or one log record tells it. Text is as sent (invalid UTF-8 replaced).

    Times are Unix nanoseconds; ids are lower-case hex, empty when not sent. `ordinal` numbers the sightings
    of one request that agree in everything else that identifies them (span, time, type, message), so that
    ten equal rows recorded in the same clock tick stay ten and a re-delivered request repeats its own numbers.
    """

    seen_in: SeenIn
    timestamp_ns: int
    observed_ns: int
    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str = ""
    span_name: str = ""
    span_kind: str = ""
    span_status: SpanStatus = ""
    exception_type: str = ""
    exception_message: str = ""
    exception_stacktrace: str = ""
    escaped: bool = False
    event_id: str = ""
    weight: int = 1
    severity_number: int = 0
    ordinal: int = 0
    resource: Mapping[str, str] = _NOTHING
    attributes: Mapping[str, str] = _NOTHING


class Frame(NamedTuple):
    """One call in a stack. `line` and `column` count from 1; 0 means unknown."""

    module: str = ""
    function: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    in_app: bool = False


Relation = Literal["", "cause", "context", "member", "suppressed"]
"""How an exception is tied to the one before it."""


class StackException(NamedTuple):
    """One exception of a chain: its type and message as the stack text has them, frames innermost first.

    `relation` says how it is tied to the exception before it: "" for the reported one, "cause" (raise ... from),
    "context" (raised while handling), "member" (of an exception group), "suppressed" (happened while the one before it
    was cleaned up after).
    """

    type: str = ""
    message: str = ""
    frames: tuple[Frame, ...] = ()
    relation: Relation = ""


class Stack(NamedTuple):
    """A parsed stack trace. `exceptions[0]` is the reported exception; causes and members follow, nearest first.

    `parser` names the module of `collector.stacks` that read it. `raw_lines` is filled by the fallback alone: the
    lines as they are, when nobody knows the language. `raise_site` identifies where the reported exception was raised
    ("file:line:function" of its innermost frame, or a digest of the raw lines): equal for the same raise seen from
    several spans. `escaped_span` is true when the outermost frame is the OpenTelemetry SDK's own, which shows that
    the exception left the span instead of being recorded in it.
    """

    parser: str
    language: str = ""
    exceptions: tuple[StackException, ...] = ()
    raw_lines: tuple[str, ...] = ()
    raise_site: str = ""
    escaped_span: bool = False


class FrameReason(NamedTuple):
    """What became of one frame of exception number `exception`: `counted`, or the reason why it did not count."""

    exception: int
    frame: Frame
    counted: bool
    reason: str


class Fingerprint(NamedTuple):
    """Which errors are the same error. `value` carries its version ("v1:" and 32 hex digits).

    `components` are the strings that were hashed, in order; `frames` and `message_template` say how they came about.
    `origin` is what it was made of; `override` is the application's word, `rule` that of a server's rule.
    """

    value: str
    type_fingerprint: str
    message_fingerprint: str
    components: tuple[str, ...]
    frames: tuple[FrameReason, ...] = ()
    message_template: str = ""
    message_counted: bool = False
    origin: Literal["stack", "raw", "message", "override", "rule"] = "stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How bad an error is, and what the server's rules did about it.

    `rules` are the names of those that did something, in their order; `fingerprint_rule` is the one that set the
    fingerprint, `dropped_by` the one that keeps the error from becoming an event; both empty if none did.
    """

    severity: Severity
    rules: tuple[str, ...] = ()
    fingerprint_rule: str = ""
    dropped_by: str = ""


class PreviousGroup(NamedTuple):
    """An error's group by an earlier version of the fingerprint, whose value and components stand beside it."""

    group_id: str
    fingerprint: str
    components: tuple[str, ...]


class Grouping(NamedTuple):
    """Everything that the text of an error tells: scrubbed texts, the parsed stack, the fingerprint, the group.

    `exception_type` and `message` are re-read from the stack where there is one, since the raw attributes of the same
    error differ between signals (`json.decoder.JSONDecodeError` and `JSONDecodeError`). `pieces` are the stack's text:
    what repeats in a storm is one object in all of its errors. `previous` are its groups by the earlier versions that are
    continued, the newest first: empty but in a transition.
    """

    group_id: str
    fingerprint: Fingerprint
    stack: Stack
    exception_type: str
    message: str
    pieces: tuple[str, ...]
    culprit: str
    verdict: Verdict
    previous: tuple[PreviousGroup, ...] = ()

    @property
    def stacktrace(self) -> str:
        """The scrubbed text of the stack."""
        return "".join(self.pieces)

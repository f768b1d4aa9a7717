"""An exception as text: rendered once, bounded, holding no frame.

Theory. The text must be what `traceback.format_exception` gives, since the SDK's own span events
have that shape and every tool reads it. It must also be bounded, and the two ends of a trace are
not worth the same: the raise point (the innermost frame) and the last line (`Type: message`) say
what broke, the outermost frames say how the program was started. A plain cut at the end, as the
SDK's attribute limits do it, loses just what matters. So:

1. The number of exceptions is counted first, without formatting. Within `EXCEPTIONS_MAX`, the
   standard library formats the chain, keeping the innermost `frames_max` frames of each exception.
   Beyond it, only the reported exception is formatted (a retry loop can chain thousands; formatting
   them all would stop the application).
2. Text that is still too long loses outer frames, the same number in each exception of the chain,
   and a line says how many. What then is too long is cut from the end that does not hold the
   reported exception.

User code runs here (`__str__`, `__notes__`, `__cause__` properties): whatever it raises, a text
comes out.
"""

from __future__ import annotations

import builtins
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from otel_errors._frame_texts import format_exception

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EXCEPTIONS_MAX: Final = 50  # causes, contexts and group members; more can't be read by a person anyway
TYPE_LENGTH_MAX: Final = 512  # characters; a generated class name can be any length
_FRAMES_KEPT: Final = (64, 32, 16, 8, 4, 2, 1)  # per exception, tried in turn until the text fits
_GROUP: Final[Any] = getattr(builtins, "BaseExceptionGroup", ())  # Python 3.10 has none
_UNPRINTABLE: Final = "<exception str() failed>"  # the words of the traceback module


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """An exception as text.

    `type` is "module.qualname", builtins bare, as the SDK writes it; `message` is `str(exception)`;
    `chunks` are the stack trace in the pieces that the traceback module made, for `fit`; `grouped`
    when the trace is an exception group's, which is written from the top.
    """

    type: str
    message: str
    chunks: tuple[str, ...]
    grouped: bool

    @property
    def title(self) -> str:
        """One line for people: "ValueError: boom"."""
        return f"{self.type}: {self.message}" if self.message else self.type


def render(exception: BaseException, *, frames_max: int, message_length_max: int) -> Rendered:
    """Render `exception` with its chain.

    Never raises an `Exception`; calls the exception's `__str__` (twice).
    """
    return Rendered(
        type=type_name(exception),
        message=_sendable(shorten(safe_str(exception), message_length_max)),
        chunks=tuple([_sendable(chunk) for chunk in _chunks(exception, frames_max, message_length_max)]),
        grouped=bool(members(exception)),
    )


def type_name(exception: BaseException) -> str:
    """Return the type as the SDK writes it: "module.qualname", builtins bare."""
    kind = type(exception)
    module = getattr(kind, "__module__", None)
    name = kind.__qualname__
    full = name if not isinstance(module, str) or module in ("", "builtins") else f"{module}.{name}"
    return full[:TYPE_LENGTH_MAX]


def fit(rendered: Rendered, length_max: int) -> str:
    """Return the stack trace in `length_max` characters, with raise point and last line."""
    chunks: Sequence[str] = rendered.chunks
    if _length(chunks) <= length_max:
        return "".join(chunks)
    # Half of the room is for the frames: else one long message would push the raise point out.
    chunks = [chunk if _is_frame(chunk) else shorten(chunk, length_max // 2) for chunk in chunks]
    for kept in _FRAMES_KEPT:
        if _length(chunks) <= length_max:
            return "".join(chunks)
        chunks = list(_without_outer_frames(chunks, kept))
    text = "".join(chunks)
    if len(text) <= length_max:
        return text
    return _first_lines(text, length_max) if rendered.grouped else _last_lines(text, length_max)


def _sendable(text: str) -> str:
    """Write lone surrogates as Python prints them: an exporter can't encode them, and drops the whole batch.

    They come from file names that are no UTF-8 (`os.fsdecode`) and from JSON.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="backslashreplace").decode()
    return text


def _chunks(exception: BaseException, frames_max: int, message_length_max: int) -> Iterable[str]:
    try:
        if _is_longer_than(exception, EXCEPTIONS_MAX):
            return _alone(exception, frames_max, message_length_max)
        chunks = format_exception(exception, frames_max=frames_max)
    except Exception:  # noqa: BLE001 - the exception's own code ran and raised
        return _alone(exception, frames_max, message_length_max)
    return [
        chunk if len(chunk) <= message_length_max or _is_frame(chunk) else shorten(chunk, message_length_max)
        for chunk in chunks
    ]


def _alone(exception: BaseException, frames_max: int, message_length_max: int) -> Iterable[str]:
    """Render the reported exception alone, asking of it only its traceback and its `__str__`."""
    yield "Traceback (most recent call last):\n"
    frames = traceback.StackSummary.extract(
        traceback.walk_tb(exception.__traceback__), limit=-frames_max, lookup_lines=False
    )
    for frame in frames:
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n'
    message = shorten(safe_str(exception), message_length_max)
    yield f"{type_name(exception)}: {message}\n" if message else f"{type_name(exception)}\n"


def _is_longer_than(exception: BaseException, count_max: int) -> bool:
    """Whether more than `count_max` exceptions hang together, as the traceback module goes."""
    seen: set[int] = set()
    waiting = [exception]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if len(seen) > count_max:
            return True
        inside = members(current)
        if len(inside) > count_max:
            return True
        waiting.extend(inside)
        linked = current.__cause__
        if linked is None and not current.__suppress_context__:
            linked = current.__context__
        if linked is not None:
            waiting.append(linked)
    return False


def members(exception: BaseException) -> Sequence[BaseException]:
    """Return the members of an exception group, () for any other exception."""
    return exception.exceptions if isinstance(exception, _GROUP) else ()


def safe_str(exception: BaseException) -> str:
    try:
        return str(exception)
    except Exception:  # noqa: BLE001 - the exception's own code
        return _UNPRINTABLE


def _length(chunks: Iterable[str]) -> int:
    return sum(map(len, chunks))


def _is_frame(chunk: str) -> bool:
    """Whether the chunk is a frame with its source line, perhaps after a group's margin."""
    return chunk.lstrip(" |+-").startswith(('File "', "[Previous line repeated"))


def _without_outer_frames(chunks: Sequence[str], kept: int) -> Iterable[str]:
    """Of each run of frames only the last `kept`, with a line that says how many went."""
    run: list[str] = []
    for chunk in (*chunks, None):
        if chunk is not None and _is_frame(chunk):
            run.append(chunk)
            continue
        if len(run) > kept:
            margin = run[0][: len(run[0]) - len(run[0].lstrip(" |+-"))]
            yield f"{margin}[{len(run) - kept} outer frames cut]\n"
        yield from run[-kept:]
        run.clear()
        if chunk is not None:
            yield chunk


def shorten(text: str, length_max: int) -> str:
    """`text` in at most `length_max` characters, its end replaced by how much of it went."""
    if len(text) <= length_max:
        return text
    end = "\n" if text.endswith("\n") else ""
    note = f"... [{len(text)} characters, cut]{end}"
    return text[: max(length_max - len(note), 0)] + note[-length_max:]


def _last_lines(text: str, length_max: int) -> str:
    tail = text[-length_max:]
    _partial, newline, whole = tail.partition("\n")
    return whole if newline and whole else tail


def _first_lines(text: str, length_max: int) -> str:
    head = text[:length_max]
    whole, newline, _partial = head.rpartition("\n")
    return whole + newline if newline else head

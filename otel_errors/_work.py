"""What this thread or task is doing now: the request or job that a framework handles.

A framework's hook says it as the work begins, so that every error told meanwhile has it: one that a span sees first, one
that is logged, and one that the framework turns into a 500. It is read when there is an error, from the framework's own
object; in good times it costs one context variable. When the work ends the object is let go, also in tasks that outlive
it.

Some exceptions are how an application answers: `abort(404)`, `raise Http404`. While a request is handled they are no
errors. They are told by the names of their classes, so that no framework is imported for it.
"""

from __future__ import annotations

import multiprocessing
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from otel_errors import _origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextvars import Token

    from opentelemetry.trace import SpanContext
    from opentelemetry.util.types import AnyValue

_ANSWER: Final = "__otel_errors_answer__"  # on an exception of which only its hook can say that it is one
_SERVER_ERROR_MIN: Final = 500

_STATUS_OF: Final = {
    "werkzeug.exceptions.HTTPException": "code",
    "starlette.exceptions.HTTPException": "status_code",
    "aiohttp.web_exceptions.HTTPException": "status",
    "rest_framework.exceptions.APIException": "status_code",
}
"""Exceptions that are a response: the attribute that has its status."""

_ANSWERS: Final = frozenset(
    {
        "celery.exceptions.TaskPredicate",  # Retry, Ignore, Reject
        "django.core.exceptions.BadRequest",
        "django.core.exceptions.PermissionDenied",
        "django.core.exceptions.SuspiciousOperation",
        "django.http.multipartparser.MultiPartParserError",
        "django.http.response.Http404",
        "dramatiq.errors.Retry",
        "dramatiq.middleware.middleware.SkipMessage",
        "dramatiq.rate_limits.rate_limiter.RateLimitExceeded",
        "fastapi.exceptions.RequestValidationError",
        "fastapi.exceptions.WebSocketRequestValidationError",
        "starlette.exceptions.WebSocketException",
    }
)
"""Exceptions that ask the client, or the queue, for something: never a failure of the work."""


class Work:
    """One request or job. `describe` gives its attributes.

    `noted` is the exception that was last seen to leave its code, `noted_in` the span that was current there: it becomes
    an error when the work turns out to have failed.
    """

    __slots__ = ("_describe", "_token", "noted", "noted_in")

    def __init__(self, describe: Callable[[], dict[str, AnyValue]]) -> None:
        self._describe: Callable[[], dict[str, AnyValue]] | None = describe
        self.noted: BaseException | None = None
        self.noted_in: SpanContext | None = None
        self._token: Token[Work | None] | None = None

    def begin(self) -> Work:
        """It is what this thread or task does now."""
        self._token = _CURRENT.set(self)
        return self

    def end(self) -> None:
        """It is done: what was done before is again, and the framework's objects are let go."""
        self._describe = self.noted = self.noted_in = None
        token, self._token = self._token, None
        if token is not None:
            try:
                _CURRENT.reset(token)
            except ValueError:  # it ends in another context than it began in
                return

    def note(self, exception: BaseException) -> None:
        """Remember that `exception` left the work's code, here and now."""
        self.noted, self.noted_in = exception, _origin.current()

    def attributes(self) -> dict[str, AnyValue]:
        """What tells of it, as it stands now. Empty once it has ended, and where the framework's object won't say."""
        if self._describe is None:
            return {}
        try:
            return self._describe()
        except Exception:  # noqa: BLE001 - a broken request must not hide its error
            return {}


_CURRENT: Final[ContextVar[Work | None]] = ContextVar("otel_errors_work", default=None)
_loggers_of_frameworks: Final[set[str]] = set()


def current() -> Work | None:
    """Return what is being done; None when no framework said so."""
    return _CURRENT.get()


def joined(given: Mapping[str, AnyValue] | None, *, is_here: bool) -> Mapping[str, AnyValue]:
    """Return the attributes of what is being done, and over them those `given` with an error.

    `is_here` is False for an error that comes from elsewhere: what is being done now is no part of it.
    """
    work = _CURRENT.get() if is_here else None
    if work is None:
        return given or {}
    return {**work.attributes(), **(given or {})}


def is_answer(exception: BaseException) -> bool:
    """Whether `exception` is how the work answers, with a status below 500, or asks to be done again later."""
    if _attributes_of(exception).get(_ANSWER):
        return True
    if _CURRENT.get() is None:
        return False
    for kind in type(exception).__mro__:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name in _ANSWERS:
            return True
        status_attribute = _STATUS_OF.get(name)
        if status_attribute is not None:
            return not is_server_error(getattr(exception, status_attribute, None))
    return False


def mark_answer(exception: BaseException) -> None:
    """`exception` is an answer, also when it is seen outside the work."""
    _attributes_of(exception)[_ANSWER] = True


def _attributes_of(exception: BaseException) -> dict[str, Any]:
    attributes: dict[str, Any] = object.__getattribute__(exception, "__dict__")  # a frozen dataclass may be one
    return attributes


def is_server_error(status: Any) -> bool:
    """Whether an HTTP status says that the server failed."""
    return isinstance(status, int) and status >= _SERVER_ERROR_MIN


def leave_logger(name: str) -> None:
    """A hook sees what the framework's logger `name`, and those below it, log with an exception: they need not tell."""
    _loggers_of_frameworks.add(name)


def take_logger(name: str) -> None:
    """The hook is gone: the logger tells again."""
    _loggers_of_frameworks.discard(name)


def is_left_to_a_hook(logger: str) -> bool:
    """Whether a hook sees what `logger` logs. In a worker process of a pool none does: it sits in the parent."""
    return (
        any(logger == name or logger.startswith(f"{name}.") for name in _loggers_of_frameworks)
        and multiprocessing.parent_process() is None
    )

"""What can go wrong with the service itself: the users' errors are *errors*, ours are *failures*.

    Failure                     one line for a person: what happened, to what, and what to do
    ├── SettingsInvalid         a setting can't be used; the command ends with 2
    │   └── RulesInvalid            a rules file has mistakes: one line each
    ├── StartFailure            the service can't start: port taken, folder locked, ClickHouse unreachable
    ├── RequestRefused          a request that we do not take; `receive/respond.py` turns it into a status
    │   ├── RequestMalformed        the bytes are not OTLP: INVALID_ARGUMENT, 400
    │   ├── RequestTooLarge         RESOURCE_EXHAUSTED, 413
    │   └── RequestUnavailable      try again later: UNAVAILABLE, 503, with the delay
    ├── StoreFailure            ClickHouse refused or could not be asked
    │   ├── StoreUnavailable        unreachable, or short of a resource: the same insert may succeed later
    │   └── StoreRejected           the data or the statement is at fault: the same insert will fail again
    └── QueryRefused            a statement that the SQL port does not run; carries ClickHouse's error code

A class exists because somebody catches it.
"""

from __future__ import annotations


class Failure(Exception):
    """A failure of the service, told in one line that says what to do."""


class SettingsInvalid(Failure):
    """A setting has a value that can't be used."""


class RulesInvalid(SettingsInvalid):
    """A rules file has mistakes. `mistakes` tells each in one line, with its line in the file."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


class StartFailure(Failure):
    """The service can't start."""


class RequestRefused(Failure):
    """A request that we do not take; nothing of it was kept."""


class RequestMalformed(RequestRefused):
    """The request's framing is broken; sending it again can't help."""


class RequestTooLarge(RequestRefused):
    """The request is over the limit, before or after decompression."""


class RequestUnavailable(RequestRefused):
    """The request can't be kept now; the same request may be sent again after `retry_after_seconds`."""

    def __init__(self, message: str, *, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class StoreFailure(Failure):
    """ClickHouse did not do what it was asked. `code` is ClickHouse's error number, 0 when it gave none."""

    def __init__(self, message: str, *, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class StoreUnavailable(StoreFailure):
    """The same request may succeed later: no connection, a timeout, no memory, no disk, too many parts."""


class StoreRejected(StoreFailure):
    """The same request will fail again: the data or the statement is at fault."""


class QueryRefused(Failure):
    """A statement that the SQL port does not run. `code` is the error number that a ClickHouse server would give."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code

"""Never harm the app: our own failure is counted, logged once, and swallowed.

An exception raised in a span processor's hook would replace the application's own (tried with the
OpenTelemetry SDK 1.45), so every body that the SDK or the interpreter calls ends in `except
Exception: guard.failed("where")`.
"""

from __future__ import annotations

import contextlib
import logging
import sys

_logger = logging.getLogger("otel_errors")


class Guard:
    """Counts our own failures. `failures` is the number since this guard was made."""

    __slots__ = ("failures",)

    def __init__(self) -> None:
        self.failures = 0

    def failed(self, where: str) -> None:
        """Note the exception that is being handled; `where` names what we were doing. Never raises.

        Only the first is logged, by its type alone: a storm of our failures must not become a storm
        of log lines, and its message or trace could quote the application's data.
        """
        self.failures += 1
        if self.failures > 1:
            return
        failure = sys.exc_info()[0]
        with contextlib.suppress(Exception):
            _logger.warning(
                "otel_errors failed with %s while it tried to %s; the application is not affected, "
                "this error may be missing, and further failures are only counted",
                "an unknown error" if failure is None else failure.__name__,
                where,
            )

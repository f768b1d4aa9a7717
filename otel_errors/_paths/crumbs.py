"""Log records, as they are made, for the breadcrumbs: `logging.setLogRecordFactory`, which others extend as well."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard


class LogCrumbs:
    """Notes log records between `install()` and `uninstall()`."""

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        self._breadcrumbs = capture.describer.breadcrumbs
        self._guard = guard
        self._active = False
        self._ours: Callable[..., logging.LogRecord] | None = None
        self._before: Callable[..., logging.LogRecord] = logging.LogRecord

    def install(self) -> None:
        """Extend the factory."""
        breadcrumbs, guard = self._breadcrumbs, self._guard
        if breadcrumbs is None:
            return
        before = self._before = logging.getLogRecordFactory()

        def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
            record = before(*args, **kwargs)
            if self._active:
                try:
                    breadcrumbs.logged(record)
                except Exception:  # noqa: BLE001 - never harm the app
                    guard.failed("note a log record")
            return record

        self._ours = make
        self._active = True
        logging.setLogRecordFactory(make)

    def uninstall(self) -> None:
        """Bring the one before back; ours passes through where another library has extended it."""
        self._active = False
        if self._ours is not None and logging.getLogRecordFactory() is self._ours:
            logging.setLogRecordFactory(self._before)
        self._ours = None

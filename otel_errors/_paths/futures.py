"""Exceptions of pools that nobody asks for: futures that are never read.

A pool catches what its work raises and keeps it in the future; when nobody asks for the result, nobody hears of it. So
an exception that is put in a future leaves a note there. Whoever reads the future takes the note away, and a note that
dies with its future unread tells. The future alone holds the note, so nothing lives longer than it did.

`wait()` and `as_completed()` read nothing; callbacks are given the future, and read it if they care. Results of a
`multiprocessing.Pool` are the same by other names; one with an `error_callback` is read by it.
"""

from __future__ import annotations

import atexit
import weakref
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.pool import ApplyResult, MapResult
from typing import TYPE_CHECKING, Any, Final

from otel_errors import _origin
from otel_errors._paths._path import WatchedPath

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.trace import SpanContext

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard


_NOTE: Final = "_otel_errors_unread"
_EXECUTORS: Final[tuple[type[Executor], ...]] = (ThreadPoolExecutor, ProcessPoolExecutor)
_RESULTS: Final[tuple[type[Any], ...]] = (ApplyResult, MapResult)  # of a multiprocessing.Pool


class _Unread:
    """Lies in a future beside its exception, and tells of it when the future dies."""

    __slots__ = ("__weakref__", "_exception", "_path", "origin")

    def __init__(self, path: UnreadFutures, exception: BaseException, origin: SpanContext) -> None:
        self._path = path
        self._exception: BaseException | None = exception
        self.origin = origin

    def tell(self) -> None:
        """Tell, once."""
        exception, self._exception = self._exception, None
        if exception is not None:
            self._path.tell(exception, self.origin)

    def drop(self) -> None:
        """Somebody asked: there is nothing to tell."""
        self._exception = None

    def __del__(self) -> None:
        self.tell()


class UnreadFutures(WatchedPath):
    """Watches the futures of pools between `install()` and `uninstall()`."""

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        super().__init__(capture, guard)
        self._unread: weakref.WeakSet[_Unread] = weakref.WeakSet()

    def watch(self) -> None:
        """Replace the methods that fill and read futures, and those that submit work."""
        self.hold(Future, "set_exception", self._filling)
        for name in ("result", "exception"):
            self.hold(Future, name, self._reading)
        for executor in _EXECUTORS:
            self.hold(executor, "submit", self._submitting)
        for result in _RESULTS:
            self.hold(result, "_set", self._setting)
        self.hold(ApplyResult, "get", self._reading)
        atexit.register(self._at_exit)

    def uninstall(self) -> None:
        """Put them back. Futures that are still unread are let go in silence."""
        super().uninstall()
        atexit.unregister(self._at_exit)

    def tell(self, exception: BaseException, origin: SpanContext) -> None:
        """Tell of the exception of a future that nobody read."""
        try:
            if self.active:
                self._capture.capture(
                    exception, raised_in=origin, handled=False, mechanism="future", within_collector=True
                )
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("capture the exception of a future that nobody read")

    def _at_exit(self) -> None:
        """Tell of what is unread while sending is still possible."""
        for note in list(self._unread):
            note.tell()

    def _leave_note(self, future: Any, exception: BaseException) -> None:
        try:
            if self.active and getattr(future, _NOTE, None) is None:
                note = _Unread(self, exception, _origin.recall(future))
                self._unread.add(note)
                setattr(future, _NOTE, note)
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("watch a future")

    def _filling(self, original: Callable[..., None]) -> Callable[..., None]:
        def set_exception(future: Future[Any], exception: BaseException | None) -> None:
            if exception is not None:  # before waiting readers wake up
                self._leave_note(future, exception)
            try:
                original(future, exception)
            except BaseException:  # it had a result already
                _drop_note(future)
                raise

        return set_exception

    def _reading(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def read(future: Any, timeout: float | None = None) -> Any:
            try:
                return original(future, timeout)
            finally:
                # A timeout finds no note, or one of a moment ago: who waits for the result cares for it.
                _drop_note(future)

        return read

    def _submitting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def submit(executor: Executor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
            future = original(executor, fn, *args, **kwargs)
            try:
                if self.active:
                    _origin.remember(future)
                    note = getattr(future, _NOTE, None)
                    if note is not None:  # it has failed already
                        note.origin = _origin.recall(future)
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed("note where work was submitted")
            return future

        return submit

    def _setting(self, original: Callable[..., None]) -> Callable[..., None]:
        def _set(result: Any, i: Any, obj: tuple[bool, Any]) -> None:
            success, value = obj
            if not success and isinstance(value, BaseException) and not getattr(result, "_error_callback", None):
                self._leave_note(result, value)
            original(result, i, obj)

        return _set


def _drop_note(future: Any) -> None:
    note = getattr(future, _NOTE, None)
    if note is not None:
        note.drop()

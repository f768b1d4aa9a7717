"""What the hooks of all frameworks share: begin, tell, put back.

A hook is made when its framework's module is there, and is given that module: no hook imports its framework.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

from otel_errors import _origin, _work
from otel_errors._watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

    from opentelemetry.trace import SpanContext
    from opentelemetry.util.types import AnyValue


class Hook(Watch):
    """Sees the exceptions of one framework between `attach()` and `detach()`."""

    mechanism: ClassVar[str]
    """The framework's name, as the error's attribute says it."""

    def attach(self, module: ModuleType) -> None:
        """Begin to see, in the framework's `module`. May raise where the framework is not as we know it."""
        raise NotImplementedError

    def detach(self) -> None:
        """See nothing any more: everything is as it was."""
        self.let_go()

    @contextmanager
    def working(self, describe: Callable[[], dict[str, AnyValue]]) -> Iterator[_work.Work]:
        """What happens in this block is the work that `describe` tells of."""
        work = _work.Work(describe).begin()
        try:
            yield work
        finally:
            work.end()

    def tell(
        self,
        exception: BaseException | None,
        attributes: Mapping[str, AnyValue] | None = None,
        *,
        describe: Callable[[], dict[str, AnyValue]] | None = None,
        span_context: SpanContext | None = None,
        mechanism: str | None = None,
    ) -> None:
        """Tell of an exception that the framework turned into a failure. Never raises an `Exception`.

        `describe` gives the attributes of the work where it is not within `working`; `span_context` is the span that saw
        it, the current one unless given.
        """
        if not self.active or exception is None:
            return
        try:
            work = _work.current() if describe is None else _work.Work(describe)
            self._capture.capture(
                exception,
                span_context=span_context or _origin.current(),
                handled=False,
                attributes={**(work.attributes() if work is not None else {}), **(attributes or {})},
                mechanism=mechanism or self.mechanism,
            )
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed(f"capture an exception of {self.mechanism}")

    def tell_noted(self, work: _work.Work, attributes: Mapping[str, AnyValue], mechanism: str | None = None) -> None:
        """Tell of the exception that was noted as `work` went on, now that it has failed."""
        self.tell(work.noted, attributes, span_context=work.noted_in, mechanism=mechanism)

    def flush(self) -> None:
        """Send what waits: the process ends, or is frozen, right after this work."""
        self._capture.flush(self._guard)

"""The base of the paths that replace something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_errors import _origin
from otel_errors._watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable


class WatchedPath(Watch):
    """Sees exceptions between `install()` and `uninstall()`."""

    def install(self) -> None:
        """Begin to see."""
        self.active = True
        self.watch()

    def watch(self) -> None:
        """Replace what has to be."""
        raise NotImplementedError

    def uninstall(self) -> None:
        """See nothing any more: everything is as it was."""
        self.let_go()

    def starting(self, original: Callable[..., None]) -> Callable[..., None]:
        """Make the replacement of a `start()`: the span in which the work is started is remembered on it."""

        def start(work: Any) -> None:
            try:
                if self.active:
                    _origin.remember(work)
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed("note where work was started")
            original(work)

        return start

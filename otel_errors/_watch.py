"""What paths and frameworks have in common: they see exceptions while something is replaced, and put it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_errors import _method_patch

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from otel_errors._capture import ErrorCapture
    from otel_errors._guard import Guard


class Watch:
    """Holds replacements of methods and functions. Where another library has wrapped one, it stays and passes through.

    `active` tells the replacements whether to look.
    """

    def __init__(self, capture: ErrorCapture, guard: Guard) -> None:
        self.active = False
        self._capture = capture
        self._guard = guard
        self._held: list[tuple[type | ModuleType, str]] = []

    def hold(
        self, owner: type | ModuleType, name: str, replace: Callable[[Callable[..., Any]], Callable[..., Any]]
    ) -> None:
        """Replace `owner.name` until `let_go()`."""
        _method_patch.hold(owner, name, self, replace)
        self._held.append((owner, name))

    def let_go(self) -> None:
        """See nothing any more: everything is as it was."""
        self.active = False
        while self._held:
            owner, name = self._held.pop()
            _method_patch.release(owner, name, self)

"""Modules that the application has imported, or imports later.

`opentelemetry-instrument` puts us in place before the application has imported anything, and importing a framework that
it may never use would cost seconds. So a finder stands first in `sys.meta_path`, and asks the others for the few modules
that are awaited; the loader that they name is used, and told of when it is done. Every other import pays one look-up.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from importlib.abc import Loader, MetaPathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class Arrivals(MetaPathFinder):
    """Calls `awaited[name](module)` when module `name` is there, between `start()` and `stop()`.

    What is called may not raise.
    """

    def __init__(self, awaited: Mapping[str, Callable[[ModuleType], None]]) -> None:
        self._awaited = awaited
        self._asking = threading.local()

    def start(self) -> None:
        """Tell of the modules that are there, and wait for the others."""
        sys.meta_path.insert(0, self)
        for name, arrived in self._awaited.items():
            module = sys.modules.get(name)
            if module is not None:
                arrived(module)

    def stop(self) -> None:
        """Wait no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol's
    ) -> ModuleSpec | None:
        """Find an awaited module as the other finders do, with a loader that tells."""
        arrived = self._awaited.get(fullname)
        if arrived is None or getattr(self._asking, "name", None) == fullname:
            return None
        self._asking.name = fullname
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._asking.name = None
        if spec is not None and spec.loader is not None:
            spec.loader = _TellingLoader(spec.loader, arrived)
        return spec


class _TellingLoader(Loader):
    """Loads as `loader` does, and steps aside for it: the module never sees us."""

    def __init__(self, loader: Loader, arrived: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._arrived = arrived

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        self._arrived(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

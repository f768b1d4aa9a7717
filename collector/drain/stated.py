"""What the SDK says of a process on an error's own attributes, because its resource could not be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.model import ExceptionSighting

STATED = ("service.version", "deployment.environment.name", "vcs.ref.head.revision", "vcs.repository.url.full")
"""Resource attributes that the SDK puts on the error where the resource has none."""

RESOURCES_KEPT_MAX = 1_024
"""Completed resources that are remembered: one per process that sends, about 2 KB each."""


class StatedResources:
    """Completes resources; the same one is given out for the same process, since readers know it by its identity."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, tuple[str, ...]], tuple[Mapping[str, str], Mapping[str, str]]] = {}

    def complete(self, sighting: ExceptionSighting) -> ExceptionSighting:
        """Let the resource of an error that our SDK tells of say what the error's attributes say of it."""
        if not sighting.event_id:
            return sighting
        stated = tuple([sighting.attributes.get(name, "") for name in STATED])
        if not any(stated):
            return sighting
        resource = sighting.resource
        key = (id(resource), stated)
        known = self._known.get(key)
        if known is None or known[0] is not resource:
            said = {name: text for name, text in zip(STATED, stated, strict=True) if text and not resource.get(name)}
            known = (resource, {**resource, **said})
            if len(self._known) >= RESOURCES_KEPT_MAX:
                self._known.clear()
            self._known[key] = known
        return sighting._replace(resource=known[1])

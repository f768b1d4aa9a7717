"""What a resource's attributes say of where an error comes from, as the columns `Environment` and `Release` have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ENVIRONMENTS = ("deployment.environment.name", "deployment.environment")
RELEASES = ("service.version", "vcs.ref.head.revision", "vcs.repository.ref.revision")
"""Resource attributes, of which the first that is there counts; `collector/store/rows.py` reads the same."""


def environment_of(resource: Mapping[str, str]) -> str:
    """Where it runs, such as `production`; empty if it does not say."""
    return _first(resource, ENVIRONMENTS)


def release_of(resource: Mapping[str, str]) -> str:
    """Which release it is; empty if it does not say."""
    return _first(resource, RELEASES)


def _first(resource: Mapping[str, str], names: Iterable[str]) -> str:
    return next(filter(None, map(resource.get, names)), "")

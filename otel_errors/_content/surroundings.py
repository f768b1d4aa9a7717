"""Where in the process an error was raised, and which release it is, as far as the resource does not say it.

What is the same for the whole process belongs to the resource, which the application's provider has already. So the
record says what only it knows, the thread and the asyncio task, and of the rest only what the resource lacks: a process
id that is right after a fork, and the release that the settings name.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
from typing import TYPE_CHECKING, Any, Final

from otel_errors import _semconv

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.util.types import AnyValue

    from otel_errors._config import Settings

COMMIT_VARIABLES: Final = (
    *("GIT_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA", "SOURCE_VERSION", "HEROKU_SLUG_COMMIT"),
    *("RENDER_GIT_COMMIT", "VERCEL_GIT_COMMIT_SHA", "RAILWAY_GIT_COMMIT_SHA", "CF_PAGES_COMMIT_SHA"),
)
"""Variables that build systems and platforms put the commit into; the first that holds one counts."""

_COMMIT: Final = re.compile(r"[0-9a-fA-F]{7,64}")

# Seen elsewhere than where they were raised: by who lets a future or task go.
_SEEN_ELSEWHERE: Final = frozenset({"future", "task", "gather", "unraisable"})


def release_of(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the resource attributes that the settings and `environ` give."""
    commits = (environ.get(name, "").strip() for name in COMMIT_VARIABLES)
    commit = settings.commit or next((text for text in commits if _COMMIT.fullmatch(text)), "")
    named = {
        _semconv.SERVICE_VERSION: settings.release,
        _semconv.DEPLOYMENT_ENVIRONMENT_NAME: settings.environment,
        _semconv.VCS_REVISION: commit,
        _semconv.VCS_REPOSITORY: settings.repository,
    }
    return {name: value.strip() for name, value in named.items() if value.strip()}


def surroundings(mechanism: str, resource: Mapping[str, Any]) -> dict[str, AnyValue]:
    """Return the attributes of a record that is made in the thread that saw the error."""
    found: dict[str, AnyValue] = {}
    process = os.getpid()
    if resource.get(_semconv.PROCESS_PID) != process:
        found[_semconv.PROCESS_PID] = process
    if mechanism not in _SEEN_ELSEWHERE:
        thread = threading.current_thread()
        found[_semconv.THREAD_ID] = thread.ident or 0
        found[_semconv.THREAD_NAME] = thread.name
        if asyncio._get_running_loop() is not None:  # noqa: SLF001 - the public one raises
            task = asyncio.current_task()
            if task is not None:
                found[_semconv.TASK] = task.get_name()
    return found

"""The labelled corpus: stack traces that real programs printed, and which of them are one error.

    stacks/<language>/<error>~<variant>.txt     the text of `exception.stacktrace`, as an SDK sends it
    stacks/<language>/<error>~<variant>.json    what is sent beside it, if it matters: `language` (as in
                                                `telemetry.sdk.language`), `type`, `message`
    stacks/<language>/same.json                 errors under two names: {"nested_spans": "views"}

Two texts are the same error if their `<language>/<error>` is; all others must stay apart. Variants of one error differ
in what must not matter: lines, folders, addresses, ids, versions of the runtime, how far the raise is from the top.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from collector.fingerprint.versions import VERSIONS, FingerprintVersions
from collector.grouping import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.model import Grouping

STACKS = Path(__file__).parent / "stacks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One text of the corpus. `error` is the label: `<language>/<error>`."""

    path: Path
    error: str
    sent: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    def group(self, versions: FingerprintVersions = VERSIONS) -> Grouping:
        """What the collector makes of it."""
        return explain(
            self.path.read_bytes().decode("utf-8", "replace"),
            language=self.sent.get("language", ""),
            exception_type=self.sent.get("type", ""),
            exception_message=self.sent.get("message", ""),
            versions=versions,
        )


def cases(folder: Path = STACKS) -> Iterator[Case]:
    """All cases below a folder, in order."""
    for language in sorted(path for path in folder.iterdir() if path.is_dir()):
        same = _read(language / "same.json")
        for path in sorted(language.glob("*.txt")):
            error = path.stem.partition("~")[0]
            yield Case(
                path=path, error=f"{language.name}/{same.get(error, error)}", sent=_read(path.with_suffix(".json"))
            )


def _read(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text())) if path.exists() else {}

"""Finds what a changing command changes.

In this order: the collector that owns the data folder, over its control socket; the data folder itself, when no collector
owns it; a ClickHouse server that is named, when no folder is, or the folder holds no store.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from collector.cli.progress import working
from collector.cli.reach import DEFAULT_DATA, DEFAULT_DATABASE, locked
from collector.clock import SystemClock
from collector.control.changes import MergeRequest
from collector.control.client import ControlUnavailable, change

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from collector.control.changes import UnmergeRequest
    from collector.store.group_merges import GroupMerges


def change_groups(
    asked: MergeRequest | UnmergeRequest, *, server: str | None, data: Path | None, database: str | None
) -> dict[str, Any]:
    """Merge or unmerge; gives `group` and `groups` as `group_merges.Merged` has them.

    Raises:
        Failure: it can't be done, or there is nowhere to do it; says what to do.
    """
    # The client tells of a refused connection by itself; the failure says it in one line.
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
    folder = data or DEFAULT_DATA
    if server and data is None:
        with _server_merges(server, database or DEFAULT_DATABASE) as merges:
            return _changed(merges, asked)
    try:
        return change(folder, "merge" if isinstance(asked, MergeRequest) else "unmerge", asked)
    except ControlUnavailable:
        pass
    if server and not (folder / "clickhouse").is_dir():
        with _server_merges(server, database or DEFAULT_DATABASE) as merges:
            return _changed(merges, asked)
    with locked(folder), _folder_merges(folder, database or DEFAULT_DATABASE) as merges:
        return _changed(merges, asked)


def _changed(merges: GroupMerges, asked: MergeRequest | UnmergeRequest) -> dict[str, Any]:
    if isinstance(asked, MergeRequest):
        done = merges.merge(
            asked.into,
            asked.groups,
            across_services=asked.across_services,
            created_by=asked.created_by,
            comment=asked.comment,
        )
    else:
        done = merges.unmerge(asked.group, created_by=asked.created_by, comment=asked.comment)
    return asdict(done)


@contextmanager
def _server_merges(server: str, database: str) -> Iterator[GroupMerges]:
    # The ClickHouse client takes a third of a second to load, which `--help` need not wait for.
    from collector.store.group_merges import GroupMerges  # noqa: PLC0415
    from collector.store.read import open_http  # noqa: PLC0415

    opened = open_http(server, database)
    try:
        yield GroupMerges(opened, clock=SystemClock())
    finally:
        opened.close()


@contextmanager
def _folder_merges(folder: Path, database: str) -> Iterator[GroupMerges]:
    # The engine takes a second and 250 MB to load: only where it is needed.
    with working(f"No collector runs: opening {folder} ..."):
        from collector.store.embedded import EmbeddedEngine  # noqa: PLC0415
        from collector.store.group_merges import GroupMerges  # noqa: PLC0415

        opened = EmbeddedEngine(folder / "clickhouse", database).connect()
    try:
        yield GroupMerges(opened, clock=SystemClock())
    finally:
        opened.close()

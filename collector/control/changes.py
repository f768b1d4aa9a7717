"""What a command may ask the service to change: the bodies of `POST /merge` and `POST /unmerge`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    created_by: str = ""
    comment: str = ""


class MergeRequest(_Request):
    """Make groups part of another one; ids may be cut."""

    into: str
    groups: tuple[str, ...]
    across_services: bool = False


class UnmergeRequest(_Request):
    """Take a merged group out again, or a group apart; its id may be cut."""

    group: str

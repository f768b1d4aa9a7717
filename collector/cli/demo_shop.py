"""The demo's shop: where it is, what it promises, and whether that is what was found.

It is `examples/shop` in a checkout, `collector/demo_shop` in an installed wheel.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collector.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A group that the shop makes."""

    service: str
    exception_type: str
    events: int


def shop_script() -> Path:
    """The script that runs the shop.

    Raises:
        Failure: the installation lacks it.
    """
    for folder in (_PACKAGE / "demo_shop", _PACKAGE.parent / "examples" / "shop"):
        if (folder / "run.py").is_file():
            return folder / "run.py"
    raise Failure("the demo's shop is not part of this installation of otel-errors; install it again")


def expected_groups() -> tuple[Expected, ...]:
    """What the shop says that it makes."""
    told = subprocess.run(
        [sys.executable, str(shop_script()), "--expected"], capture_output=True, text=True, check=True
    )
    return tuple(Expected(**group) for group in json.loads(told.stdout))


def differences(
    groups: Iterable[Mapping[str, Any]], expected: Iterable[Expected], *, before: Iterable[Mapping[str, Any]] = ()
) -> list[tuple[str, str, str, str]]:
    """Where groups are not as expected: service, error, expected and found events.

    Events that were there `before` don't count. Two groups of one error where one is expected are a difference, also
    if their sum is right.
    """
    counted = {group["GroupId"]: group["Events"] for group in before}
    found: dict[tuple[str, str], list[int]] = {}
    for group in groups:
        if events := group["Events"] - counted.get(group["GroupId"], 0):
            found.setdefault((group["ServiceName"], group["ExceptionType"]), []).append(events)
    wanted: dict[tuple[str, str], list[int]] = {}
    for one in expected:
        wanted.setdefault((one.service, one.exception_type), []).append(one.events)
    return [
        (*key, _counts(wanted.get(key, [])), _counts(found.get(key, [])))
        for key in sorted({*found, *wanted})
        if sorted(found.get(key, [])) != sorted(wanted.get(key, []))
    ]


def _counts(events: Iterable[int]) -> str:
    return " + ".join(map(str, sorted(events))) or "-"

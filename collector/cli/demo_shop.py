"""Finds the demo's shop: `examples/shop` in a checkout, `collector/demo_shop` in an installed wheel."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from collector.failures import Failure

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

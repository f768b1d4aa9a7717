"""Runs benchmarks by name, or all: `python -m benchmarks [NAME ...]`."""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "ingest", "prices", "errors", "errors_view", "latency", "idle", "receive", "journal", "error_lane", "grouping",
    "sdk_overhead", "version_transition",
)  # fmt: skip


def main() -> int:
    """Each in a process of its own; the worst status."""
    asked = sys.argv[1:] or list(NAMES)
    unknown = [name for name in asked if name not in NAMES]
    if unknown:
        print(f"no benchmark is called {unknown[0]}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    statuses = []
    for name in asked:
        print(f"## {name}", flush=True)
        statuses.append(subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode)
    return max(statuses)


if __name__ == "__main__":
    sys.exit(main())

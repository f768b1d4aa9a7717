"""Record golden stacks of Go: build the program under each toolchain and in each folder, and keep what it prints.

    python tests/golden/record_go.py

Needs `go`; the older toolchain and the modules come through Go's own module proxy. Toolchain, folder, lines, ids, depth
of the call and `-trimpath` change with every variant. Then run the golden tests with `ACCEPT_GOLDEN=1`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "stacks" / "go"
TEXT_LINES_MAX = 44  # of an endless recursion: some frames show all
NEWER = ("v1.14.0", "v1.10.2", "v1.47.0", "v1.28.0")
OLDER = ("v1.11.3", "v1.9.3", "v1.28.0", "v1.27.0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One build. `modules` are the versions of cockroachdb/errors, logrus, OpenTelemetry and zap."""

    name: str
    toolchain: str
    folder: str
    modules: tuple[str, ...]
    flags: tuple[str, ...] = ()
    log_before: bool = False


VARIANTS = (
    Variant(name="1.26", toolchain="local", folder="/srv/shop", modules=NEWER),
    Variant(name="1.22", toolchain="go1.22.12", folder="/home/ci/releases/42/src", modules=OLDER, flags=("-trimpath",)),
    Variant(
        name="1.26-no_inlining",
        toolchain="local",
        folder="/app",
        modules=NEWER,
        flags=("-gcflags=all=-l",),
        log_before=True,
    ),
)


def build(root: str, variant: Variant, number: int) -> Path:
    """Compile the program in a folder of its own, with lines moved."""
    folder = Path(root + variant.folder)
    shutil.copytree(HERE / "programs", folder)
    for source in folder.rglob("*.go"):
        source.write_text(source.read_text().replace("\nimport (", "\n" * (number + 1) + "import ("))
    cockroach, logrus, telemetry, zap = variant.modules
    (folder / "go.mod").write_text(
        f"module shop\n\ngo {'1.22' if variant.modules == OLDER else '1.26'}\n\nrequire (\n"
        f"github.com/cockroachdb/errors {cockroach}\ngithub.com/go-errors/errors v1.5.1\ngithub.com/pkg/errors v0.9.1\n"
        f"github.com/rotisserie/eris v0.5.4\ngithub.com/sirupsen/logrus {logrus}\ngo.opentelemetry.io/otel {telemetry}\n"
        f"go.opentelemetry.io/otel/sdk {telemetry}\ngo.opentelemetry.io/otel/trace {telemetry}\ngo.uber.org/zap {zap}\n)\n"
    )
    for command in (["go", "mod", "tidy"], ["go", "build", *variant.flags, "-o", "program", "."]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment(variant))
    return folder / "program"


def environment(variant: Variant) -> dict[str, str]:
    return {**os.environ, "GOTOOLCHAIN": variant.toolchain}


def record(variant: Variant, root: str, number: int) -> None:
    """Run every case; keep each view of it as a text, and what is sent beside it."""
    program = build(root, variant, number)
    cache = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip()

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=30)

    def ordinary(text: str) -> str:
        text = re.sub(rf"{cache}/golang\.org/toolchain@[^/]+/", "/usr/local/go/", text.replace(root, ""))
        return text.replace(cache, "/go/pkg/mod")

    for case in sorted(run().stdout.split()):
        ran = run(case, str(17 + 1000 * number))
        if ran.stderr:
            keep(case, variant, ordinary(ran.stderr) + ("exit status 2\n" if number == 1 else ""), "")
        for view in ran.stdout.split("#### ")[1:]:
            title, sent, stack = view.split("\n", 2)
            name = case if title == "seen" else f"{case}_{title}"
            keep(name, variant, ordinary(stack.removesuffix("\n")), sent)


def keep(name: str, variant: Variant, text: str, sent: str) -> None:
    lines = text.split("\n")
    if variant.flags == ("-trimpath",) and name.startswith("go_errors"):
        name += "_without_sources"  # it reads function names from the sources
    if variant.log_before and text.startswith(("panic: ", "goroutine ")):
        lines[0] = "2026/11/24 11:04:05 ERROR request failed\n" + lines[0]
    if variant.log_before and "panic" in name:  # as Windows writes it
        lines = [line + "\r" for line in lines]
    path = HERE / f"{name}~{variant.name}.txt"
    path.write_bytes("\n".join(lines[:TEXT_LINES_MAX]).encode())
    if sent:
        path.with_suffix(".json").write_text(sent + "\n")


def main() -> None:
    for number, variant in enumerate(VARIANTS):
        with tempfile.TemporaryDirectory() as root:
            record(variant, root, number)


if __name__ == "__main__":
    sys.exit(main())

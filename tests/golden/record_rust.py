"""Record golden stacks of Rust: build the programs with each compiler and in each folder, and keep what they print.

    python tests/golden/record_rust.py 1.63=/path/to/rustc ...

Needs `cargo` and `rustup`'s stable and nightly toolchains; each argument names a version and another `rustc`, which builds
the program that needs no crates (its libraries are found through LD_LIBRARY_PATH). Compiler, folder, lines, ids, depth of
the call and form of the backtrace change with every variant. Then run the golden tests with `ACCEPT_GOLDEN=1`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "stacks" / "rust"
TEXT_LINES_MAX = 60
TEXT_CHARS_MAX = 6000  # as a limit on attributes cuts it
CARGO = Path.home() / ".cargo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One build and one form of the backtrace; `suffix` is added to the names of errors that it tells less about."""

    name: str
    compiler: tuple[str, ...]
    folder: str
    flags: tuple[str, ...] = ("-g",)
    profile: str = "dev"
    backtrace: str = "1"
    suffix: str = ""
    only: frozenset[str] = frozenset()


# Errors that their words alone tell from the others, and those whose words changed with Rust 1.73.
TOLD_WITHOUT = frozenset(
    ["message", "thread", "unwrap_closed", "expect", "borrow", "anyhow_context_recalled", "eyre", "color_eyre_context"]
)
REWORDED = frozenset({"assertion"})
STABLE, NIGHTLY = ("rustc",), ("rustc", "+nightly")
VARIANTS = (
    Variant(name="1.95", compiler=STABLE, folder="/srv/shop"),
    Variant(name="1.97", compiler=NIGHTLY, folder="/app"),
    Variant(name="1.95-full", compiler=STABLE, folder="/home/ci/releases/42", backtrace="full"),
    Variant(name="1.95-release", compiler=STABLE, folder="/opt/shop_v2", flags=("-O",), profile="release"),
    Variant(
        name="1.95-off", compiler=STABLE, folder="/srv/shop", backtrace="0", suffix="_no_backtrace", only=TOLD_WITHOUT
    ),
    Variant(name="1.97-off", compiler=NIGHTLY, folder="/app", backtrace="0", suffix="_no_backtrace", only=TOLD_WITHOUT),
)


def build_panics(root: str, variant: Variant, number: int) -> Path:
    folder = Path(root + variant.folder) / "panics"
    (folder / "src").mkdir(parents=True)
    source = folder / "src" / "panics.rs"
    source.write_text("\n" * number + (HERE / "programs" / "panics.rs").read_text())
    command = [*variant.compiler, "--edition=2021", *variant.flags, "-o", "panics", "src/panics.rs"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "panics"


def build_shop(root: str, variant: Variant, number: int) -> Path:
    folder = Path(root + variant.folder) / "shop"
    shutil.copytree(HERE / "programs", folder)
    source = folder / "src" / "main.rs"
    source.write_text("\n" * number + source.read_text())
    command = ["cargo", *variant.compiler[1:], "build", "--profile", variant.profile]
    target = Path(tempfile.gettempdir()) / f"record_rust_{'_'.join(variant.compiler)}"  # crates are built once
    # Without debug information the optimiser's inlining hides most functions of so small a program.
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target), "CARGO_PROFILE_RELEASE_DEBUG": "1"}
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)
    return target / ("debug" if variant.profile == "dev" else "release") / "shop"


def record(program: Path, variant: Variant, root: str, number: int) -> None:
    environment = {**os.environ, "RUST_BACKTRACE": variant.backtrace}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        folder = Path(root + variant.folder)
        return subprocess.run(
            [program, *arguments], capture_output=True, text=True, check=False, env=environment, timeout=30, cwd=folder
        )

    for case in run().stdout.split():
        if variant.only and case not in variant.only:
            continue
        ran = run(case, str(17 + 1000 * number))
        if ran.stderr:
            keep(case, variant, ran.stderr, "", root, number)
        for view in ran.stdout.split("#### ")[1:]:
            _, sent, stack = view.split("\n", 2)
            keep(case, variant, stack.removesuffix("\n"), sent, root, number)


def keep(name: str, variant: Variant, text: str, sent: str, root: str, number: int) -> None:
    text = text.replace(root, "").replace(str(CARGO), "/usr/local/cargo")
    lines = text[:TEXT_CHARS_MAX].split("\n")[:TEXT_LINES_MAX]
    if number == 1:  # as Windows writes it
        lines = [line + "\r" for line in lines]
    if number == 2 and lines[0] == "" and "thread '" in lines[1]:
        lines[0] = "2026-11-24T11:04:05.123Z ERROR shop: request failed"
    if name in REWORDED and not variant.name.startswith("1.9"):
        name += "_before_1.73"
    path = HERE / f"{name}{variant.suffix}~{variant.name}.txt"
    path.write_bytes("\n".join(lines).encode())
    if sent:
        path.with_suffix(".json").write_text(sent + "\n")


def main(compilers: list[str]) -> None:
    for number, variant in enumerate(VARIANTS):
        with tempfile.TemporaryDirectory() as root:
            record(build_panics(root, variant, number), variant, root, number)
            record(build_shop(root, variant, number), variant, root, number)
    for number, argument in enumerate(compilers):
        version, _, path = argument.partition("=")
        for backtrace, suffix in (("1", ""), ("0", "_no_backtrace")):
            variant = Variant(
                name=version + suffix.replace("_no_backtrace", "-off"),
                compiler=(path,),
                folder="/home/ci/releases/43",
                backtrace=backtrace,
                suffix=suffix,
                only=TOLD_WITHOUT if suffix else frozenset(),
            )
            with tempfile.TemporaryDirectory() as root:
                program = build_panics(root, variant, number + len(VARIANTS))
                record(program, variant, root, number + len(VARIANTS))


if __name__ == "__main__":
    main(sys.argv[1:])

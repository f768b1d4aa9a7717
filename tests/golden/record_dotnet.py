"""Record golden stacks of .NET: compile the program with Mono's compiler, run it on each runtime, keep what it prints.

    python tests/golden/record_dotnet.py 2.1=/path/to/dotnet 3.1=/path/to/dotnet

Debian's mono-mcs and mono-runtime compile and run it (twice, from two folders); each argument names a version and the
`dotnet` of a .NET runtime, which runs the same program without symbols. Folder, lines, ids, depth of the call and
members of groups change with every run. Then run the golden tests with `ACCEPT_GOLDEN=1`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "stacks" / "dotnet"
MONO = ("mono-a=", "mono-b=")
FOLDERS = ("/srv/shop", "/home/ci/releases/42/src", "/app", "/opt/shop_v2")
# Mono differs from .NET in more than words here: another type, another place of the first access to a class.
MONO_DIFFERS = {"recursion", "static_constructor"}
LINES_MAX = 40  # of a recursion: a few frames show all


def build(root: str, number: int) -> Path:
    """Compile the program in a folder of its own, with lines moved."""
    folder = Path(root + FOLDERS[number])
    folder.mkdir(parents=True)
    source = folder / "Shop.cs"
    source.write_text("\n" * number + (HERE / "programs" / "Shop.cs").read_text())
    subprocess.run(["mcs", "-debug", "-nowarn:0162", f"-out:{folder}/Shop.exe", str(source)], check=True)
    return folder / "Shop.exe"


def runtime_config(program: Path, dotnet: Path) -> Path:
    """Make a library of the program that the runtime of this `dotnet` starts."""
    version = next((dotnet.parent / "shared" / "Microsoft.NETCore.App").iterdir()).name
    library = program.with_suffix(".dll")
    program.rename(library)
    options = {
        "framework": {"name": "Microsoft.NETCore.App", "version": version},
        "configProperties": {"System.Globalization.Invariant": True},
    }
    library.with_suffix(".runtimeconfig.json").write_text(json.dumps({"runtimeOptions": options}))
    return library


def record(variant: str, start: list[str], root: str, number: int) -> None:
    """Run every case; keep each view of it as a text."""

    def run(*arguments: str) -> str:
        ran = subprocess.run([*start, *arguments], capture_output=True, text=True, check=True)
        return ran.stdout.replace(root, "")

    for case in run().split():
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", case).lower()
        if number < len(MONO) and name in MONO_DIFFERS:
            name += "_mono"
        for view in run(case, str(number + 1)).split("#### ")[1:]:
            title, _, stack = view.partition("\n")
            lines = stack.rstrip("\n").split("\n")
            if name.startswith("recursion"):
                lines = lines[:LINES_MAX]
            if number % 2:  # as runtimes on Windows write it
                lines = [line + "\r" for line in lines]
            suffix = variant if title == "seen" else f"{variant}-{title}"
            (HERE / f"{name}~{suffix}.txt").write_bytes("\n".join(lines).encode())


def main(runtimes: list[str]) -> None:
    """Mono from two folders, then the runtimes."""
    for number, argument in enumerate([*MONO, *runtimes]):
        variant, _, path = argument.partition("=")
        with tempfile.TemporaryDirectory() as root:
            program = build(root, number)
            start = ["mono", "--debug", str(program)]
            if path:
                start = [path, str(runtime_config(program, Path(path)))]
            record(variant, start, root, number)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Record golden stacks: run the programs under several Python versions and folders, and keep what they print.

    python tests/golden/record_python.py 3.10=/path/to/python3.10 3.13=/path/to/python3.13 ...

Each case runs once per version; with the version change the folder, the line numbers (blank lines in front) and the
ids in messages, so that the variants of a case differ in what must not matter. Paths of the interpreter and of its
packages are made those of a usual installation. `OTEL_SITE_PACKAGES` names the folder with the OpenTelemetry SDK.
Then run the golden tests with `ACCEPT_GOLDEN=1`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "stacks" / "python"
FOLDERS = ("/srv/shop", "/home/ci/releases/42/app", "/var/task", "/opt/shop_v2/src")
NEEDS_GROUPS = {"group", "group_nested", "group_wrapped", "task_group", "notes"}


def cases() -> list[str]:
    source = (HERE / "programs" / "shop.py").read_text()
    names = re.findall(r"^def (\w+)\(seed\)", source, re.MULTILINE)
    return [str(name) for name in names]


def record(version: str, python: str, number: int) -> None:
    packages = os.environ.get("OTEL_SITE_PACKAGES", "")
    prefix = subprocess.run(
        [python, "-c", "import sys; print(sys.base_prefix)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root + FOLDERS[number % len(FOLDERS)])
        folder.mkdir(parents=True)
        for program in (HERE / "programs").glob("*.py"):
            (folder / program.name).write_text("\n" * number + program.read_text())
        for case in cases():
            if case in NEEDS_GROUPS and version == "3.10":
                continue
            ran = subprocess.run(
                [python, str(folder / "shop.py"), case, str(number + 2)],
                capture_output=True,
                text=True,
                check=False,
                env={
                    "PYTHONPATH": packages,
                    "PATH": "/usr/bin:/bin",
                    "PYTHONDONTWRITEBYTECODE": "1",
                },
            )
            if ran.returncode:
                sys.exit(f"{case} under {version} failed:\n{ran.stderr}")
            text = ran.stdout.replace(root, "").replace(prefix, "/usr/local")
            if packages:
                text = text.replace(packages, f"/usr/local/lib/python{version}/site-packages")
            for view in text.split("#### ")[1:]:
                name, _, stack = view.partition("\n")
                variant = version if name == "seen" else f"{version}-{name}"
                (HERE / f"{case}~{variant}.txt").write_text(stack)


if __name__ == "__main__":
    for number, argument in enumerate(sys.argv[1:]):
        version, _, python = argument.partition("=")
        record(version, python, number)

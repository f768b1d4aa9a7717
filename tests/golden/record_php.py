"""Record golden stacks of PHP: run the program in several folders, and keep each form in which a stack is sent.

    python tests/golden/record_php.py NAME=PHP...

PHP is an interpreter and NAME its version. With each run the folder, the line numbers (blank lines in front), the ids in
messages and whether arguments are printed change. Then run the golden tests with `ACCEPT_GOLDEN=1`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "stacks" / "php"
PROGRAMS = HERE / "programs"
FOLDERS = ("/srv/shop", "/home/ci/releases/42/app")
SEEDS = 6
"""Runs of a higher seed are kept in the SDK's form alone."""
ARGUMENTS = ("zend.exception_ignore_args=1", "zend.exception_ignore_args=0")


def cases() -> list[str]:
    source = (PROGRAMS / "src/Orders.php").read_text()
    return [*re.findall(r"public static function (\w+)\(int", source), "in_function", "included"]


def record(version: str, php: str, number: int) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root + FOLDERS[number])
        for program in PROGRAMS.glob("**/*.php"):
            copy = folder / program.relative_to(PROGRAMS)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(program.read_text().replace("<?php\n", "<?php\n" + 3 * number * "\n", 1))
        options = [ARGUMENTS[number], "zend.exception_string_param_max_len=15", f"log_errors={number}"]
        options += [f"display_errors={1 - number}", "html_errors=0"]
        for case in cases():
            for seed in (3 + 2 * number, 7 + 123 * number):
                command = [
                    php,
                    *(part for option in options for part in ("-d", option)),
                    str(folder / "shop.php"),
                    case,
                ]
                ran = subprocess.run(
                    [*command, str(seed)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
                )
                text = ran.stdout.decode().replace(root, "").replace("\r\n", "\n")
                for view in text.split("#### ")[1:]:
                    name, _, stack = view.partition("\n")
                    if seed > SEEDS and name in ("monolog", "fatal", "own"):
                        continue
                    if name == "fatal" and case == "anonymous_type":
                        continue  # PHP cuts it at the NUL in the name: no stack is left
                    (HERE / f"{case}~{version}-{seed}-{name}.txt").write_text(stack)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        version, _, php = argument.partition("=")
        for number in range(len(FOLDERS)):
            record(version, php, number)

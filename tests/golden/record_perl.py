"""Record golden stacks of Perl: run the program from several folders, and keep what it prints.

    python tests/golden/record_perl.py [PERL]

Debian's libexception-class-perl, libtry-tiny-perl, libmoose-perl, libthrowable-perl and libmojolicious-perl must be there. With the
variant change folder, lines, ids, the depth of the call, the file that was read last and where CPAN's packages are. Then run
the golden tests with `ACCEPT_GOLDEN=1`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "stacks" / "perl"
FOLDERS = ("/srv/shop", "/home/ci/releases/42/app", "/opt/shop v2")
LIBRARIES = (
    "/usr/share/perl5/",
    "/home/ci/perl5/perlbrew/perls/perl-5.38.2/lib/site_perl/5.38.2/",
    "/app/local/lib/perl5/",
)
INSTALLED = re.compile(r"/usr/(?:share|lib/x86_64-linux-gnu)/perl5/(?:5\.[0-9]+/)?")
# Without a trace the SDK sends no stack.
NO_SDK = {"plain", "plain_other", "croaked", "no_object", "no_module", "division", "unprinted"}
# These have a type of their own, which is sent beside both views.
TYPED = {
    "class",
    "class_other_function",
    "class_other_type",
    "throwable",
    "constraint",
    "required",
    "mojo",
    "unprinted",
}
# The SDK takes the first line off: of a message of many lines the wrong half is left, and a handler looks like a caller.
SDK_APART = {"message_lines", "handled"}


def views(text: str) -> dict[str, str]:
    return dict(part.partition("\n")[::2] for part in text.split("#### ")[1:])


def keep(name: str, stack: str, number: int, **sent: str) -> None:
    path = HERE / f"{name}.txt"
    path.write_bytes((stack.replace("\n", "\r\n") if number == 1 else stack).encode())
    if sent:
        path.with_suffix(".json").write_text(json.dumps(sent) + "\n")


def record(perl: str, number: int) -> None:
    variant = "abc"[number]
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root + FOLDERS[number])
        for source in (HERE / "programs").rglob("*.p[lm]"):
            file = folder / source.relative_to(HERE / "programs")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n" * number + source.read_text())

        def run(*arguments: str) -> str:
            ran = subprocess.run([perl, f"{folder}/shop.pl", *arguments], capture_output=True, text=True, check=False)
            if ran.returncode:
                sys.exit(f"{arguments} failed:\n{ran.stderr}")
            return INSTALLED.sub(LIBRARIES[number], ran.stdout.replace(root, ""))

        for case in run().split():
            told = views(run(case, str(number + 1)))
            kind, message = told["type"].strip(), told["message"].rstrip("\n")
            keep(f"{case}~{variant}", told["seen"].rstrip("\n"), number, **({"type": kind} if case in TYPED else {}))
            if case not in NO_SDK:
                error = f"{case}_sdk" if case in SDK_APART else case
                keep(f"{error}~{variant}-sdk", told["sdk"], number, language="perl", type=kind, message=message)


if __name__ == "__main__":
    for number in range(len(FOLDERS)):
        record(sys.argv[1] if len(sys.argv) > 1 else "perl", number)

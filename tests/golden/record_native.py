"""Record golden stacks of C++: compile the program in several ways, run it, keep what it and the tools print.

    python tests/golden/record_native.py

Needs g++, clang++-14 with its address sanitizer and llvm-symbolizer-14, gdb, and Debian's libboost-stacktrace-dev and
libgoogle-glog-dev. Folder, lines, ids, optimization and compiler change. Then run the golden tests with
`ACCEPT_GOLDEN=1`.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "stacks" / "native"
FOLDERS = ("/srv/shop", "/home/ci/releases/42/src", "/build/shop-2.1")
LINES_MAX = 45  # of a recursion or a sanitizer's report: all that follows are memory maps

THROWS = """
plain other_function other_type generic_a generic_b anonymous constructor method call_operator shift_operator conversion
abi_tag template lambda function deep c_function
"""
CRASHES = ("null_pointer", "not_found", "abort", "division")
MEMORY = ("use_after_free", "heap_overflow", "null_pointer", "endless")
# Functions that are in no dynamic symbol table: a stack printed by the program itself shows them without a name.
HIDDEN = {"anonymous", "lambda", "function"}
LAMBDAS = {"lambda", "function"}  # of which gdb does not name the outer function in gcc's programs
TYPES = {"plain": "PaymentError", "deep": "PaymentError", "other_function": "PaymentError", "anonymous": "PaymentError"}
TYPES |= {"constructor": "PaymentError", "generic_a": "std::runtime_error", "generic_b": "std::runtime_error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to see a stack. `printed`: the program prints it itself, and sends the type beside it.

    `suffix`, `hidden` and `lambdas` are added to the names of the errors that nobody can take for the same: a report of
    a sanitizer, a function whose name is not known, a lambda whose outer function is not known or that was inlined.
    """

    variant: str
    compiler: str
    cases: tuple[str, ...]
    start: tuple[str, ...] = ()
    libraries: str = ""
    printed: bool = False
    suffix: str = ""
    hidden: str = ""
    lambdas: str = ""


GDB = ("gdb", "-q", "-nx", "-batch", "-ex", "run", "-ex", "bt", "--args")
BOOST = "-lboost_stacktrace_backtrace -lbacktrace -ldl"
ASAN = "-fsanitize=address -fno-omit-frame-pointer"
THROWN = tuple(THROWS.split())
WAYS = (
    Way(variant="boost", compiler="g++ -g -O0 -DBOOST -DBOOST_STACKTRACE_LINK", libraries=BOOST, cases=THROWN, printed=True),
    Way(variant="boost-O2", compiler="g++ -g -O1 -fno-optimize-sibling-calls -DBOOST -DBOOST_STACKTRACE_LINK", libraries=BOOST,
        cases=THROWN, printed=True, lambdas="_inlined"),
    Way(variant="boost-plain", compiler="g++ -O0 -DBOOST -rdynamic", libraries="-ldl", cases=THROWN, printed=True, hidden="_unnamed"),
    Way(variant="glibc", compiler="g++ -O0 -DGLIBC -rdynamic", cases=THROWN, printed=True, hidden="_unnamed"),
    Way(variant="glog", compiler="g++ -O0 -DGLOG -rdynamic", libraries="-lglog", cases=(*THROWN, *CRASHES)),
    Way(variant="gdb", compiler="g++ -g -O0", start=GDB, cases=(*THROWN, *CRASHES), lambdas="_gdb"),
    Way(variant="gdb-clang", compiler="clang++-14 -g -O1 -fno-optimize-sibling-calls", start=GDB, cases=(*THROWN, *CRASHES)),
    Way(variant="gcc", compiler=f"g++ -g -O1 {ASAN}", cases=MEMORY, suffix="_sanitized"),
    Way(variant="clang", compiler=f"clang++-14 -g -O0 {ASAN}", cases=MEMORY, suffix="_sanitized"),
    Way(variant="gcc", compiler="g++ -g -O1 -fsanitize=undefined", cases=("division",), suffix="_undefined"),
    Way(variant="clang", compiler="clang++-14 -g -O0 -fsanitize=undefined", cases=("division",), suffix="_undefined"),
)  # fmt: skip


def record(way: Way, number: int, root: str) -> None:
    """Compile once, run every case."""
    folder = Path(root + FOLDERS[number % len(FOLDERS)])
    folder.mkdir(parents=True)
    source = folder / "shop.cpp"
    source.write_text("\n" * number + (HERE / "programs" / "shop.cpp").read_text())
    program = folder / "shop"
    command = [*way.compiler.split(), "-std=c++17", str(source), "-o", str(program), *way.libraries.split()]
    subprocess.run(command, check=True)
    environment = {
        "PATH": "/usr/bin:/bin",
        "ASAN_SYMBOLIZER_PATH": "/usr/bin/llvm-symbolizer-14",
        "LC_ALL": "C",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    for case in way.cases:
        command = [*way.start, str(program), case, str(number + 2)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        text = (ran.stdout if way.printed else ran.stderr + ran.stdout).replace(root, "")
        text = re.sub(
            r"(?m)^(?:warning: |gdb: warning: |\[Thread debugging|Using host libthread).*\n|^\t\w.*\n", "", text
        )
        name = case + way.suffix + (way.hidden if case in HIDDEN else "") + (way.lambdas if case in LAMBDAS else "")
        path = HERE / f"{name}~{way.variant}.txt"
        path.write_text("\n".join(text.rstrip("\n").split("\n")[:LINES_MAX]) + "\n")
        if way.printed:
            message = text.partition("\n")[0]
            path.write_text(text.partition("\n")[2])
            kind = TYPES.get(case, "StockError")
            sent = {"language": "cpp", "type": kind if "::" in kind else f"shop::{kind}", "message": message}
            path.with_suffix(".json").write_text(json.dumps(sent) + "\n")


if __name__ == "__main__":
    for number, way in enumerate(WAYS):
        with tempfile.TemporaryDirectory() as root:
            record(way, number, root)

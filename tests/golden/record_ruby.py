"""Record golden stacks of Ruby: run the program under several rubies and from several folders, and keep what it prints.

    python tests/golden/record_ruby.py 3.1=ruby 3.1b=ruby jruby9.4='java -jar jruby-complete.jar' wasm3.4=NODE_MODULES

Each argument is a variant and the command of a ruby; `wasmX.Y` names the folder `node_modules` with @ruby/wasm-wasi and
@ruby/X.Y-wasm-wasi (npm), which node runs. With the variant change folder, lines, ids, depth of the call and the gems'
folder. Then run the golden tests with `ACCEPT_GOLDEN=1`.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "stacks" / "ruby"
FOLDERS = ("/srv/shop", "/home/ci/releases/42/app", "/app", "/var/www/shop_v2/current")
GEMS = (
    "/usr/local/bundle/gems/{}",
    "/home/ci/.rbenv/versions/3.2.2/lib/ruby/gems/3.2.0/gems/{}",
    "/app/vendor/bundle/ruby/3.3.0/gems/{}",
    "/var/lib/gems/3.1.0/bundler/gems/{}",
)
VERSIONS = ("6.4.0", "5.6.2", "6.0.0.rc1", "3f9ac11e04d7")
TRIES_MAX = 4  # node ends ruby.wasm by a signal now and then
VIEWS = ("seen", "bottom", "color", "joined", "log")
# Cases that are kept in another view too, one a variant.
VIEWED = {
    "plain",
    "cause",
    "cause_other",
    "message_lines",
    "no_method",
    "unknown_name",
    "recursion",
    "empty_message",
    "generic",
    "anonymous_type",
    "template",
    "in_blocks",
}
# Endless recursion ends the whole of ruby.wasm, and JRuby by another error.
ONLY_MRI = {"recursion"}
# JRuby names what `define_method` makes, and its full_message tells no cause before 9.3.
JRUBY_DIFFERS = {"defined": "jruby", "cause": "jruby9.2", "cause_other": "jruby9.2"}


def lay_out(root: str, number: int) -> list[tuple[Path, str]]:
    """Put the program and its gems into folders of their own: (file, its name without the root)."""
    version, gems = VERSIONS[number % len(VERSIONS)], GEMS[number % len(GEMS)]
    programs = HERE / "programs"
    sources = {
        f"{gems.format('puma-' + version)}/lib/puma/server.rb": programs / "gems" / "server.rb",
        f"{gems.format('ledger-' + version)}/lib/ledger/book.rb": programs / "gems" / "ledger" / "book.rb",
        f"{FOLDERS[number % len(FOLDERS)]}/shop.rb": programs / "shop.rb",
    }
    placed = []
    for name, source in sources.items():
        file = Path(root + name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n" * number + source.read_text())
        placed.append((file, name))
    return placed


def command(variant: str, ruby: str, files: list[tuple[Path, str]]) -> list[str]:
    if variant.startswith("wasm"):
        package = f"{variant.removeprefix('wasm')}-wasm-wasi"
        runner = str(HERE / "programs" / "run_wasm.mjs")
        return ["node", "--no-warnings", runner, ruby, package, *[f"{file}={name}" for file, name in files], "--"]
    *libraries, (program, _) = files
    return [*shlex.split(ruby), *[f"-r{file}" for file, _ in libraries], str(program)]


def without_runner(text: str) -> str:
    """Take off what stands outside of the program: the frames of `run_wasm.mjs`."""
    text = re.sub(r"\n\t(?: ?[0-9]+: )?from (?:eval:1|-e):?[^\n]*(?=\n)", "", text)
    text = re.sub(r"\n(?:eval:1|-e):?in? ?[^\n]*", "", text)
    return text.replace("<compiled>", "<main>")


def record(variant: str, ruby: str, number: int) -> None:
    with tempfile.TemporaryDirectory() as root:
        start = command(variant, ruby, lay_out(root, number))

        def run(*arguments: str) -> str:
            for _ in range(TRIES_MAX):
                ran = subprocess.run([*start, *arguments], capture_output=True, text=True, check=False)
                if ran.returncode >= 0:
                    break
            if ran.returncode and not (ran.returncode < 0 and ran.stdout):
                sys.exit(f"{variant} failed: {arguments}\n{ran.stderr[-2000:]}")
            return ran.stdout.replace(root, "")

        for case in run().split():
            if case in ONLY_MRI and not variant[0].isdigit():
                continue
            for text in run(case, str(number + 1)).split("#### ")[1:]:
                view, _, stack = text.partition("\n")
                if view != "seen" and (view != VIEWS[1 + number % 4] or case not in VIEWED):
                    continue
                if variant.startswith("wasm"):
                    stack = without_runner(stack)
                if number % 4 == 1:
                    stack = stack.replace("\n", "\r\n")
                error = case
                if variant.startswith(JRUBY_DIFFERS.get(case, "-")):
                    error = f"{case}_jruby"
                path = HERE / f"{error}~{variant if view == 'seen' else f'{variant}-{view}'}.txt"
                path.write_bytes(stack.encode())
                sent = {"language": "ruby"}
                if case == "anonymous_type":
                    sent["type"] = f"#<Class:0x00007f{number:02}ac114e28>"
                    path.with_suffix(".json").write_text(json.dumps(sent) + "\n")


if __name__ == "__main__":
    for number, argument in enumerate(sys.argv[1:]):
        name, _, ruby = argument.partition("=")
        record(name, ruby, number)

"""Record golden stacks of Elixir and Erlang: build the programs in several folders, run them, keep what they print.

    python tests/golden/record_elixir.py

Takes `mix`, `elixir` and `erlc` of the machine (Debian: elixir, erlang-dev). With the variant change folder, lines, ids, the depth
of the call and versions of the applications. Then run the golden tests with `ACCEPT_GOLDEN=1`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "stacks" / "elixir"
FOLDERS = ("/srv/shop", "/home/ci/releases/42/shop", "/app")
VERSIONS = (("0.1.0", "1.15.3"), ("2.4.1-rc.1", "1.14.2"), ("0.1.1", "1.16.0"))
MIX = """defmodule {name}.MixProject do
  use Mix.Project
  def project, do: [app: :{app}, version: "{version}", deps: {deps}]
  def application, do: [extra_applications: [:logger]]
end
"""
# An exit reads differently where the reason alone is sent: another error, or none that could be compared.
NO_SDK = {"call_timeout", "call_nobody", "call_crash"}
LOGGED = {"in_task", "in_server"}
# The views of Erlang's program that are kept, one a variant beside OpenTelemetry's.
ERLANG_VIEWS = (("otel", "reason"), ("otel", "shell"), ("list", "crash"))
# The shell leaves the function out that does not exist; OpenTelemetry's text ends before the caller.
ERLANG_APART = {("undef", "otel"), ("badarg", "otel")}


def run(folder: Path, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MIX_ENV": "prod", "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=check, env=environment)


def views(text: str) -> dict[str, str]:
    return dict(part.partition("\n")[::2] for part in text.split("#### ")[1:])


def keep(name: str, stack: str, number: int, **sent: str) -> None:
    path = HERE / f"{name}.txt"
    if number % 2:
        stack = stack.replace("\n", "\r\n")
    path.write_bytes(stack.encode())
    if sent:
        path.with_suffix(".json").write_text(json.dumps(sent, ensure_ascii=False) + "\n")


def build_mix(root: Path, number: int) -> Path:
    """Make the project and its dependency, lines moved."""
    folder = root / FOLDERS[number][1:]
    ours, theirs = VERSIONS[number]
    (folder / "lib").mkdir(parents=True)
    (folder / "deps_of_shop" / "plug" / "lib").mkdir(parents=True)
    (folder / "mix.exs").write_text(
        MIX.format(name="Shop", app="shop", version=ours, deps='[{:plug, path: "deps_of_shop/plug"}]')
    )
    plug = folder / "deps_of_shop" / "plug"
    (plug / "mix.exs").write_text(MIX.format(name="Plug", app="plug", version=theirs, deps="[]"))
    programs = HERE / "programs"
    (folder / "lib" / "shop.ex").write_text("\n" * number + (programs / "mix" / "shop.ex").read_text())
    (plug / "lib" / "runner.ex").write_text("\n" * number + (programs / "plug" / "runner.ex").read_text())
    run(folder, "mix", "compile")
    return folder


def record_elixir(root: Path, number: int) -> None:
    folder, variant = build_mix(root, number), "abc"[number]

    def main(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run(folder, "mix", "run", "--no-compile", "-e", f"Shop.Main.main({json.dumps(list(arguments))})")

    for case in main().stdout.split():
        ran = main(case, str(number + 1))
        if case in LOGGED:
            keep(f"{case}~{variant}", ran.stderr.strip("\n") + "\n", number)
            continue
        told = {view: text.replace(str(root), "") for view, text in views(ran.stdout).items()}
        keep(f"{case}~{variant}", told["seen"].rstrip("\n"), number)
        if case in {"function_clause", "key_error", "undefined_function"}:
            keep(f"{case}~{variant}-blame", told["blame"].rstrip("\n"), number)
        if case not in NO_SDK:
            kind, message = told["type"].strip(), told["message"].rstrip("\n")
            keep(
                f"{case}~{variant}-sdk", told["sdk"].rstrip("\n"), number, language="erlang", type=kind, message=message
            )


def record_erlang(root: Path, number: int) -> None:
    folder, variant = root / FOLDERS[number][1:] / "erl", "abc"[number]
    (folder / "src").mkdir(parents=True)
    for source in (HERE / "programs" / "erlang").glob("*.erl"):
        (folder / "src" / source.name).write_text("\n" * number + source.read_text())
    run(folder, "erlc", "-o", ".", "src/shop_pay.erl", "src/shop_web.erl")

    def main(*arguments: str) -> str:
        return run(folder, "erl", "-noshell", "-eval", f"shop_pay:main({json.dumps(list(arguments))}), halt().").stdout

    for case in main().split():
        told = views(main(case, str(number + 1)))
        for view in ERLANG_VIEWS[number]:
            sent = {"language": "erlang", "type": told["type"].strip()} if view in ("otel", "list") else {}
            error = f"erlang_{case}_{view}" if (case, view) in ERLANG_APART else f"erlang_{case}"
            stack = re.sub(r"(?m)^(=CRASH REPORT==== )[^\n=]*", r"\g<1>24-Nov-2026::17:27:45.685781 ", told[view])
            keep(f"{error}~{variant}-{view}", stack.rstrip("\n"), 0, **sent)


if __name__ == "__main__":
    for number in range(len(FOLDERS)):
        with tempfile.TemporaryDirectory() as root:
            record_elixir(Path(root), number)
            record_erlang(Path(root), number)

"""Record golden stacks of JavaScript: run the programs in every engine and build that is there, and keep what they print.

    python tests/golden/record_javascript.py TOOLS node18=/path/to/node deno=... bun=... jsc=... hermes=... chromium=...

TOOLS is a folder with `node_modules`: typescript, esbuild, vite, webpack, webpack-cli, @babel/cli, @babel/preset-env,
express, @opentelemetry/api and sdk-trace-base. With the engine change the folder, lines (blank ones in front), the ids in
messages, and the hashes in the names of bundles. Then run the golden tests with `ACCEPT_GOLDEN=1`.
"""

from __future__ import annotations

import http.server
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "stacks" / "javascript"
PROGRAMS = HERE / "programs"
FOLDERS = ("/srv/shop", "/home/ci/releases/42/app", "/var/task", "/opt/shop_v2/src")
TEXT_LINES_MAX = 40
SECONDS_MAX = 60
# What an engine does not tell: Bun nothing of WebAssembly; JavaScriptCore and Hermes have no name for a computed method, Hermes none in what Babel
# makes of getters, generators and async functions, and no WebAssembly; SpiderMonkey has a type of its own for an overflow.
UNTOLD = {
    "bun": {"web_assembly"},
    "jsc": {"computed_method"},
    "hermes": {"web_assembly", "getter", "computed_method", "awaited", "awaited_method", "generator"},
    "firefox": {"recursion"},
}
BUNDLED = (
    "plain",
    "other_function",
    "callback",
    "undefined_property",
    "generic_a",
    "generic_b",
    "constructor",
    "anonymous",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine and what differs when it runs: `name` is the variant's."""

    name: str
    command: str
    number: int

    @property
    def kind(self) -> str:
        return re.sub(r"[0-9.]+$", "", self.name)

    @property
    def seed(self) -> int:
        return 3 + 7 * self.number

    @property
    def folder(self) -> str:
        return FOLDERS[self.number % len(FOLDERS)]


def run(command: list[str], folder: Path) -> str:
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    return ran.stdout + ran.stderr


def keep(name: str, variant: str, stack: str, sent: dict[str, str], *, browser: bool = False) -> None:
    """Write a text and what is sent beside it."""
    stack = "\n".join(stack.rstrip("\n").split("\n")[:TEXT_LINES_MAX])
    (HERE / f"{name}~{variant}.txt").write_text(stack)
    language = "webjs" if browser else "nodejs"
    (HERE / f"{name}~{variant}.json").write_text(json.dumps({"language": language, **sent}, indent=1) + "\n")


def keep_views(
    printed: str,
    variant: str,
    *,
    label: str = "{}",
    only: tuple[str, ...] = (),
    untold: set[str] = frozenset(),
    browser: bool = False,
) -> None:
    """Keep what a program printed: `#### NAME`, a line of JSON, the stack."""
    views = printed.split("#### ")[1:]
    if not views:
        sys.exit(f"{variant} printed no stack:\n{printed[:2000]}")
    for view in views:
        name, _, rest = view.partition("\n")
        line, _, stack = rest.partition("\n")
        if name not in untold and (not only or name in only):
            keep(label.format(name), variant, stack, json.loads(line), browser=browser)


def checkout(engine: Engine, *, say: str, done: str = "") -> str:
    """The program for every engine, with its lines moved."""
    source = (PROGRAMS / "checkout.js").read_text()
    return f"{chr(10) * engine.number}const say = {say};{source}\nrun({engine.seed}){done};\n"


def record_shell(engine: Engine, root: str, tools: Path) -> None:
    """Node, Deno, Bun, JavaScriptCore's shell, Hermes."""
    folder = Path(root + engine.folder)
    folder.mkdir(parents=True)
    script = folder / "checkout.js"
    say = "(text) => print(text)" if engine.kind in ("jsc", "hermes") else "(text) => console.log(text)"
    script.write_text(checkout(engine, say=say))
    if engine.kind == "hermes":
        compile_for_hermes(script, tools)
    command = [engine.command, *(["run", "--allow-read"] if engine.kind == "deno" else []), str(script)]
    keep_views(run(command, folder).replace(root, ""), engine.name, untold=UNTOLD.get(engine.kind, set()))
    if engine.kind == "hermes":
        for number in (1, 2):
            script.write_text(checkout(Engine(name="", command="", number=number), say=say))
            compile_for_hermes(script, tools)
            compiler = Path(engine.command).with_name("hermesc")
            run([str(compiler), "-emit-binary", "-O", "-g0", "-out", "index.android.bundle", str(script)], folder)
            printed = run([engine.command, "-b", "index.android.bundle"], folder).replace(root, "")
            keep_views(printed, f"bytecode-{number}", label="native_{}", only=BUNDLED)


def compile_for_hermes(script: Path, tools: Path) -> None:
    """Hermes has no classes: React Native gives it what Babel makes of them."""
    settings = tools / "hermes.babel.json"
    settings.write_text(
        json.dumps(
            {
                "presets": [["@babel/preset-env", {"targets": {"ie": "11"}}]],
                "retainLines": True,
                "sourceType": "script",
            }
        )
    )
    made = tools / "hermes_out.js"
    shutil.copy(script, tools / "hermes_in.js")
    run(["npx", "babel", "--config-file", "./hermes.babel.json", "hermes_in.js", "-o", "hermes_out.js"], tools)
    script.write_text(made.read_text())


def record_server(engine: Engine, root: str, tools: Path) -> None:
    """Node alone: packages as npm and as pnpm lay them out, one process a case."""
    folder = Path(root + engine.folder)
    folder.mkdir(parents=True)
    packages = folder / "node_modules"
    packages.mkdir()
    for package in sorted((tools / "node_modules").iterdir()):
        (packages / package.name).symlink_to(package)
    home = packages / "ledger" if engine.number % 2 else packages / ".pnpm/ledger@1.2.3/node_modules/ledger"
    shutil.copytree(PROGRAMS / "server" / "ledger", home)
    if engine.number % 2 == 0:
        (packages / "ledger").symlink_to(home)
    for name in ("shop.js", "broken.js"):
        (folder / name).write_text("\n" * engine.number + (PROGRAMS / "server" / name).read_text())
    for case in run([engine.command, "shop.js", "--list"], folder).split():
        printed = run([engine.command, "shop.js", case, str(engine.seed)], folder)
        printed = printed.replace(str(tools), folder.as_posix()).replace(root, "")
        if case in ("uncaught", "syntax", "rejected"):
            keep(case, engine.name, printed, {})
            continue
        for view in printed.split("#### ")[1:]:
            name, _, rest = view.partition("\n")
            line, _, stack = rest.partition("\n")
            keep(case, engine.name if name == "seen" else f"{engine.name}-{name}", stack, json.loads(line))


def record_typescript(engine: Engine, root: str, tools: Path) -> None:
    """One program of TypeScript for two targets, with and without source maps; Deno and Bun run it as it is."""
    folder = Path(root + engine.folder)
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "pay.ts").write_text("\n" * engine.number + (PROGRAMS / "pay.ts").read_text())
    seed = str(engine.seed)
    if engine.kind in ("deno", "bun"):
        keep_views(run([engine.command, "run", "pay.ts", seed], folder).replace(root, ""), f"{engine.name}-source")
        return
    for target in ("es2015", "es2022"):
        tsc = [
            str(tools / "node_modules/.bin/tsc"),
            "--target",
            target,
            "--module",
            "es2022",
            "--lib",
            "es2022",
            "--types",
            "",
        ]
        run([*tsc, "--ignoreConfig", "--sourceMap", "--outDir", f"dist-{target}", "pay.ts"], folder)
        for flags, word in (([], target), (["--enable-source-maps"], f"{target}-mapped")):
            printed = run([engine.command, *flags, f"dist-{target}/pay.js", seed], folder).replace(root, "")
            # After an `await` nothing in the stack tells which function a helper of es2015 runs.
            untold = {"ts_async_part"} if target == "es2015" else set()
            keep_views(printed, f"{engine.name}-{word}", untold=untold)


def record_bundles(engine: Engine, root: str, tools: Path) -> None:
    """Bundles whose names carry hashes, in Node: esbuild, minified and not; webpack for production and development."""
    folder = Path(root + engine.folder)
    folder.mkdir(parents=True)
    source = checkout(engine, say="(text) => console.log(text)")
    # A minifier keeps all names of a script that evaluates text.
    (folder / "checkout.js").write_text(source.replace("= eval(", "= (0, eval)("))
    (folder / "node_modules").symlink_to(tools / "node_modules")
    esbuild = [str(tools / "node_modules/.bin/esbuild"), "--bundle", "--entry-names=[name]-[hash]"]
    webpack = [str(tools / "node_modules/.bin/webpack"), "--entry", "./checkout.js", "--target", "node"]
    builds = {
        "bundle": [*esbuild, "front=checkout.js", "--outdir=out/bundle"],
        "minified": [*esbuild, "shop=checkout.js", "--minify", "--outdir=out/minified"],
        "webpack": [
            *webpack,
            "--mode",
            "production",
            "--output-path",
            "out/webpack",
            "--output-filename",
            "main.[contenthash:8].js",
        ],
        "webpack_dev": [*webpack, "--mode", "development", "--output-path", "out/webpack_dev", "--devtool", "eval"],
        "webpack_map": [*webpack, "--mode", "none", "--output-path", "out/webpack_map", "--devtool", "source-map"],
    }
    for name, build in builds.items():
        run(build, folder)
        made = next((folder / "out" / name).glob("*.js"))
        flags = ["--enable-source-maps"] if name == "webpack_map" else []
        printed = run([engine.command, *flags, str(made)], folder).replace(root, "")
        label = "{}" if name in ("webpack_dev", "webpack_map") else f"{name}_{{}}"
        keep_views(printed, f"{engine.name}-{name}", label=label, only=BUNDLED)


def record_browser(engine: Engine, root: str, tools: Path) -> None:
    """A browser without a window loads a page: the script as it is, and bundled by Vite."""
    folder = Path(root + engine.folder)
    (folder / "assets").mkdir(parents=True)
    body = "let all = ''; globalThis.told = () => fetch('/told', { method: 'POST', body: all });"
    source = body + checkout(engine, say="(text) => { all += text; }", done=".then(told)")
    (folder / "assets" / "checkout.js").write_text(source)
    page = f"<!doctype html><body><script src=/assets/checkout.js?v={engine.seed}a2b></script>"
    (folder / "index.html").write_text(page)
    printed = visit(engine, folder)
    keep_views(printed, engine.name, untold=UNTOLD.get(engine.kind, set()), browser=True)
    built = Path(root + "/vite" + engine.folder)
    (built / "src").mkdir(parents=True)
    (built / "src" / "index.js").write_text(source)
    (built / "index.html").write_text("<!doctype html><body><script type=module src=/src/index.js></script>")
    (built / "node_modules").symlink_to(tools / "node_modules")
    run([str(tools / "node_modules/.bin/vite"), "build", "--minify=false", "--outDir=dist"], built)
    keep_views(visit(engine, built / "dist"), f"{engine.name}-vite", label="vite_{}", only=BUNDLED, browser=True)


def visit(engine: Engine, folder: Path) -> str:
    told: list[str] = []
    done = threading.Event()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]  # as socketserver calls it

        def do_POST(self) -> None:
            told.append(self.rfile.read(int(self.headers["content-length"])).decode())
            self.send_response(204)
            self.end_headers()
            done.set()

        def send_head(self) -> object:
            return None if self.path == "/favicon.ico" else super().send_head()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    with tempfile.TemporaryDirectory() as profile:
        arguments = ["--headless", "--no-remote", "--profile", profile]
        if engine.kind == "chromium":
            arguments = [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={profile}",
                "--remote-debugging-port=0",
            ]
        process = subprocess.Popen(
            [engine.command, *arguments, f"{url}/index.html"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        done.wait(SECONDS_MAX)
        process.terminate()
        process.wait(SECONDS_MAX)
    server.shutdown()
    return "".join(told).replace(url, f"https://shop{engine.number}.example")


def main(arguments: list[str]) -> None:
    tools = Path(arguments[0]).resolve()
    for number, argument in enumerate(arguments[1:]):
        name, _, command = argument.partition("=")
        engine = Engine(name=name, command=command, number=number)
        steps = [record_shell]
        if engine.kind in ("chromium", "firefox"):
            steps = [record_browser]
        elif engine.kind == "node":
            steps = [record_shell, record_server]
            if number:
                steps += [record_typescript, record_bundles]
        elif engine.kind in ("deno", "bun"):
            steps = [record_shell, record_typescript]
        for step in steps:
            with tempfile.TemporaryDirectory() as root:
                step(engine, root, tools)
    derive(arguments[-1].partition("=")[0])


def derive(browser: str) -> None:
    """Make of some texts what senders make of them: other line ends, cut ends, log text in front."""
    for name in ("plain~node24", "cause~node24", f"plain~{browser}"):
        text, sent = (HERE / f"{name}.txt").read_text(), (HERE / f"{name}.json").read_text()
        made = {
            "crlf": text.replace("\n", "\r\n"),
            "log": f"2026-11-24T11:04:05Z ERROR [checkout] request 4711 failed\n{text}",
            "cut": text[:-30],
        }
        for word, changed in made.items():
            (HERE / f"{name}-{word}.txt").write_bytes(changed.encode())
            (HERE / f"{name}-{word}.json").write_text(sent)


if __name__ == "__main__":
    main(sys.argv[1:])

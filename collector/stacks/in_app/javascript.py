"""JavaScript: a script's URL or path tells runtime, package or program, and the name that survives a build.

The module of a package is its name (`express`, `@nestjs/core`), whatever manager laid it out: `node_modules`, pnpm's and
Bun's folders of versions, yarn's archives, Deno's cache, a CDN. That of the program is the script's base name without
what a build or a deployment changes: the extension (`pay.ts` and the `pay.js` made of it are one), the query, content
hashes (`main.3f2a9c.js`, `index-BX3k9ab_.js`) and the numbers of chunks.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from collector.stacks.remember import remember

FILES_CACHED_MAX = 8192
"""Scripts whose module is remembered, about 0.5 KB each: a program has some thousands, and they repeat."""

HOSTS_CACHED_MAX = 512
"""Hosts that are remembered: a page loads from some dozens."""

PATH_CHARS_MAX = 2048
"""Characters of a path that are looked at: longer ones are data URLs."""

NATIVE = "native"
"""The module of functions that the engine brings: `Array.map (<anonymous>)`, `map@[native code]`."""

WEB_ASSEMBLY = "wasm"
"""The module of functions compiled to WebAssembly: engines disagree about the name of theirs."""

CHUNK = "chunk"
"""The module of a bundle that has nothing but a number or a hash for a name."""

_NATIVE = re.compile(
    r"(?:<anonymous>|native(?:\W.*)?|\[?native code\]?|unknown(?: location)?|index [0-9]+|<unknown>|self-hosted|JavaScript|)"
)
_RUNTIME = re.compile(
    r"(?:node|bun|deno|ext|internal|bun-internal|builtin|electron|cloudflare|nodejs):"
    r"|(?:resource|chrome|devtools|about):/|internal/|bootstrap_node|electron/js2c/"
)
_EXTENSION = re.compile(
    r"(?:chrome|moz|safari|safari-web|ms-browser|edge|opera)-extension:/|webkit-masked-url:/|user-script:"
)
# What Node had without a path before version 15; no program's script comes without one.
_OLD_BUILT_IN = re.compile(
    r"(?:_?(?:assert|async_hooks|buffer|child_process|cluster|console|crypto|dgram|dns|domain|events|fs|http|http2|http_agent"
    r"|http_client|http_common|http_incoming|http_outgoing|http_server|https|inspector|module|net|os|path|perf_hooks|process"
    r"|punycode|querystring|readline|repl|stream|stream_duplex|stream_passthrough|stream_readable|stream_transform"
    r"|stream_wrap|stream_writable|string_decoder|timers|tls|tls_common|tls_wrap|trace_events|tty|url|util|v8|vm"
    r"|worker_threads|zlib|node|next_tick))\.js"
)
_BUNDLER = re.compile(r"(?:webpack|turbopack|rsc|about|vite|metro|ng|app|capacitor|ionic)[\w-]{0,20}://[^/]{0,200}/")
_LAYER = re.compile(r"(?:\.{1,2}/|\([\w-]{1,40}\)/|\[[\w-]{1,40}\]/|Server/|~/)+")
_WEBPACK_OWN = re.compile(r"(?:webpack/(?:bootstrap|runtime|startup|before-startup|hot)|external |ignored\|)")
# Hosts that serve other people's scripts, and where their paths name the package.
_CDN_HOST = re.compile(
    r"(?:^|\.)(?:unpkg|jsdelivr|esm|skypack|jspm|cloudflare|jsr|deno|google-analytics|googletagmanager|googleapis|gstatic|doubleclick"
    r"|googlesyndication|facebook|hotjar|segment|intercom|intercomcdn|hs-scripts|newrelic|nr-data|sentry-cdn|stripe|paypal|paypalobjects"
    r"|cookielaw|clarity|bing|tiktok|linkedin|licdn|twitter)\.(?:com|net|ms|org|io|sh|run|dev|land)(?:$|:)"
)
_CDN_PACKAGE = re.compile(r"(?:npm[/:]|ajax/libs/|v[0-9]{1,6}/|x/)?((?:@[\w.-]{1,100}/)?[\w.@-]{1,100})/")
_PACKAGES = re.compile(
    r".*(?:^|/)(?:node_modules|bower_components|jspm_packages|usr/share/nodejs|deno/npm/[\w.-]{1,100})/(?!\.(?:pnpm|bun|store)/)"
    r"(?:\.vite/(?:[\w-]{1,40}/)?|\.cache/)?((?:@[^/]{1,200}/)?[^/]{1,200})",
    re.DOTALL,
)
_PACKAGES_HINTS = ("node_modules/", "bower_components/", "jspm_packages/", "usr/share/nodejs/", "deno/npm/")
_DEVELOPMENT = re.compile(r"/@(?:vite/|react-refresh|id/__vite)")  # a server's for development
_LIBRARY_BUNDLE = re.compile(
    r"(?:vendors?|polyfills?(?:-[\w-]{1,40})?|framework|runtime|webpack|zone|commons?-vendor|npm)(?:[~.-].*)?"
    r"|(?:jquery|react|react-dom|vue|angular|bootstrap|lodash|underscore|backbone|ember|moment|d3|three|zone|rxjs|core-js"
    r"|require|modernizr|gtm|gtag|ga|analytics|fbevents|hotjar|dart_sdk|node_modules_.*)(?:[.-](?:production|development|slim|bundle|umd|common|global|prod|runtime|esm))*"
)
_SUFFIXES = frozenset(
    {
        "asar",
        "asp",
        "aspx",
        "astro",
        "bundle",
        "cjs",
        "coffee",
        "cts",
        "htm",
        "html",
        "js",
        "jsbundle",
        "jsp",
        "jsx",
        "mjs",
        "mts",
        "node",
        "php",
        "svelte",
        "ts",
        "tsx",
        "vue",
        "wasm",
    }
)
_VERSION = re.compile(r"[-.@_]v?[0-9]{1,4}(?:\.[0-9]{1,6}){1,3}(?:-[a-z]{1,10}(?:\.[0-9]{1,4})?)?$")
_NOISE = re.compile(
    r"(?:[.-]min|-es(?:5|20[0-9]{2})|\.chunk|\.bundle|\._|\.module|\.esm|\.umd|\.prod|\.development|\.production)$"
)
# A hash is told from a word by a digit, by sixteen digits of hex, or by capitals where no word has them.
_HASH = re.compile(
    r"(?:^|[.~@_-]{1,2})(?:(?=[a-f]{0,40}[0-9])[0-9a-f]{5,64}|[0-9a-f]{16,64}|[0-9]{6,20}"
    r"|(?<=[.-])(?!(?:[A-Z]?[a-z]{2,8}){1,4}$)[A-Za-z0-9_-]{8}|(?<=[.-])(?=[A-Za-z]{0,20}[0-9])[A-Za-z0-9]{10,24})$"
)
# Vite's hash may be all letters: where it puts scripts, two capitals in eight characters are enough.
_VITE_FOLDER = "/assets/"
_VITE_HASH = re.compile(r"(?<=[\w.])-(?=[^A-Z]{0,7}[A-Z][^A-Z]{0,6}[A-Z])[A-Za-z0-9_-]{8}$")
# React Native has one script, named after the platform.
_NATIVE_BUNDLE = re.compile(r"(?:index|main)(?:\.(?:android|ios|windows|macos))?\.(?:js)?bundle")
# Names that tell nothing without the folder, which is known where the path begins at the program's root.
_NAMELESS = frozenset(
    {"index", "page", "route", "layout", "handler", "loading", "error", "+page", "+server", "+layout", "mod"}
)
_FOLDER = re.compile(
    r"(?!(?:src|dist|build|out|app|pages|lib|assets|static|js|chunks|public|server|client)$)[A-Za-z][A-Za-z_-]{1,40}"
)


@remember(FILES_CACHED_MAX)
def locate(file: str) -> tuple[str, bool]:
    """Tell the module of a script, and whether it is in-app.

    `file` is a URL or path as engines print it, without line and column; empty for a native function.
    """
    path = file[:PATH_CHARS_MAX].replace("\\", "/")
    if path.startswith(("/", "file:///")):
        return _on_disk(path)
    if path.startswith(("https:", "http:")):
        return _from_web(path)
    if path.startswith(("rsc://React/", "about://React/")):  # React's names for a server component's script
        path = path.partition("://React/")[2].partition("/")[2]
    return _not_programs(path) or _bundled(path.partition("?")[0].partition("#")[0])


def _not_programs(path: str) -> tuple[str, bool] | None:
    """Tell what is no file of anybody: the engine's own, the runtime's, a browser extension's."""
    if _NATIVE.fullmatch(path):
        return NATIVE, False
    if _EXTENSION.match(path):
        return "extension", False
    if _RUNTIME.match(path):
        return _runtime(path), False
    if _OLD_BUILT_IN.fullmatch(path):
        return f"node:{path[:-3]}", False
    if path == "[wasm code]":
        return WEB_ASSEMBLY, True
    return (path[:4], True) if path.startswith(("blob:", "data:")) else None


def _bundled(path: str) -> tuple[str, bool]:
    """Tell the module by a path that a bundler made, which begins at the program's root."""
    bundler = _BUNDLER.match(path)
    if bundler is None:
        return _on_disk(path)
    path = path[bundler.end() :]
    if (layer := _LAYER.match(path)) is not None:
        path = path[layer.end() :]
    return ("webpack", False) if _WEBPACK_OWN.match(path) else _on_disk(path, rooted=True)


def _from_web(path: str) -> tuple[str, bool]:
    host, _, below = path[path.find("//") + 2 :].partition("/")
    if _is_cdn(host):
        package = _CDN_PACKAGE.match(below)
        return (
            _without_version(package.group(1)) if package else host.rpartition(".")[0].rpartition(".")[2] or host
        ), False
    return _on_disk("/" + below.partition("#")[0], rooted=True)


@remember(HOSTS_CACHED_MAX)
def _is_cdn(host: str) -> bool:
    return _CDN_HOST.search(host) is not None


def _on_disk(path: str, *, rooted: bool = False) -> tuple[str, bool]:
    """Tell the module by a path. `rooted`: it begins at the program's root, so that its folders mean something."""
    if "?" in path:
        path = path.partition("?")[0]
    elif "//&" in path:  # Metro's queries, as JavaScriptCore and Hermes print them
        path = path.partition("//&")[0]
    if "%" in path:
        path = unquote(path)
    at = path.rfind("node_modules/")
    if at >= 0 and not path.startswith(".", at + 13):
        name, _, rest = path[at + 13 :].partition("/")
        return _without_suffix(f"{name}/{rest.partition('/')[0]}" if name.startswith("@") else name), False
    if at >= 0 or "_" in path or "deno" in path or "nodejs" in path:
        package = _PACKAGES.match(path) if any(hint in path for hint in _PACKAGES_HINTS) else None
        if package is not None:
            return _package(package.group(1)), False
    if path.endswith("/InternalBytecode.js"):
        return NATIVE, False
    return _program(path, rooted=rooted)


def _program(path: str, *, rooted: bool) -> tuple[str, bool]:
    folder, _, base = path.rstrip("/").rpartition("/")
    if base.endswith("bundle") and _NATIVE_BUNDLE.fullmatch(base):
        return "bundle", True
    name = _without_suffix(base)
    if _VITE_FOLDER in path:
        name = _VITE_HASH.sub("", name)
    name = _without_build(name) or (CHUNK if base else "page")
    if name.isdecimal():
        name = CHUNK
    if name in _NAMELESS and (rooted or "/.next/server/" in path):
        parent = folder.rpartition("/")[2]
        if _FOLDER.fullmatch(parent):
            name = f"{parent}/{name}"
    if _LIBRARY_BUNDLE.fullmatch(name) is not None:
        return name, False
    is_standard = path.startswith("/var/runtime/") or ("/." in path and "/.pnp." in path)
    return name, not (is_standard or ("/@" in path and _DEVELOPMENT.search(path)) or "/lib/node/" in path)


def _without_suffix(base: str) -> str:
    name, dot, suffix = base.rpartition(".")
    return name if dot and name and suffix in _SUFFIXES else base


def _without_build(name: str) -> str:
    """Take hashes, versions and marks of minifiers off a script's name, from its end."""
    if name.isalpha():
        return name
    for _ in range(4):
        shorter = _NOISE.sub("", _VERSION.sub("", name))
        shorter = _HASH.sub("", shorter)
        if shorter == name:
            break
        name = shorter
    return name


def _without_version(name: str) -> str:
    at = name.find("@", 1)
    return name if at < 0 else name[:at]


def _package(name: str) -> str:
    """The name of a package, or of what Vite made of it: one script a package."""
    name = _without_suffix(name)
    if name.startswith("chunk-"):
        return "vite"
    return _without_version(name)


def _runtime(path: str) -> str:
    if path.startswith("internal/"):
        path = f"node:{path}"
    return path.removesuffix(".js").partition("?")[0]

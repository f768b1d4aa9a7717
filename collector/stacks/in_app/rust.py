"""Rust: a symbol tells crate, module and function, the source file's path tells who wrote it."""

from __future__ import annotations

import re

from collector.stacks.remember import remember

SYMBOLS_CACHED_MAX = 16384
"""Pairs of symbol and file that are remembered, about 0.7 KB each: a program has some thousands, and they repeat."""

_STANDARD_LIBRARY = frozenset({"alloc", "backtrace", "backtrace_rs", "core", "__rustc", "proc_macro", "std", "test"})
# Crates that are in many backtraces, for programs without debug information, where no path tells.
_COMMON_CRATES = frozenset(
    [
        "actix_http",
        "actix_rt",
        "actix_server",
        "actix_service",
        "actix_web",
        "aide",
        "anyhow",
        "async_std",
        "async_trait",
        "axum",
        "axum_core",
        "bytes",
        "color_eyre",
        "crossbeam",
        "crossbeam_channel",
        "crossbeam_deque",
        "crossbeam_epoch",
        "crossbeam_utils",
        "diesel",
        "env_logger",
        "eyre",
        "futures",
        "futures_channel",
        "futures_core",
        "futures_executor",
        "futures_util",
        "h2",
        "hashbrown",
        "hyper",
        "hyper_util",
        "indexmap",
        "lambda_http",
        "lambda_runtime",
        "log",
        "mio",
        "once_cell",
        "opentelemetry",
        "opentelemetry_otlp",
        "opentelemetry_sdk",
        "parking_lot",
        "parking_lot_core",
        "poem",
        "prost",
        "rayon",
        "rayon_core",
        "redis",
        "regex",
        "reqwest",
        "rocket",
        "rustls",
        "sea_orm",
        "serde",
        "serde_json",
        "smol",
        "sqlx",
        "sqlx_core",
        "stable_eyre",
        "tokio",
        "tokio_postgres",
        "tokio_rustls",
        "tokio_util",
        "tonic",
        "tower",
        "tower_http",
        "tower_layer",
        "tower_service",
        "tracing",
        "tracing_core",
        "tracing_error",
        "tracing_futures",
        "tracing_log",
        "tracing_opentelemetry",
        "tracing_subscriber",
        "wasm_bindgen",
        "warp",
    ]
)
_LIBRARY_ROOTS = ("library/alloc/", "library/core/", "library/std/", "vendor/", "cargo/registry/", "cargo/git/")
_HASH = re.compile(r"::h[0-9a-f]{16}$|<unknown>$|\[[0-9a-f]{8,16}\]")
_GENERATED = re.compile(r"::\{\{[^{}\n]{1,80}\}\}|::\{[^{}\n]{1,80}\}")
_TYPE_ARGUMENTS = re.compile(r"<[^<>]*>")
_BRACKET = re.compile(r"<|(?<!-)>")
_EMPTY_PARTS = re.compile(r"(?:::){2,}")
_POINTER = re.compile(r"^(?:&|\*const |\*mut |mut |dyn |'[a-z_]+ |for |\[|\()+")
NESTED_TYPE_ARGUMENTS_MAX = 12
"""Levels of type arguments that are taken off a symbol; what is deeper stays."""
SYMBOL_CHARS_MAX = 2048
"""Characters of a symbol that are read: those of chained futures are longer, and their beginning tells enough."""


@remember(SYMBOLS_CACHED_MAX)
def locate(symbol: str, file: str) -> tuple[str, str, bool]:
    """Tell module, function, and whether it is in-app, of a symbol and its source file (empty if unknown).

    `<shop::store::Store as shop::store::Shelf>::take::{{closure}}::h4e6d80e4da6ab82a` is `Store::take` of `shop::store`:
    no hashes, closures or type arguments. A trait's method on a type of the standard library is that of the trait.
    """
    name = symbol[:SYMBOL_CHARS_MAX]
    if name[-19:-16] == "::h" or "[" in name or name.endswith("<unknown>"):
        name = _HASH.sub("", name)
    if "{" in name:
        name = name.replace("::{{closure}}", "")
        if "{" in name:
            name = _GENERATED.sub("", name)
    called = "core::ops::function::" in name
    if "<" in name:
        if "<impl " in name:
            name = _implemented(name)
        if name.startswith("<"):
            name = _qualified(name)
        if "<" in name:
            name = _without_type_arguments(name)
    if name.startswith("{"):  # a closure whose owner is not known
        name = ""
    parts = name.split("::")
    path = file.replace("\\", "/") if "\\" in file else file
    if len(parts) == 1 and path.endswith(".rs"):  # line tables know the bare name alone
        module, in_app = locate_file(file)
        return module, name, in_app
    last = len(parts) - 1
    at = min(1, last)
    while at < last and not parts[at][:1].isupper():
        at += 1
    return "::".join(parts[:at]), "::".join(parts[at:]), not called and _is_in_app(parts[0], len(parts), path)


def _is_library(path: str) -> bool:
    """Whether a source lies in the compiler's, cargo's or a vendored folder."""
    return (
        "/rustc/" in path
        or "/rustc-1" in path
        or "cargo/registry/" in path
        or "/registry/src/" in path
        or "cargo/git/" in path
        or "/vendor/" in path
        or "/rustlib/src/" in path
        or path.startswith(_LIBRARY_ROOTS)
    )


def _is_in_app(crate: str, parts: int, path: str) -> bool:
    if path:
        return path.endswith(".rs") and not _is_library(path)
    return parts > 1 and crate.isidentifier() and crate not in _STANDARD_LIBRARY and crate not in _COMMON_CRATES


@remember(SYMBOLS_CACHED_MAX)
def locate_file(file: str) -> tuple[str, bool]:
    """Tell module and in-app of the place of a panic whose frames are unknown: the file's base name stands in."""
    path = file.replace("\\", "/") if "\\" in file else file
    folder, _, name = path.rpartition("/")
    name = name.removesuffix(".rs")
    return folder.rpartition("/")[2] if name == "mod" else name, not _is_library(path)


def _implemented(name: str) -> str:
    """`shop::pay::<impl shop::Pay for shop::Visa>::pay` -> `<shop::Visa as shop::Pay>::pay`, as newer symbols have it."""
    start = name.index("<impl ")
    end = start + _matching_bracket(name[start:])
    inner, rest = _without_type_arguments(name[start + len("<impl ") : end]), name[end + 1 :]
    trait, _, kind = inner.rpartition(" for ")
    return f"<{kind} as {trait}>{rest}" if trait else f"<{kind}>{rest}"


def _qualified(name: str) -> str:
    """`<Type as Trait>::f` -> `Type::f`, or `Trait::f` if the type has no path of its own."""
    end = name.find(">") if name.count("<") == 1 and "->" not in name else _matching_bracket(name)
    inner, rest = _without_type_arguments(name[1:end]), name[end + 1 :]
    kind, _, trait = inner.partition(" as ")
    kind = _POINTER.sub("", kind)
    crate = kind.partition("::")[0]
    own = "::" in kind and crate.isidentifier()
    if trait and (not own or (crate in _STANDARD_LIBRARY and trait.partition("::")[0] not in _STANDARD_LIBRARY)):
        kind = trait
    return kind.partition(" ")[0].rstrip("]),;") + rest


def _matching_bracket(name: str) -> int:
    """Where the first bracket closes; the end of a name that was cut off."""
    depth = 0
    for found in _BRACKET.finditer(name):
        depth += 1 if found.group() == "<" else -1
        if not depth:
            return found.start()
    return len(name)


def _without_type_arguments(name: str) -> str:
    if "->" in name:
        name = name.replace("->", "")
    for _ in range(NESTED_TYPE_ARGUMENTS_MAX):
        if "<" not in name:
            break
        name = _TYPE_ARGUMENTS.sub("", name)
    if "::::" in name:
        name = _EMPTY_PARTS.sub("::", name)
    return name.removesuffix("::").removeprefix("::")

"""JavaScript's names of functions: what every engine and every build agrees on.

One function is `Object.pay [as handler]` to V8, `Cart.prototype.pay` or `shop/pay` to SpiderMonkey and `pay` to
JavaScriptCore: its own name is the last part. What has no name of its own (arrow functions, the top level of a script,
bundlers' wrappers) is `ANONYMOUS`, except under an alias.
"""

from __future__ import annotations

import re

from collector.stacks.remember import remember

NAMES_CACHED_MAX = 8192
"""Names of functions that are remembered, about 0.3 KB each: a program has some thousands, and they repeat."""

NAME_CHARS_MAX = 512
"""Characters of a function's name that are looked at: longer ones are generated."""

ANONYMOUS = "<anonymous>"

_NO_NAME = frozenset(
    {
        "",
        "?",
        "<eval>",
        "<global>",
        "<module>",
        "<unknown>",
        "Anonymous function",
        "Global code",
        "anonymous",
        "eval",
        "eval code",
        "global",
        "global code",
        "module code",
        "{anonymous}()",
    }
)
# `async*f@`, `promise callback*f@`, `setTimeout handler*f@`: what ran the function, then its name.
_ASYNC_CAUSE = re.compile(r"[^*\n]{1,80}\*")
_KEYWORD = re.compile(r"(?:(?:async|new|get|set|static|function|bound|class) |\*)+")
_ALIAS = re.compile(r" \[as ([^\]\n]{1,200})\]$")
# `<?>.wasm-function[price]` in JavaScriptCore; a number is no name.
_WASM_FUNCTION = re.compile(r"wasm-function\[(?:[0-9]{1,9}|([^\]]{0,300}))\]$")
# Babel's names for what is inside an async function.
_GENERATED = re.compile(r"_callee[0-9]{0,4}\$?|_ref[0-9]{0,4}|_temp[0-9]{0,4}")
# A number that a bundler put after a name which was there already, or a hash that Rust did.
_SUFFIX = re.compile(r"(?:\$\$?[0-9]{1,4}|::h[0-9a-f]{16})$")


@remember(NAMES_CACHED_MAX)
def own_name(name: str) -> str:
    """Take the name that V8 or Hermes prints to the function's own: `Cart.get total [as total]` -> `total`."""
    name = name[:NAME_CHARS_MAX]
    if name.isalnum() and name not in _NO_NAME:
        return name
    alias = _ALIAS.search(name) if name.endswith("]") else None
    if alias is not None:
        name = name[: alias.start()]
    name = _last_part(name)
    return _last_part(alias.group(1)) if name == ANONYMOUS and alias is not None else name


@remember(NAMES_CACHED_MAX)
def own_name_in_gecko(name: str) -> tuple[str, str]:
    """Take the name that SpiderMonkey or JavaScriptCore prints to the function's own, and the function around it.

    `shop/pay` is `pay`, and `pay/found<` is an anonymous function in `pay` whose result is `found`.
    """
    name = name[:NAME_CHARS_MAX]
    if name.isalnum() and name not in _NO_NAME:
        return name, ""
    if "*" in name:
        name = _ASYNC_CAUSE.sub("", name)
    if name.endswith("<"):
        return ANONYMOUS, _last_part(name.partition("/")[0].rstrip("<"))
    if "/" in name and not name.startswith((".", "[")):
        name = name.rpartition("/")[2]
    return _last_part(name), ""


def _last_part(name: str) -> str:
    name = name.strip()
    if (keyword := _KEYWORD.match(name)) is not None:
        name = name[keyword.end() :]
    if name in _NO_NAME or name.endswith(ANONYMOUS) or ("/" in name and "::" not in name):
        return ANONYMOUS  # with a slash: a bundler's function for a whole module
    if "$" in name or "::" in name:
        name = _SUFFIX.sub("", name)
    if name.endswith("]") and (number := _WASM_FUNCTION.search(name)) is not None:
        name = number.group(1) or ""
    if "::" in name:  # compiled to WebAssembly
        return name.rpartition("::")[2] or ANONYMOUS
    name = name.rpartition(".")[2]
    if (keyword := _KEYWORD.match(name)) is not None:  # `Cart.get total`
        name = name[keyword.end() :]
    return ANONYMOUS if name in _NO_NAME or (name[0] == "_" and _GENERATED.fullmatch(name)) else name

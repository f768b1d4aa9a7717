"""Names of Swift and Objective-C functions, demangled or not -> (module with types, function).

    MyApp.Cart.add(item: Swift.Int) throws -> ()                 Swift, as tools demangle it
    closure #1 () -> () in MyApp.Cart.add(item: Swift.Int)       what is inside a function leads to it
    $s5MyApp4CartC3add4itemySi_tF                                Swift's symbol
    -[SHCart addItem:]                                           Objective-C
    __16-[SHCart addItem:]_block_invoke                          a block leads to its method

Arguments, labels, results, generic arguments, attributes and what the compiler makes around a function (thunks,
specializations, parts of asynchronous functions, private discriminators) are dropped.

Symbols are read as far as names go: identifiers with their lengths, the letters of their kinds, words that repeat. A
symbol does not say more than that about the place.
"""

from __future__ import annotations

import re

from collector.stacks import native_names

NAME_CHARS_MAX = 4096
"""Characters of a name that are read."""

_METHOD = re.compile(r"[-+]\[([^\s\[\]()]{1,300})(?:\([^\s()]{0,200}\))? ([^\s\[\]]{1,600})\]")
_PRIVATE = re.compile(r"\((\S{1,200}) in _[0-9A-Fa-f]{8,64}\)")
_AROUND = re.compile(
    r"(?:@objc |@nonobjc |@MainActor |static |class |merged |specialized |override |implicit |dispatch thunk of |partial apply "
    r"(?:forwarder )?for |protocol witness for |vtable thunk for |curry thunk of |thunk of |\([0-9]{1,3}\) |await resume partial "
    r"function for |suspend resume partial function for |\(extension in [^()\n]{1,100}\):|isolated |distributed thunk )+"
)
_SPECIALIZATION = re.compile(
    r"(?:generic |function signature |inlined generic |not re-abstracted ){1,3}specialization <"
)
_INSIDE = re.compile(
    r"(?:closure #[0-9]{1,5}|default argument [0-9]{1,5}|defer|implicit closure|(\w{1,200}) #[0-9]{1,5})(?: |$)"
)
_ACCESSORS = frozenset(
    {
        "getter",
        "setter",
        "modify",
        "read",
        "didset",
        "willset",
        "unsafeMutableAddressor",
        "unsafeAddressor",
        "init",
        "deinit",
    }
)
_BRACKETS = re.compile(r"([()<>\[\]])")
_THUNK = re.compile(
    r"(?:reabstraction )?thunk (?:helper )?(?:for|from) |outlined |value witness|type metadata|lazy |associated "
)
_SWIFT_SYMBOL = re.compile(r"_?\$[sSe]|_T0")
_WORDS_MAX = 26  # one letter each
_NUMBER = re.compile(r"[0-9]{1,4}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z][^A-Z_]*|[A-Z]")
_KINDS = ("C", "V", "O", "P", "a", "E")
_FILE_HASH = re.compile(r"33_[0-9A-F]{32}LL")  # what tells private names of several files apart
_ACCESSOR = re.compile(r"v([gsM])Z?$")
_ACCESSOR_NAMES = {"g": "getter", "s": "setter", "M": "modify"}


def read_name(symbol: str) -> tuple[str, str]:
    """Split a symbol into module (with types) and function; ("", "") if there is no name or it is generated."""
    symbol = symbol[:NAME_CHARS_MAX].strip()
    method = _METHOD.search(symbol) if "[" in symbol else None
    if method is not None:
        return method.group(1), method.group(2)
    mangled = _SWIFT_SYMBOL.match(symbol)
    if mangled is not None:
        return _split(_identifiers(symbol, mangled.end()))
    if _THUNK.match(symbol):
        return "", ""
    if "::" in symbol or symbol.startswith(("_Z", "__Z")):
        return native_names.read_name(symbol)
    return _demangled(symbol.partition("_block_invoke")[0].lstrip("_") if "_block_invoke" in symbol else symbol)


def _demangled(name: str) -> tuple[str, str]:
    """Take the function around what is inside it, then its path."""
    if " in _" in name:
        name = _PRIVATE.sub(r"\1", name)
    name = name.partition(" in conformance ")[0]
    name = _without_attributes(name)
    local = ""
    inside = _INSIDE.match(name)
    if inside is not None and " in " in name:
        local = inside.group(1) or ""
        name = _without_attributes(name.rpartition(" in ")[2])
    path = _without_brackets(name)
    for end in (" -> ", " : ", " async", " throws", " infix", " prefix", " postfix"):
        path = path.partition(end)[0]
    module, function = _split(path.strip().split("."))
    return module, f"{function}.{local}" if local else function


def _without_attributes(name: str) -> str:
    found = _AROUND.match(name)
    if found is not None:
        name = name[found.end() :]
    if _SPECIALIZATION.match(name):
        name = name.partition("> of ")[2] or name
        found = _AROUND.match(name)
        name = name[found.end() :] if found is not None else name
    return name


def _without_brackets(name: str) -> str:
    """Take away all that is in brackets, also where the last ones were cut off."""
    if "(" not in name and "<" not in name:
        return name
    head, _, _ = name.partition("(")
    if "<" not in head:
        return head or name
    kept, depth = [], 0
    for part in _BRACKETS.split(name.replace("->", "")):
        if part in ("(", "<", "["):
            depth += 1
        elif part in (")", ">", "]"):
            depth = max(depth - 1, 0)
        elif not depth:
            kept.append(part)
    return "".join(kept)


def _split(path: list[str]) -> tuple[str, str]:
    """Split a path; an accessor keeps its property's name."""
    if not path or not path[-1]:
        return "", ""
    count = 2 if path[-1] in _ACCESSORS and path[-1] not in ("init", "deinit") and len(path) > 2 else 1  # noqa: PLR2004 - module and property
    return ".".join(path[:-count]), ".".join(path[-count:])


def _identifiers(symbol: str, at: int) -> list[str]:
    """Read the path at the beginning of a Swift symbol: a module, types (each with a letter of its kind), a function."""
    found: list[str] = []
    words: list[str] = []
    function = ""
    if symbol.startswith(("s", "S"), at):
        found.append("Swift")
        at += 1 if symbol[at] == "s" else 2
    while at < len(symbol) and not function:
        letter = symbol[at]
        if letter.isdigit():
            at, name = _identifier(symbol, at, words)
            file = _FILE_HASH.match(symbol, at)
            at = file.end() if file is not None else at
            if found and not symbol.startswith(_KINDS, at):
                function = name
            else:
                found.append(name)
        elif letter == "A" and symbol.startswith("AA", at) and found:
            found.append(found[0])  # the module again
            at += 2
        elif letter in _KINDS:
            at += 1
        else:
            break
    if len(found) > 1 and symbol.endswith(("fC", "fc", "fD", "fd")):
        return [*found, "init" if symbol.endswith(("fC", "fc")) else "deinit"]
    accessor = _ACCESSOR.search(symbol, max(len(symbol) - 3, 0)) if function else None
    return found + ([function] if function else []) + ([_ACCESSOR_NAMES[accessor.group(1)]] if accessor else [])


def _identifier(symbol: str, at: int, words: list[str]) -> tuple[int, str]:
    """Read one identifier: a length and letters; after a 0, letters stand for words that were there before."""
    name = ""
    if symbol[at] == "0":
        at += 1
        while at < len(symbol) and symbol[at].isalpha():
            number = ord(symbol[at].lower()) - ord("a")
            name += words[number] if number < len(words) else ""
            at += 1
            if symbol[at - 1].isupper():
                break
    length = _NUMBER.match(symbol, at)
    if length is None:
        return at, name
    end = length.end() + int(length.group())
    literal = symbol[length.end() : end]
    words += [word for word in _WORD.findall(literal) if len(word) > 1][: _WORDS_MAX - len(words)]
    return max(end, length.end()), name + literal

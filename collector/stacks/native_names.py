"""Names of C and C++ functions, as symbol tables, debug information and debuggers spell them -> (namespace, function).

One function has many spellings:

    _ZN4shop4Cart3addEi                                  the symbol
    shop::Cart::add(int) const                           demangled
    shop::Cart::add (this=0x7f.., item=3)                gdb, with values
    void shop::Shelf<int>::put<long>(long const&)        a template, with its return type
    shop::charge(int)::{lambda(int)#1}::operator()(int)  a lambda: its function counts

What differs between them is dropped: arguments, template arguments, return types, qualifiers, ABI tags, anonymous
namespaces, inline namespaces of the standard library, suffixes of clones (`.cold`, `.isra.0`).

Mangled names are read as far as names go (Itanium C++ ABI, "Nested names"): one pass, arguments and template arguments are
skipped. A full demangler would add nothing, for all that it would print is dropped.
"""

from __future__ import annotations

import re

NAME_CHARS_MAX = 4096
"""Characters of a name that are read: template instances can be longer, their names come before."""

LAMBDA = "<lambda>"
"""The function of a lambda whose surrounding function is not named."""

_ANONYMOUS = re.compile(r"(?:\(anonymous namespace\)|\{anonymous\}|<unnamed>|`anonymous[- ]namespace'|_GLOBAL__N_1)::")
_LAMBDA = re.compile(
    r"\{lambda\([^{}\n]{0,1000}\)(?:#[0-9]{1,6})?\}|'lambda[0-9]{0,6}'|<lambda[^<>\n]{0,1000}>|\$_[0-9]{1,6}"
)
_NOTE = re.compile(r"\[(?:clone|abi:|with )[^\[\]\n]{0,1000}\]|\"(?:[^\"\\\n]|\\.){0,1000}\"")
_OPERATOR = re.compile(r"\boperator ?(\(\)|\[\]|<=>|->\*|->|<<=|>>=|<<|>>|<=|>=|<|>|,)")
_BRACKETS = re.compile(r"([()<>])")
_ARGUMENTS = re.compile(r"<[^<>]*>")
_PLAIN = re.compile(r"[\w:~]{1,400}")
_SUFFIX = re.compile(r"(?:\.(?:cold|isra|part|constprop|llvm|lto_priv|localalias|clone)|@).{0,100}")
_RUST_HASH = re.compile(r"h[0-9a-f]{16}")
_QUALIFIERS = (" const", " volatile", " noexcept", "&", " ", "[]")
_INLINE_NAMESPACES = frozenset({"", "__cxx11", "__1", "__ndk1", "_V2", "__debug", "__cxx1998"})
_SYMBOLS = ("()", "[]", "<=>", "->*", "->", "<<=", ">>=", "<<", ">>", "<=", ">=", "<", ">", ",")
_HIDDEN = {symbol: chr(0xE000 + number) for number, symbol in enumerate(_SYMBOLS)}
_SHOWN = {ord(hidden): symbol for symbol, hidden in _HIDDEN.items()}
_MANGLED_OPERATORS = {
    "cl": "()",
    "ix": "[]",
    "ls": "<<",
    "rs": ">>",
    "lt": "<",
    "gt": ">",
    "eq": "==",
    "ne": "!=",
    "pl": "+",
}
_MANGLED_OPERATORS |= {"mi": "-", "ml": "*", "dv": "/", "aS": "=", "pt": "->", "pp": "++", "mm": "--", "nw": " new"}
_MANGLED_OPERATORS |= {
    "na": " new[]",
    "dl": " delete",
    "da": " delete[]",
    "le": "<=",
    "ge": ">=",
    "pL": "+=",
    "nt": "!",
}
_MANGLED_TYPES = {"b": "bool", "c": "char", "i": "int", "j": "unsigned int", "l": "long", "m": "unsigned long"}
_MANGLED_TYPES |= {"d": "double", "f": "float"}
_NUMBER = re.compile(r"[0-9]{1,4}")


def read_name(name: str) -> tuple[str, str]:
    """Split any spelling into namespace (with classes) and function; ("", "") if there is no name."""
    name = name[:NAME_CHARS_MAX].strip()
    if name.startswith(("_Z", "__Z", "___Z")):
        segments = demangle(name.lstrip("_"))
    elif _PLAIN.fullmatch(name):
        segments = name.split("::")
    else:
        segments = _simple(name) or _demangled(name)
    if not _INLINE_NAMESPACES.isdisjoint(segments):
        segments = [segment for segment in segments if segment not in _INLINE_NAMESPACES]
    if "{lambda}" in segments:
        segments = segments[: segments.index("{lambda}")] or [LAMBDA]
    if segments and _RUST_HASH.fullmatch(segments[-1]):
        segments.pop()
    if not segments:
        return "", ""
    function = segments.pop()
    if "." in function or "@" in function:
        function = _SUFFIX.sub("", function) or function
    return "::".join(segments), function


def _simple(name: str) -> list[str]:
    """The commonest: arguments last, template arguments that hold no others, nothing inside the function."""
    head, _, rest = name.partition("(")
    if "<" in head and head.count("<") == head.count(">"):
        head = _ARGUMENTS.sub("", head).rpartition(" ")[2]
    is_simple = _PLAIN.fullmatch(head) is not None and ")::" not in rest and not head.endswith("operator")
    return head.split("::") if is_simple else []


def _demangled(name: str) -> list[str]:
    """Take away all but names, then what stands before the last blank."""
    is_closure = "__closure=" in name
    if "anonymous" in name or "<unnamed>" in name or "_GLOBAL__N_1" in name:
        name = _ANONYMOUS.sub("", name)
    if "lambda" in name or "$_" in name:
        name = _LAMBDA.sub("{lambda}", name)
    if "[" in name or '"' in name:
        name = _NOTE.sub("", name)
    is_operator = "operator" in name
    if is_operator:
        name = _OPERATOR.sub(_hide, name)
    name = _without_brackets(name.replace("->", "") if "->" in name else name)
    while name.endswith(_QUALIFIERS):
        name = name[: -len(next(end for end in _QUALIFIERS if name.endswith(end)))]
    conversion = name.find("operator ") if is_operator else -1
    if conversion >= 0:
        return (name[:conversion].rpartition(" ")[2] + name[conversion:]).split("::")
    name = name.rpartition(" ")[2]
    if is_operator:
        name = name.translate(_SHOWN)
    if is_closure and name == "operator()":
        return ["{lambda}"]
    return name.split("::")


def _hide(found: re.Match[str]) -> str:
    return "operator" + _HIDDEN[found.group(1)]


def _without_brackets(name: str) -> str:
    """Take away all that is in round or angle brackets, also where the last ones were cut off."""
    kept, depth = [], 0
    for part in _BRACKETS.split(name):
        if part in ("(", "<"):
            depth += 1
        elif part in (")", ">"):
            depth = max(depth - 1, 0)
        elif not depth:
            kept.append(part)
    return "".join(kept)


def demangle(symbol: str) -> list[str]:
    """Read the names of a mangled symbol ("Z..."); the symbol itself if it does not begin with names.

    Of a function inside a function (a lambda, a local class) the outer one is read.
    """
    at = 1
    while symbol.startswith("Z", at):
        at += 1
    if symbol.startswith("L", at):
        at += 1
    segments: list[str] = []
    is_nested = symbol.startswith("N", at)
    at += is_nested
    while at < len(symbol):
        at, segment = _segment(symbol, at, segments)
        if not segment:
            break
        if segment != "<>":
            segments.append(segment)
            if not is_nested and segments != ["std"]:
                break
    return segments or ["_" + symbol]


def _segment(symbol: str, at: int, before: list[str]) -> tuple[int, str]:  # noqa: PLR0911 - one a production
    """Read one part of a name: the place after it, and the name; "<>" for what is no name, "" at the end."""
    letter, two = symbol[at], symbol[at : at + 2]
    if letter.isdigit():
        number = _NUMBER.match(symbol, at)
        start = number.end() if number else at
        end = start + int(symbol[at:start])
        name = symbol[start:end]
        return end, "<>" if name.startswith("_GLOBAL__N_") else name
    if two == "St":
        return at + 2, "std"
    if two == "Ul":
        return len(symbol), "{lambda}"
    if letter == "I":
        return _after_arguments(symbol, at), "<>"
    if letter in "KVRO" and not before:
        return at + 1, "<>"
    if letter in ("B", "L"):
        return (_segment(symbol, at + 1, before)[0] if letter == "B" else at + 1), "<>"
    if letter == "C" and two[1:].isdigit() and before:
        return at + 2, before[-1]
    if letter == "D" and two[1:].isdigit() and before:
        return at + 2, "~" + before[-1]
    if two in ("Sa", "Ss", "Sb", "Si", "So", "Sd"):
        return at + 2, "std"
    if two == "cv":
        return len(symbol), "operator " + _MANGLED_TYPES.get(symbol[at + 2 : at + 3], "conversion")
    if two in _MANGLED_OPERATORS and before:
        return at + 2, "operator" + _MANGLED_OPERATORS[two]
    return at, ""


def _after_arguments(symbol: str, at: int) -> int:
    """Find the end of template arguments: every letter that opens something is closed by E."""
    depth = 0
    while at < len(symbol):
        letter = symbol[at]
        if letter.isdigit():
            number = _NUMBER.match(symbol, at)
            start = number.end() if number else at + 1
            at = start + int(symbol[at:start])
            continue
        if letter in ("S", "T"):  # a substitution: S_, S0_, St, Sa
            end = (
                symbol.find("_", at, at + 4)
                if symbol[at + 1 : at + 2] in "_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                else at + 1
            )
            at = (end if end >= 0 else at) + 1
            continue
        if letter == "L" and not symbol[at + 1 : at + 2].isdigit():  # a value: its digits are no length
            end = symbol.find("E", at)
            at = end + 1 if end >= 0 else len(symbol)
            continue
        if letter in "INXJFZU" and not (letter == "U" and symbol[at + 1 : at + 2] != "l"):
            depth += 1
        elif letter == "E":
            depth -= 1
            if not depth:
                return at + 1
        at += 1
    return at

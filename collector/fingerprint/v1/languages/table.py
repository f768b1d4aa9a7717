"""The table of rules, by the name of the parser that read the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages import apple, dotnet, go, jvm, native, python, raw, rust

if TYPE_CHECKING:
    from collector.fingerprint.v1.languages.rules import LanguageRules

_RULES: dict[str, LanguageRules] = {
    "apple": apple.RULES,
    "dotnet": dotnet.RULES,
    "go": go.RULES,
    "jvm": jvm.RULES,
    "native": native.RULES,
    "python": python.RULES,
    "rust": rust.RULES,
}


def rules_of(parser: str) -> LanguageRules:
    """The rules for stacks that this parser read."""
    return _RULES.get(parser, raw.RULES)

"""The table of rules, by the name of the parser that read the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages import (
    apple,
    dart,
    dotnet,
    elixir,
    go,
    javascript,
    jvm,
    native,
    perl,
    php,
    python,
    raw,
    ruby,
    rust,
)

if TYPE_CHECKING:
    from collector.fingerprint.v1.languages.rules import LanguageRules

_RULES: dict[str, LanguageRules] = {
    "apple": apple.RULES,
    "dart": dart.RULES,
    "dotnet": dotnet.RULES,
    "elixir": elixir.RULES,
    "go": go.RULES,
    "javascript": javascript.RULES,
    "jvm": jvm.RULES,
    "native": native.RULES,
    "perl": perl.RULES,
    "php": php.RULES,
    "python": python.RULES,
    "ruby": ruby.RULES,
    "rust": rust.RULES,
}


def rules_of(parser: str) -> LanguageRules:
    """The rules for stacks that this parser read."""
    return _RULES.get(parser, raw.RULES)

"""Perl's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame

_TELEMETRY = "OpenTelemetry::"


def _is_telemetry(frame: Frame) -> bool:
    return frame.module.startswith(_TELEMETRY) or frame.module == "OpenTelemetry"


def _plain_type(kind: str) -> str:
    """A string has no type: OpenTelemetry's SDK says `string`."""
    return "" if kind == "string" else kind


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    plain_type=_plain_type,
    middleware=(
        "AnyEvent::",
        "Carp::",
        "Catalyst::",
        "CGI::Carp::",
        "Class::MOP::",
        "Class::Method::Modifiers::",
        "Dancer2::",
        "Feature::Compat::Try::",
        "Future::",
        "HTTP::Server::PSGI::",
        "IO::Async::",
        "Mojo::",
        "Mojolicious::",
        "Moo::",
        "Moose::",
        "Plack::",
        "Starman::",
        "Starlet::",
        "Test::Builder::",
        "Test::More::",
        "Throwable::",
        "Try::Tiny::",
        "TryCatch::",
    ),
    separator="::",
    passed_over=frozenset({"try {...}", "catch {...}", "finally {...}"}),
    generic_types=frozenset({"Base", "Error", "Exception", "Simple", "Throwable"}),
    unnamed=frozenset({"", "__ANON__"}),
)

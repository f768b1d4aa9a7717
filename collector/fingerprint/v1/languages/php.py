"""PHP's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame


def _is_telemetry(frame: Frame) -> bool:
    return frame.module.startswith("OpenTelemetry\\")


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    middleware=(
        "Amp\\",
        "Cake\\Http\\",
        "Composer\\",
        "Illuminate\\Console\\",
        "Illuminate\\Container\\",
        "Illuminate\\Cookie\\",
        "Illuminate\\Foundation\\",
        "Illuminate\\Pipeline\\",
        "Illuminate\\Queue\\",
        "Illuminate\\Routing\\",
        "Illuminate\\Session\\",
        "Illuminate\\View\\Middleware\\",
        "Laminas\\Stratigility\\",
        "Laravel\\Octane\\",
        "PHPUnit\\",
        "React\\",
        "Revolt\\",
        "Slim\\",
        "Swoole\\",
        "Symfony\\Component\\Console\\",
        "Symfony\\Component\\EventDispatcher\\",
        "Symfony\\Component\\HttpKernel\\",
        "Symfony\\Component\\Messenger\\",
        "Symfony\\Component\\Runtime\\",
    ),
    separator="\\",
    generic_types=frozenset({"Exception", "Error", "ErrorException", "RuntimeException", "FatalError"}),
    unnamed=frozenset({"{closure}"}),
)

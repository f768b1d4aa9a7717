"""Rules of Swift and Objective-C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame


def _is_telemetry(frame: Frame) -> bool:
    return frame.module.startswith("OpenTelemetry") or frame.file.startswith("OpenTelemetry")


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    middleware=(
        "CoreFoundation.",
        "GraphicsServices.",
        "NSRunLoop.",
        "UIApplication.",
        "dyld.",
        "dyld_sim.",
        "libc.so.6.",
        "libdispatch.dylib.",
        "libdispatch.so.",
        "libobjc.A.dylib.",
        "libsystem_c.dylib.",
        "libsystem_kernel.dylib.",
        "libsystem_pthread.dylib.",
        "libswift_Concurrency.dylib.",
    ),
    generic_types=frozenset(
        {
            "Fatal error",
            "Precondition failed",
            "Assertion failed",
            "NSException",
            "NSGenericException",
            "NSError",
            "Error",
        }
    ),
    unnamed=frozenset({"??"}),
)

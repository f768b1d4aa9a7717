"""Dart's and Flutter's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame

_TELEMETRY = ("opentelemetry/", "opentelemetry_", "dartastic_opentelemetry", "flutterrific_opentelemetry")


def _is_telemetry(frame: Frame) -> bool:
    return frame.module.startswith(_TELEMETRY)


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    separator="/",
    middleware=(
        "bloc/",
        "dart:_internal/",
        "dart:async/",
        "dart:isolate/",
        "dart:ui/",
        "flutter/src/foundation/",
        "flutter/src/gestures/",
        "flutter/src/rendering/",
        "flutter/src/scheduler/",
        "flutter/src/services/",
        "flutter/src/widgets/",
        "flutter_bloc/",
        "provider/",
        "riverpod/",
        "sentry/",
        "sentry_flutter/",
        "shelf/",
        "shelf_router/",
        "stack_trace/",
        "test_api/",
    ),
    generic_types=frozenset({"Error", "Exception", "_Exception"}),
    recursion_types=frozenset({"StackOverflowError"}),
    unnamed=frozenset({"<anonymous>", "<unknown>"}),
)

"""Ruby's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame

_TELEMETRY = ("opentelemetry/", "opentelemetry-")
_TELEMETRY_GEMS = ("/gems/opentelemetry-", "/opentelemetry/sdk/", "/opentelemetry/instrumentation/")


def _is_telemetry(frame: Frame) -> bool:
    return frame.module.startswith(_TELEMETRY) or (
        "opentelemetry" in frame.file and any(part in frame.file for part in _TELEMETRY_GEMS)
    )


def _plain_type(kind: str) -> str:
    """Name a class without a name: `#<Class:0x00007f16ac114e28>` is `Class`."""
    return "Class" if kind.startswith("#<Class:") else kind


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    plain_type=_plain_type,
    middleware=(
        "<internal>/",
        "(eval)/",
        "action_controller/metal/",
        "action_dispatch/",
        "action_view/",
        "actionpack/",
        "active_job/",
        "active_record/connection_adapters/abstract/",
        "active_record/migration/",
        "active_record/query_cache/",
        "active_support/",
        "abstract_controller/",
        "async/",
        "benchmark/",
        "bootsnap/",
        "bundler/",
        "concurrent/",
        "concurrent-ruby/",
        "delegate/",
        "dry/monads/",
        "falcon/",
        "forwardable/",
        "grape/",
        "hanami/",
        "irb/",
        "minitest/",
        "monitor/",
        "mutex_m/",
        "newrelic_rpm/",
        "omniauth/",
        "org/jruby/",
        "java/lang/",
        "protocol/",
        "puma/",
        "rack/",
        "rails/",
        "railties/",
        "rake/",
        "resque/",
        "rspec/",
        "rubygems/",
        "sentry/",
        "sidekiq/",
        "sinatra/",
        "spring/",
        "thor/",
        "thin/",
        "tilt/",
        "timeout/",
        "unicorn/",
        "warden/",
        "webrick/",
        "zeitwerk/",
    ),
    separator="/",
    generic_types=frozenset({"Exception", "StandardError", "RuntimeError", "Class"}),
    recursion_types=frozenset({"SystemStackError"}),
    unnamed=frozenset({"<block>"}),
)

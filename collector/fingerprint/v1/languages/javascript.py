"""JavaScript's and TypeScript's rules."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame

_FIRST = string.ascii_letters + "_$"
# What minifiers name functions: one or two characters, and another function's name in the next build.
_MINIFIED = {"", *_FIRST} | {first + second for first in _FIRST for second in _FIRST + string.digits}
_RAISE_HELPERS = {
    "assert",
    "assertNever",
    "createError",
    "failWith",
    "invariant",
    "makeError",
    "newError",
    "raiseError",
    "rejectWith",
    "throwErr",
    "throwError",
    "throwException",
    "throwIf",
}


def _is_telemetry(frame: Frame) -> bool:
    return frame.module.startswith("@opentelemetry/") or "/opentelemetry-js" in frame.file


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    separator="/",
    engine=("node:internal/", "ext:", "native/"),
    middleware=(
        "@angular/core/",
        "@babel/",
        "@hapi/hapi/",
        "@koa/router/",
        "@nestjs/core/",
        "@nestjs/platform-express/",
        "@sentry/",
        "@swc/",
        "@vue/",
        "async/",
        "bluebird/",
        "body-parser/",
        "bullmq/",
        "connect/",
        "core-js/",
        "dd-trace/",
        "deno:",
        "elastic-apm-node/",
        "electron/",
        "express/",
        "ext:",
        "extension/",
        "fastify/",
        "finalhandler/",
        "framework/",
        "hono/",
        "import-in-the-middle/",
        "jasmine-core/",
        "jest",
        "koa-compose/",
        "koa-router/",
        "koa/",
        "middie/",
        "mocha/",
        "native/",
        "newrelic/",
        "next/",
        "node:async_hooks/",
        "node:diagnostics_channel/",
        "node:domain/",
        "node:events/",
        "node:internal/",
        "node:module/",
        "node:timers/",
        "node:vm/",
        "polyfills/",
        "react-dom/",
        "react-native/",
        "react-reconciler/",
        "react/",
        "regenerator-runtime/",
        "require-in-the-middle/",
        "router/",
        "runtime/",
        "rxjs/",
        "scheduler/",
        "shimmer/",
        "source-map-support/",
        "ts-node/",
        "tslib/",
        "tsx/",
        "vite-node/",
        "vite/",
        "vitest/",
        "vue/",
        "webpack/",
        "zone.js/",
        "zone/",
    ),
    generic_types=frozenset({"Error", "Exception", "Object", "String", "UnhandledPromiseRejection", "error"}),
    unnamed=frozenset({"<anonymous>"} | _MINIFIED | _RAISE_HELPERS),
)

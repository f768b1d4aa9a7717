"""Dart: a library's URI tells SDK, package or program.

The module is the URI's path, which is the same on every machine: `package:shop/src/cart.dart` is `shop/src/cart`. A file
outside a package is its base name. Nothing in a stack says which package is the program, so that packages are the
program's unless they are known ones, or lie in the cache of packages.
"""

from __future__ import annotations

import re

from collector.stacks.remember import remember

FILES_CACHED_MAX = 8192
"""Libraries whose module is remembered, about 0.5 KB each: a program has some thousands, and they repeat."""

PATH_CHARS_MAX = 2048
"""Characters of a path that are looked at: longer ones are data URLs."""

_SCHEME = re.compile(r"(?:file|https?|org-dartlang-app|org-dartlang-sdk|org-dartlang-debug|data)://?/?[^/]{0,200}(?=/)")
_CACHE = re.compile(
    r".*/(?:\.pub-cache|Pub/Cache|\.puro/shared/pub_cache)/(?:hosted/[^/]{1,100}|git)/([a-zA-Z0-9_]{1,100})-[^/]{1,100}/lib/",
    re.DOTALL,
)
_SDK = re.compile(
    r".*/(?:dart-sdk|flutter|sdk)/(?:bin/cache/dart-sdk/)?(?:lib|packages/flutter[a-z_]{0,40})/|/?sdk/lib/", re.DOTALL
)
_KNOWN = frozenset(
    {
        "args",
        "async",
        "bloc",
        "chopper",
        "collection",
        "connectivity_plus",
        "cronet_http",
        "crypto",
        "dart_frog",
        "dartastic_opentelemetry",
        "dio",
        "drift",
        "equatable",
        "fake_async",
        "ffi",
        "fixnum",
        "flame",
        "flutter",
        "flutter_bloc",
        "flutter_hooks",
        "flutter_riverpod",
        "flutter_test",
        "flutter_web_plugins",
        "freezed_annotation",
        "get",
        "get_it",
        "go_router",
        "graphql",
        "grpc",
        "hive",
        "hooks_riverpod",
        "http",
        "http_parser",
        "injectable",
        "intl",
        "isar",
        "js",
        "json_annotation",
        "logger",
        "logging",
        "matcher",
        "meta",
        "mobx",
        "mockito",
        "mysql1",
        "opentelemetry",
        "path",
        "path_provider",
        "postgres",
        "protobuf",
        "provider",
        "retrofit",
        "riverpod",
        "rxdart",
        "sentry",
        "sentry_flutter",
        "serverpod",
        "shared_preferences",
        "shelf",
        "shelf_router",
        "source_span",
        "sqflite",
        "sqflite_common",
        "sqlite3",
        "stack_trace",
        "state_notifier",
        "stream_channel",
        "string_scanner",
        "supabase",
        "test",
        "test_api",
        "typed_data",
        "url_launcher",
        "uuid",
        "vm_service",
        "web",
        "web_socket_channel",
        "yaml",
    }
)
_KNOWN_FAMILIES = (
    "cloud_firestore",
    "firebase_",
    "flutter_localizations",
    "flutterrific_",
    "google_sign_in",
    "googleapis",
    "opentelemetry_",
    "riverpod_",
)


@remember(FILES_CACHED_MAX)
def locate(file: str) -> tuple[str, bool]:
    """Tell the module of a Dart library, and whether it is in-app. `file` is its URI, without line and column."""
    path = file[:PATH_CHARS_MAX].replace("\\", "/")
    if path.startswith("dart:"):
        return path.partition("/")[0].removesuffix("-patch"), False
    if path.startswith("package:"):
        return _in_package(path[8:])
    cached = _CACHE.match(path)
    if cached is not None:
        return f"{cached.group(1)}/{_without_suffix(path[cached.end() :])}", False
    scheme = _SCHEME.match(path)
    path = path[scheme.end() :] if scheme is not None else path
    path = path.partition("?")[0]
    if path.startswith(("packages/", "/packages/")):  # what is compiled to JavaScript for development
        return _in_package(path.partition("packages/")[2])
    return _without_suffix(path.rpartition("/")[2]), _SDK.match(path) is None


def _in_package(path: str) -> tuple[str, bool]:
    package = path.partition("/")[0]
    return _without_suffix(path), package not in _KNOWN and not package.startswith(_KNOWN_FAMILIES)


def _without_suffix(path: str) -> str:
    return path.removesuffix(".js").removesuffix(".lib").removesuffix(".dart")

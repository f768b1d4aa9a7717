"""Rust's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame

_TELEMETRY = ("opentelemetry", "tracing_opentelemetry", "tracing_error")


def _is_telemetry(frame: Frame) -> bool:
    return frame.module.startswith(_TELEMETRY)


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    separator="::",
    middleware=(
        "::",  # C's and the linker's: main, _start, __libc_start_main
        "__rustc::",
        "actix_http::",
        "actix_rt::",
        "actix_server::",
        "actix_service::",
        "actix_web::",
        "alloc::boxed::",
        "anyhow::",
        "async_std::",
        "axum::",
        "axum_core::",
        "backtrace::",
        "color_eyre::",
        "core::future::",
        "core::ops::",
        "core::option::",
        "core::panic::",
        "core::panicking::",
        "core::result::",
        "eyre::",
        "futures::",
        "futures_executor::",
        "futures_util::",
        "hyper::",
        "hyper_util::",
        "lambda_http::",
        "lambda_runtime::",
        "rayon::",
        "rayon_core::",
        "rocket::",
        "std::backtrace::",
        "std::backtrace_rs::",
        "std::panic::",
        "std::panicking::",
        "std::rt::",
        "std::sys::",
        "std::sys_common::",
        "std::thread::",
        "test::",
        "tokio::",
        "tokio_util::",
        "tonic::",
        "tower::",
        "tower_http::",
        "tower_layer::",
        "tower_service::",
        "tracing::",
        "tracing_core::",
        "tracing_futures::",
        "tracing_subscriber::",
        "warp::",
    ),
    runtime=("alloc::", "core::", "std::"),
    # A panic's words are all that it tells; the others are any error.
    generic_types=frozenset({"Error", "Report", "panic"}),
)

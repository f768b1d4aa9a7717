"""Rules of C and C++."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame


def _is_telemetry(frame: Frame) -> bool:
    return frame.module.startswith("opentelemetry::")


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    separator="::",
    middleware=(
        "::::",  # C functions of the runtime: abort, raise, __libc_start_main
        "std::thread::",
        "std::__future_base::",
        "boost::asio::",
        "boost::stacktrace::",
    ),
    runtime=("std::", "__gnu_cxx::", "__cxxabiv1::"),
    generic_types=frozenset(
        {
            "exception",
            "runtime_error",
            "logic_error",
            "error",
            "Exception",
            "Error",
            "RuntimeError",
            # Mangled, as `typeid` names them.
            "St9exception",
            "St13runtime_error",
            "St11logic_error",
        }
    ),
    recursion_types=frozenset({"stack-overflow"}),
    unnamed=frozenset({"??"}),
)

"""Elixir's and Erlang's rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame

_TELEMETRY = ("OpenTelemetry", "otel_", "opentelemetry", "telemetry")
# What the Erlang SDK sends as the type: `error:{badmatch,{error,17}}`.
_CLASS_AND_REASON = re.compile(
    r"(?:error|exit|throw):[\s{]{0,40}('[^'\n]{1,200}'|[a-z][\w@]{0,200})(?:,[\s{]{0,40}([a-z][\w@]{0,200}))?"
)
_CLASSES = ("error:", "exit:", "throw:")
_OUTER = frozenset({"error", "EXIT", "shutdown", "bad_return_value", "bad_return"})


def _is_telemetry(frame: Frame) -> bool:
    return frame.module.startswith(_TELEMETRY)


def _plain_type(kind: str) -> str:
    """Take the values out of a type: `error:{badmatch,{error,17}}` is `badmatch`."""
    if not kind.startswith(_CLASSES):
        return kind
    found = _CLASS_AND_REASON.match(kind)
    if found is None:
        return kind.partition(":")[0]
    first, second = found.group(1).strip("'").removeprefix("Elixir."), found.group(2)
    if first == "nocatch" and second:
        return str(second)
    return f"{first} {second}" if first in _OUTER and second else first


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    plain_type=_plain_type,
    middleware=(
        "Agent.",
        "Bandit.",
        "Broadway.",
        "DBConnection.",
        "DynamicSupervisor.",
        "Ecto.Multi.",
        "Ecto.Repo.Transaction.",
        "Enum.",
        "Finch.",
        "GenServer.",
        "GenStage.",
        "IEx.",
        "Mix.",
        "Oban.",
        "Phoenix.",
        "Plug.",
        "Stream.",
        "Supervisor.",
        "Task.",
        "ThousandIsland.",
        "application_master.",
        "cowboy_handler.",
        "cowboy_stream.",
        "cowboy_stream_h.",
        "cowboy_telemetry_h.",
        "elixir.",
        "elixir_compiler.",
        "elixir_lexical.",
        "erl_eval.",
        "erlang.",
        "escript.",
        "eunit_proc.",
        "eunit_test.",
        "gen.",
        "gen_event.",
        "gen_fsm.",
        "gen_server.",
        "gen_statem.",
        "init.",
        "lists.",
        "maps.",
        "proc_lib.",
        "ranch_protocol.",
        "rpc.",
        "shell.",
        "supervisor.",
        "timer.",
    ),
    generic_types=frozenset({"RuntimeError", "ErlangError", "error", "exit", "throw", "EXIT", "stop"}),
    recursion_types=frozenset({"system_limit"}),
    unnamed=frozenset({"", "anonymous fn"}),
)

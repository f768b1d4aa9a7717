""".NET's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame

_TELEMETRY = "OpenTelemetry."
_TELEMETRY_CLASSES = ("System.Diagnostics.Activity", "System.Diagnostics.DiagnosticListener")


def _is_telemetry(frame: Frame) -> bool:
    return frame.module.startswith(_TELEMETRY) or frame.module in _TELEMETRY_CLASSES


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    middleware=(
        ".",  # compiled expressions have no class
        "Castle.DynamicProxy.",
        "Grpc.AspNetCore.",
        "Grpc.Core.Interceptors.",
        "Microsoft.AspNetCore.",
        "Microsoft.Extensions.DependencyInjection.",
        "Microsoft.Extensions.Hosting.",
        "Microsoft.FSharp.Control.",
        "Microsoft.Owin.",
        "Polly.",
        "System.RuntimeMethodHandle.",
        "System.Reflection.",
        "System.Runtime.CompilerServices.",
        "System.Runtime.ExceptionServices.",
        "System.ThrowHelper.",
        "System.Threading.",
        "System.Web.",
        "UnityEngine.Events.",
        "UnityEngine.SetupCoroutine.",
    ),
    runtime=("Internal.", "Interop.", "Microsoft.Win32.", "System."),
    generic_types=frozenset({"Exception", "SystemException", "ApplicationException"}),
    recursion_types=frozenset({"StackOverflowException", "InsufficientExecutionStackException"}),
)

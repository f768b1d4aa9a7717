"""How a grouping came about, for people: what `explain` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from collector.fingerprint.versions import VERSIONS
from collector.grouping.compose import SDK_LANGUAGE, group
from collector.model import ExceptionSighting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.fingerprint.versions import FingerprintVersions
    from collector.model import Grouping
    from collector.rules.matcher import RuleMatcher


def explain(
    text: str,
    *,
    language: str = "",
    exception_type: str = "",
    exception_message: str = "",
    service_name: str = "",
    service_namespace: str = "",
    environment: str = "",
    release: str = "",
    attributes: Mapping[str, str] | None = None,
    rules: RuleMatcher | None = None,
    versions: FingerprintVersions = VERSIONS,
) -> Grouping:
    """Group a stack trace's text alone: what the drain would make of it, as a log record.

    `language` is any value of `telemetry.sdk.language`; an unknown one is sniffed, and a text
    that nobody knows is taken as raw lines.
    """
    return group(
        ExceptionSighting(
            seen_in="log_record",
            timestamp_ns=0,
            observed_ns=0,
            exception_type=exception_type,
            exception_message=exception_message,
            exception_stacktrace=text,
            resource={
                SDK_LANGUAGE: language,
                "service.name": service_name,
                "service.namespace": service_namespace,
                "deployment.environment.name": environment,
                "service.version": release,
            },
            attributes=attributes or {},
        ),
        rules,
        versions,
    )


def as_json(grouping: Grouping) -> dict[str, Any]:
    """Tell a grouping and its reasons in values that `json.dumps` takes: what `explain` prints.

    `frames` are listed innermost first, per exception; `reason` says why a frame did not count.
    """
    fingerprint, stack, verdict = grouping.fingerprint, grouping.stack, grouping.verdict
    return {
        "fingerprint": fingerprint.value,
        "group_id": grouping.group_id,
        "previous": [
            {
                "fingerprint": older.fingerprint,
                "group_id": older.group_id,
                "components": list(older.components),
            }
            for older in grouping.previous
        ],
        "type_fingerprint": fingerprint.type_fingerprint,
        "message_fingerprint": fingerprint.message_fingerprint,
        "origin": fingerprint.origin,
        "fingerprint_rule": verdict.fingerprint_rule,
        "rules": list(verdict.rules),
        "dropped_by": verdict.dropped_by,
        "severity": verdict.severity,
        "components": list(fingerprint.components),
        "message_template": fingerprint.message_template,
        "message_counted": fingerprint.message_counted,
        "type": grouping.exception_type,
        "message": grouping.message,
        "culprit": grouping.culprit,
        "parser": stack.parser,
        "language": stack.language,
        "raise_site": stack.raise_site,
        "escaped_span": stack.escaped_span,
        "exceptions": [
            {
                "type": error.type,
                "message": error.message,
                "relation": error.relation,
                "frames": [
                    {
                        "module": reason.frame.module,
                        "function": reason.frame.function,
                        "file": reason.frame.file,
                        "line": reason.frame.line,
                        "in_app": reason.frame.in_app,
                        "counted": reason.counted,
                        "reason": reason.reason,
                    }
                    for reason in fingerprint.frames
                    if reason.exception == number
                ],
            }
            for number, error in enumerate(stack.exceptions)
        ],
        "raw_lines": list(stack.raw_lines),
        "stacktrace": grouping.stacktrace,
    }

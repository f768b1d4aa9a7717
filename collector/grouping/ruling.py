"""What the owner's rules and the application say of one error, over what was computed.

The application goes before rules, and rules before what is computed. Of the rules that hold, the first with an action
does it; in-app rules are all applied, in their order, before frames are chosen.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, get_args

from collector.grouping.choices import FINGERPRINTS_MAX, RULINGS_MAX, Ruling
from collector.model import Severity, Verdict
from collector.rules.origin import environment_of, release_of
from collector.rules.parts import expand
from collector.scrub import scrub

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.grouping.choices import Choice, Prepared
    from collector.model import ExceptionSighting, Fingerprint
    from collector.rules.matcher import RuleMatcher
    from collector.rules.parts import Part


GIVEN_CHARS_MAX = 512
"""Characters of given parts, and of the template beside them, that are remembered: longer ones differ each time."""


UNRULED: Mapping[Severity, Verdict] = MappingProxyType(
    {severity: Verdict(severity=severity) for severity in get_args(Severity)}
)
"""What is told of an error when there are no rules."""


class Known(NamedTuple):
    """What is known of an error before rules are asked. `given` is the fingerprint that the application says."""

    exception_type: str
    message: str
    language: str
    severity: Severity
    given: tuple[Part, ...]


def rule_on(sighting: ExceptionSighting, prepared: Prepared, known: Known, rules: RuleMatcher | None) -> Ruling:
    """Ask all rules, or what they said before of an error like this one."""
    around = 0
    if rules is not None:
        around = rules.around(
            sighting,
            rules.origin(sighting.resource),
            exception_type=known.exception_type,
            message=known.message,
            language=known.language,
            severity=known.severity,
        )
    key = (around, known.severity, bool(known.given))
    ruling = prepared.rulings.get(key)
    if ruling is None:
        if rules is None:
            ruling = Ruling(choice=prepared.plain, verdict=UNRULED[known.severity])
        else:
            ruling = _decide(prepared, rules, around, known)
        if len(prepared.rulings) < RULINGS_MAX:
            prepared.rulings[key] = ruling
    return ruling


def _decide(prepared: Prepared, rules: RuleMatcher, around: int, known: Known) -> Ruling:
    """Decide which rules act, where those of `around` hold, their frames aside."""
    choice = prepared.choice(rules, around & rules.with_in_app)
    # A rule that marks frames holds if it found one: after it, its frames may be other than it asks for.
    holding = (around & choice.in_frames & ~rules.with_in_app) | choice.marked_by
    by_fingerprint = 0 if known.given else _first(holding & rules.with_fingerprint)
    by_severity = _first(holding & rules.with_severity)
    by_drop = _first(holding & rules.with_drop)
    return Ruling(
        choice=choice,
        verdict=Verdict(
            severity=(rules.rule(by_severity).severity if by_severity else None) or known.severity,
            rules=rules.names(choice.marked_by | by_fingerprint | by_severity | by_drop),
            fingerprint_rule=rules.rule(by_fingerprint).name if by_fingerprint else "",
            dropped_by=rules.rule(by_drop).name if by_drop else "",
        ),
        fingerprint_rule=rules.rule(by_fingerprint) if by_fingerprint else None,
    )


def override(
    sighting: ExceptionSighting, computed: Fingerprint, known: Known, ruling: Ruling, choice: Choice
) -> Fingerprint:
    """Put the application's parts, else those of the rule that holds, in the computed fingerprint's place.

    `choice` is the ruling's, or one of its previous versions, and made the computed fingerprint.
    """
    rule, resource = ruling.fingerprint_rule, sighting.resource
    parts = known.given or (rule.fingerprint if rule and rule.fingerprint else ())
    values: dict[str, str] = {}
    if any(len(part.pieces) > 1 and not part.is_default for part in parts):
        values = {
            "default": computed.value,
            "type": choice.version.type_name(known.exception_type),
            "message": computed.message_template,
            "module": choice.module,
            "function": choice.function,
            "service": resource.get("service.name", ""),
            "namespace": resource.get("service.namespace", ""),
            "environment": environment_of(resource),
            "release": release_of(resource),
            "language": known.language,
            "severity": ruling.verdict.severity,
            "signal": sighting.seen_in,
        }
    texts = [expand(part, values, sighting.attributes) for part in parts]
    kept = ["{{default}}" if part.is_default else f"={text}" for part, text in zip(parts, texts, strict=True)]
    key = ("given" if known.given else "", computed.value, computed.message_template, *kept)
    made = choice.given.get(key)
    if made is None:
        expanded = [None if part.is_default else scrub(text) for part, text in zip(parts, texts, strict=True)]
        made = choice.version.override(computed, expanded, "override" if known.given else "rule")
        if len(choice.given) < FINGERPRINTS_MAX and sum(map(len, key)) <= GIVEN_CHARS_MAX:
            choice.given[key] = made
    return made


def _first(bits: int) -> int:
    """The first rule of a set, as a set."""
    return bits & -bits

"""What counts of one stack: its frames after the in-app rules that hold, and the fingerprints made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from collector.model import Fingerprint, Frame, StackException

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.fingerprint.versions import FingerprintVersion, FingerprintVersions, Selected
    from collector.model import Severity, Verdict
    from collector.rules.matcher import RuleMatcher
    from collector.rules.rule import Rule
    from collector.stacks.outline import Skeleton

FINGERPRINTS_MAX = 8
"""Fingerprints that a choice keeps, by the message's template: the messages of one raise share it."""

CHOICES_MAX = 8
"""Choices that a prepared stack keeps: different in-app rules hold for it in different services."""

RULINGS_MAX = 32
"""Rulings that a prepared stack keeps: different rules hold for it by service, message and attributes."""


class Choice(NamedTuple):
    """What counts. `frames` are those of each exception of the skeleton, in-app as the rules say.

    `module` and `function` name the counted frame. `marked_by` are the in-app rules that found a frame, and `in_frames`
    the rules that hold as far as frames go, both as sets. `fingerprints` are those that were made of it, by template,
    and `given` those whose parts somebody gave, so that a storm shares one. All that is what `version` makes of the frames;
    `previous` is what earlier versions do, while it continues their groups.
    """

    version: FingerprintVersion[Any]
    frames: tuple[tuple[Frame, ...], ...]
    selection: Selected
    module: str
    function: str
    culprit: str
    fingerprints: dict[tuple[str, str | None], Fingerprint]
    given: dict[tuple[str, ...], Fingerprint]
    marked_by: int = 0
    in_frames: int = 0
    previous: tuple[Choice, ...] = ()

    def fingerprint(self, messages: Sequence[str]) -> Fingerprint:
        """The computed fingerprint, with the templates of the exceptions' messages, the reported one's first."""
        selection = self.selection
        counted = None
        if selection.message_counts and selection.message_of:
            counted = self.version.template(messages[selection.message_of])
        return self._completed(self.version.template(messages[0]), counted)

    def without_message(self) -> Fingerprint:
        """The computed fingerprint where no message counts; its template is empty."""
        return self._completed("", None)

    def _completed(self, template: str, counted: str | None) -> Fingerprint:
        known = self.fingerprints.get((template, counted))
        if known is None:
            known = self.version.complete(self.selection, template, counted)
            if len(self.fingerprints) < FINGERPRINTS_MAX:
                self.fingerprints[template, counted] = known
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What holds for one error: what counts, what is told of it, and the rule that sets its fingerprint."""

    choice: Choice
    verdict: Verdict
    fingerprint_rule: Rule | None = None


class Prepared(NamedTuple):
    """What a stack's bodies and types give, whatever the messages say: `bodies` are those that were `sent`, scrubbed.

    Those of another raise may differ from them in arguments and addresses.
    `plain` is what counts without rules; `choices` what counts by the in-app rules that hold, by their set; `rulings`
    what was decided, by the rules that hold, the severity before them, and whether the application says its fingerprint.
    """

    sent: tuple[str, ...]
    bodies: tuple[str, ...]
    skeleton: Skeleton
    types: tuple[str, ...]
    parser: str
    versions: FingerprintVersions
    plain: Choice
    choices: dict[int, Choice]
    rulings: dict[tuple[int, Severity, bool], Ruling]

    def choice(self, rules: RuleMatcher, asked: int) -> Choice:
        """What counts by these rules, when the in-app rules `asked` hold, their frames aside."""
        known = self.choices.get(asked)
        if known is None:
            known = self._choose(rules, asked)
            if len(self.choices) < CHOICES_MAX:
                self.choices[asked] = known
        return known

    def _choose(self, rules: RuleMatcher, asked: int) -> Choice:
        marked = [rules.mark(error.frames, asked) for error in self.skeleton.exceptions]
        frames = tuple([of_one for of_one, _ in marked])
        marked_by = 0
        for _, found in marked:
            marked_by |= found
        in_frames = rules.in_frames(frame for of_one in frames for frame in of_one)
        if frames == self.plain.frames:
            return self.plain._replace(marked_by=marked_by, in_frames=in_frames)
        chosen = choose(self.skeleton, self.types, frames, self.parser, self.versions)
        return chosen._replace(marked_by=marked_by, in_frames=in_frames)


def choose(
    skeleton: Skeleton,
    types: Sequence[str],
    frames: tuple[tuple[Frame, ...], ...],
    parser: str,
    versions: FingerprintVersions,
) -> Choice:
    """Choose what counts of these frames, `frames` being those of each exception."""
    exceptions = [
        StackException(type=kind, frames=of_one, relation=error.relation)
        for kind, of_one, error in zip(types, frames, skeleton.exceptions, strict=True)
    ]

    def by(version: FingerprintVersion[Any], previous: tuple[Choice, ...] = ()) -> Choice:
        selection = version.select(exceptions, skeleton.raw_lines, parser)
        counted = next((reason.frame for reason in selection.frames if reason.counted), None)
        module, _, function = version.frame_name(counted).partition("|") if counted else ("", "", "")
        return Choice(
            version=version,
            frames=frames,
            selection=selection,
            module=module,
            function=function,
            culprit=f"{counted.module} in {counted.function}" if counted else "",
            fingerprints={},
            given={},
            previous=previous,
        )

    return by(versions.current, tuple([by(version) for version in versions.previous]))

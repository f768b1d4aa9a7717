"""All rules over one error, fast: sets of rules as integers, one bit a rule.

What a rule asks for is tied to what changes how often. Where an error comes from (service, environment, release) is
remembered by its resource, its type and each of its frames by their names; in a storm only the message and attributes
are looked at, and only if a rule that could still hold asks for them.

`around` is everything but the frames. Then the rules for in-app frames are applied in their order (`mark`), and frames
are asked for as they are after that (`in_frames`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, get_args

from collector.model import SeenIn, Severity
from collector.rules.banks import Bank
from collector.rules.origin import environment_of, release_of
from collector.rules.rule import ATTRIBUTE_PREFIX, FRAME_CONDITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from collector.model import ExceptionSighting, Frame
    from collector.rules.rule import FrameCondition, Rule, Rules

TEXT_CHARS_MAX = 2048
"""Characters of a message, and of any other value, that conditions look at: what is said is said in the first lines."""

RESOURCES_MAX = 1024
"""Resources that are remembered: one per process that sends, and what they hold is held anyway."""

NAMES_MAX = 4096
NAME_CHARS_MAX = 256
"""Types, and values of attributes, that are remembered, about 0.4 KB each; longer ones seldom repeat."""

FRAMES_MAX = 8192
FRAME_CHARS_MAX = 512
"""Frames that are remembered by their names, about 0.5 KB each; longer names are cut and not remembered."""


class Origin(NamedTuple):
    """Where an error comes from, and the rules that hold there."""

    environment: str
    release: str
    holds: int


class RuleMatcher:
    """Compiled rules. What it remembers is bounded and changes no answer."""

    def __init__(self, rules: Rules) -> None:
        self.rules: tuple[Rule, ...] = rules.rules
        self.everyone = (1 << len(self.rules)) - 1
        self.with_fingerprint = self._bits(lambda rule: rule.fingerprint is not None)
        self.with_in_app = self._bits(lambda rule: rule.in_app is not None)
        self.with_severity = self._bits(lambda rule: rule.severity is not None)
        self.with_drop = self._bits(lambda rule: rule.drop)
        self._banks = {name: self._bank(name) for name in sorted(self._fields())}
        self._attributes = [
            (name.removeprefix(ATTRIBUTE_PREFIX), bank)
            for name, bank in self._banks.items()
            if name.startswith(ATTRIBUTE_PREFIX)
        ]
        self._looked_at = tuple({name for name, _ in self._attributes} | self._in_fingerprints())
        self.names = lru_cache(NAMES_MAX)(self._names_of)
        self._message = self._banks.get("message")
        self._kinds = {
            (signal, severity): self._holds("signal", signal) & self._holds("severity", severity)
            for signal in get_args(SeenIn)
            for severity in get_args(Severity)
        }
        self._origins = lru_cache(RESOURCES_MAX)(self._origin)
        self._types = lru_cache(NAMES_MAX)(self._of_type)
        self._values = lru_cache(NAMES_MAX)(self._of_attribute)
        self._resources: dict[int, tuple[Mapping[str, str], Origin]] = {}
        self._frames = _FrameConditions(self.rules)

    def origin(self, resource: Mapping[str, str]) -> Origin:
        """Read a resource, which is remembered by its identity: one mapping is many errors'."""
        known = self._resources.get(id(resource))
        if known is not None and known[0] is resource:
            return known[1]
        namespace, service = resource.get("service.namespace", ""), resource.get("service.name", "")
        origin = self._origins(namespace, service, environment_of(resource), release_of(resource))
        if len(self._resources) >= RESOURCES_MAX:
            self._resources.clear()
        self._resources[id(resource)] = (resource, origin)
        return origin

    def around(
        self,
        sighting: ExceptionSighting,
        origin: Origin,
        *,
        exception_type: str,
        message: str,
        language: str,
        severity: Severity,
    ) -> int:
        """Which rules hold, their frames aside."""
        found = origin.holds & self._kinds[sighting.seen_in, severity]
        if found:
            found &= self._type(exception_type, language)
        for name, bank in self._attributes:
            if found & bank.asked:
                value = sighting.attributes.get(name)
                found &= ~bank.asked if value is None else self._of_value(name, bank, value[:TEXT_CHARS_MAX])
        messages = self._message
        if messages is not None and found & messages.asked:
            found &= messages.find(message[:TEXT_CHARS_MAX]) | ~messages.asked
        return found

    def mark(self, frames: Sequence[Frame], asked: int) -> tuple[tuple[Frame, ...], int]:
        """Apply the in-app rules among `asked`, in their order; also which of them found a frame."""
        return self._frames.mark(frames, asked)

    def in_frames(self, frames: Iterable[Frame]) -> int:
        """Which rules hold as far as their frames go."""
        return self._frames.rules_in(frames)

    def rule(self, bit: int) -> Rule:
        """The rule of a set of one."""
        return self.rules[bit.bit_length() - 1]

    def looked_at(self, sighting: ExceptionSighting) -> tuple[str | None, ...]:
        """The values that this error's rules and fingerprint may depend on, beside its texts, service and severity."""
        origin, attributes = self.origin(sighting.resource), sighting.attributes
        return (origin.environment, origin.release, *[attributes.get(name) for name in self._looked_at])

    def _names_of(self, bits: int) -> tuple[str, ...]:
        return tuple([rule.name for number, rule in enumerate(self.rules) if bits >> number & 1])

    def _in_fingerprints(self) -> set[str]:
        """Attributes that fingerprints are made of."""
        parts = [part for rule in self.rules for part in rule.fingerprint or ()]
        return {name for part in parts for name in part.attributes}

    def _bits(self, has: Callable[[Rule], bool]) -> int:
        return sum(1 << number for number, rule in enumerate(self.rules) if has(rule))

    def _fields(self) -> set[str]:
        return {condition.field for rule in self.rules for condition in rule.conditions}

    def _bank(self, field: str) -> Bank:
        return Bank(
            (1 << number, condition)
            for number, rule in enumerate(self.rules)
            for condition in rule.conditions
            if condition.field == field
        )

    def _holds(self, field: str, text: str) -> int:
        """Which rules hold as far as this value goes."""
        bank = self._banks.get(field)
        return self.everyone if bank is None else bank.find(text[:TEXT_CHARS_MAX]) | (self.everyone & ~bank.asked)

    def _origin(self, namespace: str, service: str, environment: str, release: str) -> Origin:
        holds = self._holds("service", f"{namespace}/{service}" if namespace else service)
        holds &= self._holds("environment", environment) & self._holds("release", release)
        return Origin(environment, release, holds)

    def _type(self, exception_type: str, language: str) -> int:
        if len(exception_type) + len(language) > NAME_CHARS_MAX:
            return self._of_type(exception_type, language)
        return self._types(exception_type, language)

    def _of_type(self, exception_type: str, language: str) -> int:
        return self._holds("type", exception_type) & self._holds("language", language)

    def _of_value(self, name: str, bank: Bank, value: str) -> int:
        if len(value) > NAME_CHARS_MAX:
            return bank.find(value) | ~bank.asked
        return self._values(name, value)

    def _of_attribute(self, name: str, value: str) -> int:
        bank = self._banks[ATTRIBUTE_PREFIX + name]
        return bank.find(value) | ~bank.asked


class _FrameConditions:
    """The frames that rules ask for: here bit n is condition n, and each belongs to a rule."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        numbered = [
            (1 << number, 1 << owner, condition)
            for number, (owner, condition) in enumerate(
                [(owner, condition) for owner, rule in enumerate(rules) for condition in rule.frames]
            )
        ]
        self._rules = rules
        self._owners = [owner for _, owner, _ in numbered]
        self._without = sum(1 << number for number, rule in enumerate(rules) if not rule.frames)
        self._own = [0] * len(rules)
        for bit, owner, _ in numbered:
            self._own[owner.bit_length() - 1] |= bit
        self._if_in_app = sum(bit for bit, _, condition in numbered if condition.in_app is not False)
        self._if_not = sum(bit for bit, _, condition in numbered if condition.in_app is not True)
        self._everything = (1 << len(numbered)) - 1
        self._banks = [self._bank(numbered, field) for field in FRAME_CONDITIONS]
        self._names = lru_cache(FRAMES_MAX)(self._find)

    def mark(self, frames: Sequence[Frame], asked: int) -> tuple[tuple[Frame, ...], int]:
        marked = list(frames)
        effective = 0
        for at, frame in enumerate(frames):
            named = self._named(frame)
            bits = asked if named else 0
            in_app = frame.in_app
            while bits:
                number = (bits & -bits).bit_length() - 1
                bits &= bits - 1
                if named & self._own[number] & (self._if_in_app if in_app else self._if_not):
                    in_app = self._rules[number].in_app is True
                    effective |= 1 << number
            if in_app != frame.in_app:
                marked[at] = frame._replace(in_app=in_app)
        return tuple(marked), effective

    def rules_in(self, frames: Iterable[Frame]) -> int:
        if not self._everything:
            return self._without
        found = 0
        for frame in frames:
            found |= self._named(frame) & (self._if_in_app if frame.in_app else self._if_not)
        rules = self._without
        while found:
            rules |= self._owners[(found & -found).bit_length() - 1]
            found &= found - 1
        return rules

    def _bank(self, numbered: Sequence[tuple[int, int, FrameCondition]], field: str) -> Bank:
        return Bank(
            (bit, condition) for bit, _, frame in numbered for condition in frame.conditions if condition.field == field
        )

    def _named(self, frame: Frame) -> int:
        """Which conditions hold for a frame's names."""
        module, function, file, *_ = frame
        if len(module) + len(function) + len(file) <= FRAME_CHARS_MAX:
            return self._names(module, function, file)
        return self._find(module[:FRAME_CHARS_MAX], function[:FRAME_CHARS_MAX], file[-FRAME_CHARS_MAX:])

    def _find(self, *names: str) -> int:
        found = self._everything
        for bank, name in zip(self._banks, names, strict=True):
            if found & bank.asked:
                found &= bank.find(name) | ~bank.asked
        return found

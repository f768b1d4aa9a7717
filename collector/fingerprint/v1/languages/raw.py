"""Texts that no parser knows: the usual names of types that say nothing, of any language."""

from __future__ import annotations

from collector.fingerprint.v1.languages.python import RULES as PYTHON
from collector.fingerprint.v1.languages.rules import LanguageRules

RULES = LanguageRules(is_telemetry=lambda _: False, generic_types=PYTHON.generic_types)

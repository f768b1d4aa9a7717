"""What a language tells version 1: which frames say nothing, which types say nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.model import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageRules:
    """The rules of one language family.

    `is_telemetry` knows frames of OpenTelemetry and of our own SDK, which never count. `middleware` are modules that
    run other people's code and are in every stack, each as a prefix of `module + separator`; `runtime`, as prefixes too, are
    those that come with the language, and `engine` those inside the runtime itself: its versions differ in them, so they
    don't count even where nothing else is in the stack. `passed_over` are
    functions that are frames in some versions of the language only. The message counts for a `generic_types` type (its
    last segment; the empty type always is), and where the innermost frame that counts is one of the `unnamed` functions,
    whose names are not known. A `wrapper_types` type carries its cause from one thread to another: which frames it has is
    chance, so none of them count. In a stack of a `recursion_types` type the functions that repeat count.
    `plain_type` takes what differs between two raises out of a type as it was sent (`error:{badmatch,17}`); the event keeps
    the type as it is.
    """

    is_telemetry: Callable[[Frame], bool]
    middleware: tuple[str, ...] = ()
    runtime: tuple[str, ...] = ()
    engine: tuple[str, ...] = ()
    separator: str = "."
    passed_over: frozenset[str] = frozenset()
    generic_types: frozenset[str] = frozenset()
    recursion_types: frozenset[str] = frozenset()
    unnamed: frozenset[str] = frozenset()
    wrapper_types: frozenset[str] = frozenset()
    plain_type: Callable[[str], str] = str

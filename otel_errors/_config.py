"""The SDK's settings: one table.

`Settings` is the table: each field is a setting, its variable is `OTEL_ERRORS_` and the name in
capitals, its default is the field's, and the metadata has unit, least value and help.
`environment_variables.py`, `docs/sdk.md` and `install()`'s keywords are compared with it by tests.
A value that can't be used costs one log line and the default holds: a typing error in a variable
must not stop an application.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_logger = logging.getLogger("otel_errors")

VARIABLE_PREFIX: Final = "OTEL_ERRORS_"
_BOOLEANS: Final = {"true": True, "false": False}
_VALUE_SHOWN_CHARS_MAX: Final = 40  # enough to recognize a value in a log line


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the SDK behaves in this process."""

    enabled: bool = field(
        default=True,
        metadata={"help": "`false` makes `install()` do nothing."},
    )
    excepthook: bool = field(
        default=True,
        metadata={"help": "Capture what reaches `sys.excepthook`: exceptions that end the program."},
    )
    unsampled: bool = field(
        default=True,
        metadata={"help": "Capture exceptions of spans that are not sampled."},
    )
    threads: bool = field(
        default=True,
        metadata={"help": "Capture exceptions that end threads."},
    )
    futures: bool = field(
        default=True,
        metadata={"help": "Capture exceptions of thread and process pools whose futures nobody reads."},
    )
    tasks: bool = field(
        default=True,
        metadata={"help": "Capture exceptions of asyncio tasks that nobody awaits, and of callbacks."},
    )
    gathered: bool = field(
        default=False,
        metadata={"help": "Capture what `asyncio.gather(return_exceptions=True)` returns, as warnings."},
    )
    unraisable: bool = field(
        default=True,
        metadata={"help": "Capture exceptions that can't be raised, as those of `__del__`."},
    )
    processes: bool = field(
        default=True,
        metadata={"help": "Capture exceptions that end `multiprocessing` children, and send what waits there."},
    )
    logged: bool = field(
        default=True,
        metadata={"help": "Capture exceptions that are logged (`logging.exception()`, `exc_info`)."},
    )
    logged_level_min: int = field(
        default=40,
        metadata={
            "unit": "levels of `logging`",
            "minimum": 0,
            "help": "Least level of a log record whose exception is captured; 40 is ERROR, 30 WARNING.",
        },
    )
    emitted: bool = field(
        default=True,
        metadata={"help": "Tie log records that others emit with an exception to the error that they tell of."},
    )
    warned: bool = field(
        default=False,
        metadata={"help": "Capture what `warnings` shows, as warnings."},
    )
    frameworks: bool = field(
        default=True,
        metadata={"help": "Capture what web frameworks, workers and schedulers turn into a failure (see Frameworks)."},
    )
    sigterm: bool = field(
        default=True,
        metadata={"help": "Send what waits when SIGTERM ends the program by its default action."},
    )
    safe_spans: bool = field(
        default=True,
        metadata={
            "help": "Let the application see its own exception where its `__str__` raises in a span's `with` block."
        },
    )
    frames_max: int = field(
        default=100,
        metadata={
            "unit": "frames",
            "minimum": 1,
            "help": "Frames kept per exception of a chain; the outermost are cut.",
        },
    )
    stacktrace_length_max: int = field(
        default=65_536,
        metadata={
            "unit": "characters",
            "minimum": 256,
            "help": "Length of a stack trace; outer frames go, the raise point and last line stay.",
        },
    )
    message_length_max: int = field(
        default=8_192,
        metadata={
            "unit": "characters",
            "minimum": 64,
            "help": "Length of an exception's message; its end is cut.",
        },
    )
    storm_burst_max: int = field(
        default=100,
        metadata={
            "unit": "errors",
            "minimum": 0,
            "help": "Errors of one type and line that are told in full within a window, the rest as one event with their "
            "number; 0 tells all in full.",
        },
    )
    storm_window_ms: int = field(
        default=10_000,
        metadata={"unit": "milliseconds", "minimum": 100, "help": "Length of that window."},
    )
    redact: bool | Callable[[str], str] = field(
        default=True,
        metadata={
            "callable": True,
            "help": "Hide secrets, card numbers and e-mail addresses in everything that is sent; "
            "`install(redact=...)` also takes a rule of your own.",
        },
    )
    redact_keys: str = field(
        default="",
        metadata={
            "unit": "names, comma separated",
            "help": "More names of attributes, variables and `name=value` texts whose value is hidden.",
        },
    )
    baggage_keys: str = field(
        default="user.id,session.id",
        metadata={
            "unit": "names, comma separated",
            "help": "What is read from the baggage and sent with an error; user and session ids as hashes.",
        },
    )
    user_hash_key: str = field(
        default="",
        metadata={
            "unit": "text",
            "help": "Secret key of the hashes of user and session ids; the service's name if there is none.",
        },
    )
    raw_user_ids: bool = field(
        default=False,
        metadata={"help": "Send user and session ids as they are."},
    )
    breadcrumbs: int = field(
        default=0,
        metadata={
            "unit": "records and spans",
            "minimum": 0,
            "help": "The trace's last log records and finished spans that are sent with an error, at most 100.",
        },
    )
    feature_flags: bool = field(
        default=True,
        metadata={"help": "Send which feature flags were evaluated in the trace (`feature_flag.evaluation` events)."},
    )
    structured: bool = field(
        default=False,
        metadata={"help": "Send the chain and all its frames as data too (`otel_errors.exceptions`)."},
    )
    source_lines: int = field(
        default=0,
        metadata={
            "unit": "lines",
            "minimum": 0,
            "help": "Source lines before and after the line of each in-app frame that are sent with it.",
        },
    )
    locals: bool = field(
        default=False,
        metadata={"help": "Send the local variables of in-app frames, redacted and cut."},
    )
    release: str = field(
        default="",
        metadata={"unit": "text", "help": "`service.version`, where the resource has none."},
    )
    environment: str = field(
        default="",
        metadata={"unit": "text", "help": "`deployment.environment.name`, where the resource has none."},
    )
    commit: str = field(
        default="",
        metadata={
            "unit": "text",
            "help": "`vcs.ref.head.revision`, where the resource has none; else from a variable such as `GIT_COMMIT`.",
        },
    )
    repository: str = field(
        default="",
        metadata={"unit": "URL", "help": "`vcs.repository.url.full`, where the resource has none."},
    )
    flush_timeout_ms: int = field(
        default=5_000,
        metadata={
            "unit": "milliseconds",
            "minimum": 0,
            "help": "How long an unhandled exception may hold up the program's end to be sent.",
        },
    )


class SettingKeywords(TypedDict, total=False):
    """The settings as keywords of `install()`; None is not given. The same names as the fields of `Settings`."""

    enabled: bool | None
    excepthook: bool | None
    unsampled: bool | None
    threads: bool | None
    futures: bool | None
    tasks: bool | None
    gathered: bool | None
    unraisable: bool | None
    processes: bool | None
    logged: bool | None
    logged_level_min: int | None
    emitted: bool | None
    warned: bool | None
    frameworks: bool | None
    sigterm: bool | None
    safe_spans: bool | None
    frames_max: int | None
    stacktrace_length_max: int | None
    message_length_max: int | None
    storm_burst_max: int | None
    storm_window_ms: int | None
    redact: bool | Callable[[str], str] | None
    redact_keys: str | Sequence[str] | None
    baggage_keys: str | Sequence[str] | None
    user_hash_key: str | None
    raw_user_ids: bool | None
    breadcrumbs: int | None
    feature_flags: bool | None
    structured: bool | None
    source_lines: int | None
    locals: bool | None
    release: str | None
    environment: str | None
    commit: str | None
    repository: str | None
    flush_timeout_ms: int | None


def variable_of(name: str) -> str:
    """Name of the environment variable of the setting `name`."""
    return VARIABLE_PREFIX + name.upper()


def read_settings(environ: Mapping[str, str], arguments: Mapping[str, Any]) -> Settings:
    """Read the settings from `arguments` (None: not given), else from `environ`, else the defaults.

    Never raises.
    """
    chosen: dict[str, Any] = {}
    for setting in dataclasses.fields(Settings):
        for source, given in (
            (setting.name, arguments.get(setting.name)),
            (variable_of(setting.name), environ.get(variable_of(setting.name))),
        ):
            if given is None or given == "":
                continue
            takes_given = setting.metadata.get("callable", False) and callable(given)
            value = given if takes_given else _parse(given, setting.default, setting.metadata.get("minimum", 0))
            if value is None:
                _tell_unusable(source, given, setting)
                continue
            chosen[setting.name] = value
            break
    return Settings(**chosen)


def _parse(given: object, default: object, minimum: int) -> bool | int | str | None:
    """`given` as the type of `default`, or None when it can't be."""
    if isinstance(default, bool):
        if isinstance(given, bool):
            return given
        return _BOOLEANS.get(given.strip().lower()) if isinstance(given, str) else None
    if isinstance(default, str):
        return _parse_names(given)
    if isinstance(given, bool) or not isinstance(given, (int, str)):
        return None
    try:
        number = int(given)
    except ValueError:
        return None
    return number if number >= minimum else None


def _parse_names(given: object) -> str | None:
    if isinstance(given, (list, tuple, set, frozenset)) and all(isinstance(item, str) for item in given):
        return ",".join(given)
    return given if isinstance(given, str) else None


def _tell_unusable(source: str, given: object, setting: dataclasses.Field[Any]) -> None:
    if isinstance(setting.default, bool):
        wanted = "true or false"
    elif isinstance(setting.default, str):
        wanted = setting.metadata["unit"]
    else:
        wanted = f"a whole number of {setting.metadata['unit']} from {setting.metadata['minimum']}"
    _logger.warning(
        "otel_errors ignores %s=%.*s: it must be %s; %s holds",
        source,
        _VALUE_SHOWN_CHARS_MAX,
        given,
        wanted,
        "none" if setting.default == "" else setting.default,
    )

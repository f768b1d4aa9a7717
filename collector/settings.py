"""Every setting of `otel-errors serve`: one table of names, defaults, units and help.

A value comes from, in this order: the command's argument, the environment (`OTEL_ERRORS_` and the name in capitals), the
YAML file that `--config` names, the default. `docs/settings.md` is made from this table.
"""

from __future__ import annotations

import ipaddress
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, Field, PlainSerializer, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from collector.failures import SettingsInvalid

ENVIRONMENT_PREFIX = "OTEL_ERRORS_"
DATA = Path("otel-errors-data")
_DATABASE = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"
_DURATION = re.compile(r"(\d{1,9})\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PORT_MAX = 65_535
_DURATION_SECONDS_MAX = 100 * 365 * 86_400  # beyond a century, ClickHouse's dates end and its TTLs wrap around
_LEVELS = r"^(debug|info|warning|error)$"


RULES_BYTES_MAX = 2 * 2**20
"""Bytes of a rules file that are read: more than its limit of characters, so that the limit is what is told."""

VALUE_CHARS_MAX = 80
"""How much of a value that can't be used is repeated: enough to know it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a port listens. Port 0 means any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(value: object) -> Address:
    """`127.0.0.1:4317`, `[::1]:4317`, `localhost:0`.

    Raises:
        ValueError: it is no such text.
    """
    if isinstance(value, Address):
        return value
    host, colon, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    if (
        not (colon and host)
        or (":" in host) != bracketed
        or not (port.isascii() and port.isdigit() and int(port) <= _PORT_MAX)
    ):
        raise ValueError("give HOST:PORT, such as 127.0.0.1:4317 or [::1]:4317")
    return Address(host=host, port=int(port))


def parse_duration(value: object) -> int:
    """`30d`, `12h`, `4w`, `90s` -> seconds; an empty text and 0 mean: keep for ever.

    Raises:
        ValueError: no number, no unit, or more than a century.
    """
    text = str(value).strip().lower()
    if text in ("", "0"):
        return 0
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError("give a number and a unit (s, m, h, d, w), such as 30d")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if seconds > _DURATION_SECONDS_MAX:
        raise ValueError("give at most a century, or 0 for no limit")
    return seconds


ListenAddress = Annotated[Address, NoDecode, BeforeValidator(parse_address), PlainSerializer(str)]
DataFolder = Annotated[Path, BeforeValidator(lambda value: value or DATA)]
RulesFile = Annotated[Path | None, BeforeValidator(lambda value: value or None)]
"""A path that is given as an empty text, as `${RULES:-}` does it, is not given: it would be the working directory."""

Duration = Annotated[int, BeforeValidator(parse_duration)]
"""Seconds, given as a number and a unit."""


class Settings(BaseSettings):
    """The settings of one service. Frozen; secrets are masked when printed."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    data: DataFolder = Field(DATA, description="Folder of the journal and the embedded ClickHouse.")
    clickhouse: SecretStr | None = Field(
        None, description="A ClickHouse server instead of the embedded one: http://user:password@host:8123/database."
    )
    database: str = Field("otel", pattern=_DATABASE, description="Database of the tables and views.")
    grpc: ListenAddress = Field(Address(host="127.0.0.1", port=4317), description="Where OTLP/gRPC listens, HOST:PORT.")
    http: ListenAddress = Field(Address(host="127.0.0.1", port=4318), description="Where OTLP/HTTP listens, HOST:PORT.")
    sql: ListenAddress = Field(
        Address(host="127.0.0.1", port=8123),
        description="Where the SQL port listens, HOST:PORT; not with --clickhouse.",
    )
    insecure: bool = Field(
        default=False, description="Listen beyond this machine although anybody may then send and read."
    )
    retention: Duration = Field(0, description="How long rows are kept, such as 30d; for ever by default.")
    retention_traces: Duration | None = Field(None, description="The same for traces alone.")
    retention_logs: Duration | None = Field(None, description="The same for logs alone.")
    retention_metrics: Duration | None = Field(None, description="The same for metrics alone.")
    retention_errors: Duration | None = Field(None, description="The same for error events alone.")
    retention_groups: Duration | None = Field(None, description="The same for the minutes of error groups alone.")
    attribute_indexes: bool = Field(
        default=False, description="Skip indexes on attribute maps: faster searches, inserts cost about twice as much."
    )
    segment_bytes: int = Field(
        32 * 2**20, ge=2**16, le=2**30, description="Bytes at which a journal segment is sealed."
    )
    segment_seconds: float = Field(1.0, gt=0, le=60, description="Seconds after which a journal segment is sealed.")
    journal_bytes: int = Field(
        4 * 2**30, ge=2**20, description="Bytes that may wait in the journal; beyond, requests are refused."
    )
    disk_free_bytes: int = Field(
        256 * 2**20, ge=0, description="Free bytes on the disk below which requests are refused."
    )
    request_bytes: int = Field(64 * 2**20, ge=2**10, le=2**30, description="Largest request, after decompression.")
    shutdown_grace_seconds: float = Field(
        10.0, ge=0, le=3600, description="Seconds that a stop may take to drain the journal."
    )
    rules: RulesFile = Field(
        None, description="A YAML file of rules for grouping, severity and dropping; read again at SIGHUP."
    )
    log_level: str = Field(
        "info", pattern=_LEVELS, description="What the service says of itself: debug, info, warning, error."
    )
    sql_writable: bool = Field(default=False, description="")

    def retention_seconds(self, family: str) -> int:
        """Seconds that a family of tables (traces, logs, metrics, errors, groups) is kept; 0 for ever.

        Groups outlive their events: the common setting is not theirs.
        """
        own: int | None = getattr(self, f"retention_{family}")
        if own is not None:
            return own
        return 0 if family == "groups" else self.retention

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic's signature; no .env file is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before the environment before the file."""
        file = init_settings.init_kwargs.pop("from_file", {})  # type: ignore[attr-defined]  # InitSettingsSource has it
        return init_settings, env_settings, _FileSource(settings_cls, file)


class _FileSource(PydanticBaseSettingsSource):
    """The values of the configuration file."""

    def __init__(self, settings_cls: type[BaseSettings], values: dict[str, Any]) -> None:
        super().__init__(settings_cls)
        self._values = values

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002  pydantic's signature
        """One value."""
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return self._values


HIDDEN = frozenset({"sql_writable"})
"""Settings for our own tests, in no help and no document."""

SECRET = frozenset({"clickhouse"})
"""Settings whose values are never repeated: a password may be in them."""

PATTERNS = {
    "database": "give letters, digits and _, not a digit first, at most 63",
    "log_level": "give debug, info, warning or error",
}
"""What a text must be, for people who don't read regular expressions."""


def load(arguments: dict[str, Any], config: Path | None = None) -> Settings:
    """Put the settings together; arguments that are None were not given.

    Raises:
        SettingsInvalid: one line that names the setting, what is wrong, and the cure.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        settings = Settings(from_file=_read(config) if config else {}, **given)  # type: ignore[call-arg]  # taken out above
    except ValidationError as failure:
        raise SettingsInvalid(_told(failure, config)) from None
    _refuse_open_ports(settings)
    return settings


def _told(failure: ValidationError, config: Path | None) -> str:
    """The first thing that is wrong, in one line: the setting, the value unless it is a secret, and the cure."""
    first = failure.errors(include_url=False)[0]
    name = str(first["loc"][0])
    shown = "used" if name in SECRET else repr(str(first["input"])[:VALUE_CHARS_MAX])
    reason = str(first["msg"]).removeprefix("Value error, ").replace("Input should be", "it should be")
    if first["type"] == "string_pattern_mismatch":
        reason = PATTERNS.get(name, reason)
    file = f", or `{name}` in {config}" if config else ""
    return f"--{name.replace('_', '-')} (or {ENVIRONMENT_PREFIX}{name.upper()}{file}) can't be {shown}: {reason}"


def _refuse_open_ports(settings: Settings) -> None:
    for name in ("grpc", "http", "sql"):
        address: Address = getattr(settings, name)
        if address.is_loopback or (name == "sql" and settings.clickhouse):
            continue
        if settings.sql_writable and name == "sql":
            raise SettingsInvalid("--sql-writable is for loopback addresses only")
        if not settings.insecure:
            raise SettingsInvalid(
                f"--{name} {address} can be reached from other machines, and anybody there could send and read: "
                "listen on 127.0.0.1, or give --insecure if the network around it is trusted"
            )


def read_rules_file(path: Path) -> str:
    """The text of a rules file.

    Raises:
        SettingsInvalid: it can't be read.
    """
    try:
        if stat.S_ISFIFO(path.stat().st_mode):  # opening it would wait for a writer, and a stop for that
            raise SettingsInvalid(f"the rules file {path} is a pipe, which can't be read again: give a file")
        with path.open("rb") as opened:
            return opened.read(RULES_BYTES_MAX).decode()
    except OSError as failure:
        raise SettingsInvalid(f"the rules file {path} can't be read: {failure.strerror}") from None
    except UnicodeDecodeError as failure:
        raise SettingsInvalid(f"the rules file {path} is not UTF-8: {failure.reason} at byte {failure.start}") from None


def _read(config: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(config.read_text()) or {}
    except OSError as failure:
        raise SettingsInvalid(f"--config {config} can't be read: {failure.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as failure:
        raise SettingsInvalid(f"--config {config} is not YAML: {' '.join(str(failure).split())}") from None
    if not isinstance(values, dict):
        raise SettingsInvalid(f"--config {config} must hold settings as `name: value` lines")
    names = {str(name).replace("-", "_"): value for name, value in values.items()}
    unknown = sorted(set(names) - set(Settings.model_fields))
    if unknown:
        known = ", ".join(sorted(set(Settings.model_fields) - HIDDEN))
        raise SettingsInvalid(f"--config {config} has an unknown setting `{unknown[0]}`; known are: {known}")
    return names

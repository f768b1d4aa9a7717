"""Settings: where a value comes from, and what is said of one that can't be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collector.failures import SettingsInvalid
from collector.settings import Address, load, parse_address

if TYPE_CHECKING:
    from pathlib import Path


def test_an_argument_beats_the_environment_which_beats_the_file_which_beats_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("database: from_file\nretention: 7d\nsegment-seconds: 3\n")
    monkeypatch.setenv("OTEL_ERRORS_DATABASE", "from_environment")
    monkeypatch.setenv("OTEL_ERRORS_RETENTION", "14d")

    settings = load({"database": "from_argument"}, file)

    assert settings.database == "from_argument"
    assert settings.retention_seconds("traces") == 14 * 86_400
    assert settings.segment_seconds == 3
    assert settings.grpc == Address(host="127.0.0.1", port=4317)


def test_an_empty_path_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_ERRORS_DATA", "")
    monkeypatch.setenv("OTEL_ERRORS_RULES", "")

    assert (str(load({}).data), load({}).rules) == ("otel-errors-data", None)


def test_every_setting_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_ERRORS_GRPC", "[::1]:0")
    monkeypatch.setenv("OTEL_ERRORS_INSECURE", "true")
    monkeypatch.setenv("OTEL_ERRORS_RETENTION_LOGS", "12h")

    settings = load({})

    assert (str(settings.grpc), settings.insecure, settings.retention_seconds("logs")) == ("[::1]:0", True, 43_200)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:4317", "127.0.0.1", 4317), ("[::1]:0", "::1", 0), ("localhost:65535", "localhost", 65535)],
)
def test_an_address_is_host_and_port(text: str, host: str, port: int) -> None:
    address = parse_address(text)

    assert address == Address(host=host, port=port)
    assert str(address) == text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"grpc": "4317"}, r"^--grpc \(or OTEL_ERRORS_GRPC\) can't be '4317': give HOST:PORT"),
        ({"http": "127.0.0.1:70000"}, "--http .*HOST:PORT"),
        ({"grpc": "::1:4317"}, "--grpc .*HOST:PORT"),
        ({"retention": "3 fortnights"}, "--retention .*'3 fortnights': .*30d"),
        ({"retention": "30"}, "--retention .*'30': give a number and a unit"),
        ({"retention_logs": "101000d"}, "--retention-logs .* a century"),
        ({"database": "a b"}, "--database .*'a b': give letters, digits and _"),
        ({"segment_seconds": "soon"}, "--segment-seconds .*'soon': it should be a valid number"),
        ({"segment_bytes": "1"}, "--segment-bytes .*'1': it should be greater than or equal to 65536"),
        ({"log_level": "loud"}, "--log-level .*'loud': give debug, info, warning or error"),
        ({"grpc": "0.0.0.0:4317"}, "--grpc 0.0.0.0:4317 can be reached from other machines.*--insecure"),
        ({"sql": "192.168.1.5:8123"}, "--sql 192.168.1.5:8123 can be reached"),
        ({"sql": "0.0.0.0:8123", "sql_writable": "true", "insecure": "true"}, "loopback addresses only"),
    ],
)
def test_a_value_that_cannot_be_used_is_one_line_that_names_the_setting(arguments: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said) as failure:
        load(arguments)

    assert "\n" not in str(failure.value)


def test_a_port_beyond_this_machine_needs_insecure() -> None:
    assert load({"grpc": "0.0.0.0:4317", "insecure": True}).grpc.host == "0.0.0.0"  # noqa: S104  that is the test


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("databse: x\n", "unknown setting `databse`; known are: "),
        ("[1, 2]\n", "must hold settings as `name: value` lines"),
        ("a: b: c\n", "is not YAML"),
        ("grpc: 4317\n", "--grpc .*, or `grpc` in .*'4317': give HOST:PORT"),
        ("grpc: {host: 0.0.0.0, port: 1}\n", "--grpc .* give HOST:PORT"),
        ("retention: 30\n", "--retention .*'30': give a number and a unit"),
        ("insecure: perhaps\n", "--insecure .*'perhaps': it should be a valid boolean"),
        (None, "can't be read: No such file"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(text: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    if text is not None:
        file.write_text(text)

    with pytest.raises(SettingsInvalid, match=said) as failure:
        load({}, file)

    assert str(file) in str(failure.value)


def test_a_retention_of_0_is_no_limit_and_groups_are_kept_unless_their_own_says_otherwise() -> None:
    settings = load({"retention": "30d", "retention_errors": "0"})

    assert [settings.retention_seconds(family) for family in ("traces", "errors", "groups")] == [30 * 86_400, 0, 0]


def test_a_secret_that_cannot_be_used_is_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("clickhouse: [hunter2]\n")

    with pytest.raises(SettingsInvalid, match=r"--clickhouse .* can't be used") as failure:
        load({}, file)

    assert "hunter2" not in str(failure.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load({}).database = "other"  # type: ignore[misc]  # that is the test


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104  that is the test
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example.org", False),
    ],
)
def test_what_only_this_machine_can_reach_is_known(host: str, loopback: bool) -> None:  # noqa: FBT001  a table of tests
    assert Address(host=host, port=1).is_loopback is loopback


def test_the_password_of_a_server_is_masked() -> None:
    settings = load({"clickhouse": "http://me:hunter2@db:8123/otel"})

    assert "hunter2" not in repr(settings)
    assert settings.clickhouse is not None
    assert settings.clickhouse.get_secret_value().endswith("@db:8123/otel")

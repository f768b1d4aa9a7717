"""The commands as people type them: what they print, what they say when something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

from collector.fingerprint.versions import VERSIONS
from collector.settings import HIDDEN, Settings

STACK = """Traceback (most recent call last):
  File "/srv/app/shop/cart.py", line 12, in checkout
    pay(order)
  File "/srv/app/shop/payment.py", line 34, in pay
    raise CardDeclined(f"card of order {order} declined")
shop.payment.CardDeclined: card of order 4711 declined
"""


def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "collector", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


def test_help_names_every_command() -> None:
    done = run("--help")

    assert done.returncode == 0
    for command in ("serve", "demo", "groups", "show", "sql", "explain", "rules", "schema"):
        assert f"  {command} " in done.stdout


def test_without_a_command_it_is_the_help() -> None:
    assert run().stdout == run("--help").stdout


def test_help_of_serve_has_every_setting_and_none_for_our_tests() -> None:
    text = run("serve", "--help", COLUMNS="200").stdout

    for name in set(Settings.model_fields) - HIDDEN:
        assert f"--{name.replace('_', '-')} " in text
        assert f"[OTEL_ERRORS_{name.upper()}" in text
    assert "writable" not in text


def test_the_version_is_the_distributions() -> None:
    assert run("--version").stdout.startswith("otel-errors 0.")


def test_explain_prints_why() -> None:
    done = run("explain", "-", stdin=STACK)

    assert done.stdout.startswith(f"{VERSIONS.current.name}:")
    assert "payment pay" in done.stdout


def test_explain_gives_the_same_fingerprint_as_json_whatever_the_order_number() -> None:
    first = json.loads(run("explain", "-", "--json", stdin=STACK).stdout)
    second = json.loads(run("explain", "-", "--json", "--language", "python", stdin=STACK.replace("4711", "12")).stdout)

    assert first["fingerprint"] == second["fingerprint"]


def test_explain_and_rules_check_read_what_serve_would(tmp_path: Path) -> None:
    """Secrets in attributes are gone before any rule sees them."""
    file = tmp_path / "rules.yaml"
    file.write_text("rules: [{match: {type: '*'}, fingerprint: ['{{attribute.password}} {{attribute.tenant}}']}]")
    given = ("--attribute", "password=hunter2", "--attribute", "tenant=t1")
    done = run("explain", "-", "--rules", str(file), *given, stdin=STACK)

    assert done.stdout.endswith("hashed, in this order:\n  part *** t1\n")
    assert run("rules", "check", str(file)).stdout == f"{file}: 1 rule, no mistake\n"


def test_explain_takes_what_no_parser_knows() -> None:
    done = run("explain", "-", "--language", "klingon", "--json", stdin="it broke\nat 0x7f33")

    assert json.loads(done.stdout)["fingerprint"].startswith(f"{VERSIONS.current.name}:")


@pytest.mark.parametrize("arguments", [(), ("--cluster", "main")])
def test_the_schema_is_sql_that_the_engine_parses(arguments: tuple[str, ...], connection) -> None:
    done = run("schema", *arguments)

    assert done.returncode == 0
    statements = [text for text in done.stdout.split(";\n") if text.strip()]
    assert len(statements) > 20
    for statement in statements:
        code = "\n".join(line for line in statement.splitlines() if not line.startswith("--"))
        connection.command("SELECT formatQuery({statement:String})", {"statement": code})


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("explain", "/no/such/file"), 2, "/no/such/file can't be read: No such file or directory"),
        (("frob",), 2, "No such command 'frob'"),
        (("groups", "--since", "soon"), 2, "--since can't be 'soon': give a number and a unit"),
        (("groups", "--limit", "0"), 2, "'--limit'"),
        (("show",), 2, "Missing argument 'GROUP'"),
        (("serve", "--retention", "30"), 2, "--retention (or OTEL_ERRORS_RETENTION) can't be '30'"),
        (("groups", "--server", "http://127.0.0.1:1"), 1, "no SQL answers at 127.0.0.1:1"),
        (("serve", "--grpc", "0.0.0.0:4317"), 2, "--insecure"),
        (("serve", "--config", "/no/such/file"), 2, "--config /no/such/file can't be read"),
        (("schema", "--cluster", "a'b"), 2, "--cluster"),
        (("sql", ""), 2, "the query is empty"),
        (("explain", "/dev/null"), 2, "/dev/null is empty"),
    ],
)
def test_what_is_wrong_is_one_line_and_a_status(arguments: tuple[str, ...], status: int, said: str) -> None:
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("otel-errors: ")


@pytest.mark.parametrize(
    ("given", "said"),
    [(b" " * 300_000, "longer than 262144 bytes"), (b"SELECT '\xff'", "not UTF-8"), (b"\n", "the query is empty")],
)
def test_a_query_from_standard_input_that_cannot_be_one_is_refused(given: bytes, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "collector", "sql", "-"], input=given, capture_output=True, timeout=60, check=False
    )

    assert (done.returncode, done.stdout) == (2, b"")
    assert said in done.stderr.decode()


def test_a_letter_that_the_terminal_does_not_have_is_no_failure() -> None:
    stack = STACK.replace("CardDeclined", "KartenzahlungUngültig")
    done = run("explain", "-", stdin=stack, PYTHONIOENCODING="ascii:strict")

    assert (done.returncode, done.stderr) == (0, "")


def test_a_traceback_is_shown_when_it_is_asked_for() -> None:
    done = run("explain", "/no/such/file", OTEL_ERRORS_DEBUG="1")

    assert done.stderr.startswith("Traceback")


def test_a_reader_that_has_seen_enough_is_no_failure() -> None:
    done = subprocess.run(
        f"set -o pipefail; {sys.executable} -m collector schema | head -1",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout.startswith("CREATE DATABASE")
    assert (done.returncode, done.stderr) == (0, "")


def test_without_a_collector_and_a_folder_it_is_said_what_to_do(tmp_path: Path) -> None:
    done = run("groups", "--data", str(tmp_path / "none"))

    assert done.returncode == 1
    assert f"start one with `otel-errors serve --data {tmp_path / 'none'}`" in done.stderr


def test_help_does_not_wait_for_the_engine() -> None:
    """Neither the engine nor its client is loaded for the help: they take a second and 250 MB."""
    code = "import sys; import collector.cli; print([m for m in ('chdb', 'clickhouse_connect', 'grpc') if m in sys.modules])"
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"
    assert time.monotonic() - begun < 30

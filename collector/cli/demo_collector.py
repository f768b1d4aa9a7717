"""Runs the demo's collector: `otel-errors serve` as a process of its own, ended with the demo."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from collector.cli.progress import working
from collector.control.client import ControlUnavailable, status
from collector.failures import Failure
from collector.settings import ENVIRONMENT_PREFIX, Address, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 30.0
POLL_SECONDS = 0.1
PORTS = {"grpc": "OTLP/gRPC", "http": "OTLP/HTTP", "sql": "SQL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A collector that answers, and where."""

    process: subprocess.Popen[bytes]
    data: Path
    grpc: str
    http: str
    sql: str


@contextmanager
def running(data: Path, *, free_ports: bool) -> Iterator[Running]:
    """A collector with its data there: on the usual ports where they are free, or on free ones alone.

    Raises:
        Failure: it does not start.
    """
    ports = [argument for name in PORTS for argument in (f"--{name}", _address(name, free=free_ports))]
    command = [sys.executable, "-P", "-m", "collector", "serve", "--data", str(data), "--log-level", "warning", *ports]
    # Settings of the user's own collector, such as the server that it writes into, are not the demo's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as process:
        try:
            with working("The collector starts ..."):
                told = _wait_until_ready(process, data)
            yield Running(process=process, data=data, **{name: str(told[name]) for name in PORTS})
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(name: str, *, free: bool) -> str:
    usual: Address = Settings.model_fields[name].default
    if free:
        return f"{usual.host}:0"
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((usual.host, usual.port))
        except OSError:
            typer.echo(f"Port {usual.port} is taken: {PORTS[name]} listens on another one.")
            return f"{usual.host}:0"
    return str(usual)


def _wait_until_ready(process: subprocess.Popen[bytes], data: Path) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        # The answer must be of this process: the folder may belong to a collector that runs already.
        try:
            told = status(data)
        except ControlUnavailable:
            told = {}
        if told.get("pid") == process.pid:
            return told
        if process.poll() is not None:
            raise Failure("the collector could not start; the line above says why")
        time.sleep(POLL_SECONDS)
    raise Failure(f"the collector was not ready after {START_SECONDS_MAX:.0f} s")

"""`otel-errors serve`: run the collector. Its options are the table of settings."""

from __future__ import annotations

import gc
import inspect
import logging
import os
import signal
import socket
import sys
import threading
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import SecretStr

from collector.cli.text import say_nothing_more
from collector.settings import ENVIRONMENT_PREFIX, HIDDEN, Address, Settings, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.service import Addresses

STOP_SECONDS_MAX = 30.0
"""Beyond the grace time: the last insert of each lane, and the ports."""
GC_THRESHOLDS = (100_000, 50, 100)
"""Objects between collections. Draining makes many short-lived ones without cycles: the default looks through all of
them every 700 objects, for a tenth of the time per error (benchmarks/error_lane.py)."""


METAVARS: dict[Any, str] = {
    Path: "DIR",
    Path | None: "FILE",
    Address: "HOST:PORT",
    int: "N",
    float: "N",
    SecretStr | None: "URL",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", help="Run the collector: OTLP in, errors you can query out.")(_with_options(_serve))


def _serve(config: Path | None, arguments: dict[str, Any]) -> None:
    settings = load(arguments, config)
    logging.basicConfig(
        level=settings.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    signals = _listen(reload=settings.rules is not None)
    with _without_pyarrow():
        # The engine takes a second to load: only where it is needed.
        from collector.service import Service  # noqa: PLC0415

    for noisy in ("clickhouse_connect", "urllib3.connectionpool", "uvicorn", "asyncio"):
        # What they tell of a failure, our own failure tells in one line.
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    service = Service(settings)
    service.start()
    try:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        _tell(_ready(settings, service.addresses))
        while signals.recv(1)[0] == signal.SIGHUP and settings.rules:
            service.reload_rules()
    finally:
        watch = threading.Timer(settings.shutdown_grace_seconds + STOP_SECONDS_MAX, _end, (1,))
        watch.daemon = True
        watch.start()
        service.stop()
    _end(0)


def _listen(*, reload: bool) -> socket.socket:
    """A socket that gives the number of each signal that came, one byte each.

    The kernel may give a signal to any thread. Python's handlers run in the main thread alone, which sleeps on: only what
    is written here wakes it. Without `reload` SIGHUP is one more that stops, unless it was to be ignored (nohup).
    """
    told, listener = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.detach())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or reload or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    return listener


def _end(status: int) -> None:
    """End the process now: what was acknowledged is on disk, and threads of libraries can keep an interpreter from ending."""
    if status:
        logging.getLogger(__name__).error(
            "not everything stopped in time; what is in the journal is drained at the next start"
        )
    logging.shutdown()
    with suppress(OSError):
        sys.stdout.flush()
    os._exit(status)


def _tell(text: str) -> None:
    """Say it, if somebody listens: a service does not end because nobody does."""
    try:
        typer.echo(text)
        sys.stdout.flush()
    except OSError:
        say_nothing_more()


@contextmanager
def _without_pyarrow() -> Iterator[None]:
    """Import without pyarrow: chDB loads it for data frames, which the service never makes, and it holds 25 MB."""
    missing = object()
    before = sys.modules.get("pyarrow", missing)
    if before is missing:
        sys.modules["pyarrow"] = None  # type: ignore[assignment]  # how an import is made to fail
    try:
        yield
    finally:
        if before is missing:
            del sys.modules["pyarrow"]


def _ready(settings: Settings, addresses: Addresses) -> str:
    where = (
        f"SQL        http://{addresses.sql}" if addresses.sql else "stores in  the ClickHouse server of --clickhouse"
    )
    return (
        f"otel-errors {version('otel-errors')} is ready\n"
        f"OTLP/gRPC  {addresses.grpc}\n"
        f"OTLP/HTTP  http://{addresses.http}\n"
        f"{where}\n"
        f"data       {settings.data.resolve()}\n"
        f"\n"
        f"Point an application here:   OTEL_EXPORTER_OTLP_ENDPOINT=http://{addresses.grpc}\n"
        f"See its errors:              otel-errors groups --data {settings.data}\n"
    )


def _with_options(serve: Any) -> Any:
    """A function that typer can read: one option for each setting, all of them optional."""

    def command(config: Path | None = None, **arguments: Any) -> None:
        serve(config, arguments)

    parameters = [
        _parameter(
            "config",
            Path,
            typer.Option(
                "--config",
                metavar="FILE",
                help=f"A YAML file with settings. [{ENVIRONMENT_PREFIX}CONFIG]",
                envvar=f"{ENVIRONMENT_PREFIX}CONFIG",
                show_envvar=False,
            ),
        )
    ]
    for name, field in Settings.model_fields.items():
        option = f"--{name.replace('_', '-')}"
        kind = bool if field.annotation is bool else str
        shown = _default(field.default)
        text = f"{field.description} [{ENVIRONMENT_PREFIX}{name.upper()}{shown}]"
        shape = (
            None if kind is bool else "TIME" if name.startswith("retention") else METAVARS.get(field.annotation, "TEXT")
        )
        parameters.append(
            _parameter(
                name, kind, typer.Option(option, help=text, metavar=shape, hidden=name in HIDDEN, show_default=False)
            )
        )
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # that is how typer is told
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _default(value: object) -> str:
    if value is None or value is False or value == 0:
        return ""
    return f"; default {value}"


def _parameter(name: str, kind: type, option: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )

"""Starts the real collector as a process and talks to it as its users do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import clickhouse_connect

from collector.control import client

if TYPE_CHECKING:
    from pathlib import Path

START_SECONDS_MAX = 60.0
ANY_PORTS = ("--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--sql", "127.0.0.1:0")


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `otel-errors ...` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "collector", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **environment},
    )


@dataclass
class Collector:
    """One running `otel-errors serve`."""

    data: Path
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = ("collector", "serve")
    process: subprocess.Popen[str] | None = None
    status: dict[str, Any] = field(default_factory=dict)

    def start(self) -> Collector:
        (self.data / "control.sock").unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self.program, "--data", str(self.data), *ANY_PORTS, *self.arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **self.environment},
        )
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                self.status = client.status(self.data)
                return self
            except client.ControlUnavailable:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.kill()
                    raise AssertionError(f"the collector did not start: {self.process.stdout.read()}") from None
                time.sleep(0.05)

    def flush(self) -> None:
        assert client.flush(self.data, 60), client.status(self.data)

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def sql(self) -> Any:
        host, port = self.status["sql"].rsplit(":", 1)
        return clickhouse_connect.get_client(host=host, port=int(port))

    def rows(self, query: str, parameters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        return list(self.sql().query(query, parameters=parameters).named_results())

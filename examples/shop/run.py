"""Run the shop once: start its three processes, place orders that fail in six ways, and end it.

python run.py [--grpc http://127.0.0.1:4317] [--http http://127.0.0.1:4318]
python run.py --expected      prints the groups of errors that this makes, as JSON
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import web
from expected import EXPECTED_GROUPS

FOLDER = Path(__file__).resolve().parent
CONNECT_SECONDS_MAX = 5.0
START_SECONDS_MAX = 20.0
END_SECONDS_MAX = 20.0
"""How long a process may take to work off its jobs and to send its last telemetry."""
POLL_SECONDS = 0.02
OUTPUT_CHARS_MAX = 2000
EXPORT_FAILED = "Failed to export"
"""What the OTLP exporters log, on standard error, when they give a batch up."""

ORDER = {
    "customer": "customer-0",
    "article": "lamp",
    "card": "good",
    "currency": "EUR",
    "job": "receipt",
    "contacts": {"mail": "ada@example.org"},
}
NO_CONTACT = {"mail": "nobody@example.invalid", "sms": "0"}
ORDERS: tuple[tuple[str, int, dict[str, Any], HTTPStatus], ...] = (
    ("all is well", 10, {}, HTTPStatus.CREATED),
    ("the bank declines the card", 7, {"card": "overdrawn"}, HTTPStatus.PAYMENT_REQUIRED),
    ("the article is not in stock", 5, {"article": "unicorn"}, HTTPStatus.CONFLICT),
    ("the receipt can't be sent", 3, {"contacts": NO_CONTACT}, HTTPStatus.CREATED),
    ("the exchange rates are stale", 2, {"currency": "CHF"}, HTTPStatus.CREATED),
)
LOOK_UPS = 4
LAST_ORDER = ("the worker does not know the job, and ends", 1, {"job": "gift wrap"}, HTTPStatus.CREATED)


class ShopFailure(Exception):
    """The shop did not do what it is there for; the message says what and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A process that has ended: its exit status and all that it printed."""

    service: str
    status: int
    output: str


def run_shop(*, grpc_endpoint: str, http_endpoint: str, python: str = sys.executable) -> tuple[Ended, ...]:
    """Run the shop against a collector; when this returns, all three have sent their telemetry.

    The endpoints are URLs: `http://127.0.0.1:4317`. That the worker ends with status 1 belongs to it.
    Raises ShopFailure when no collector is there, or when a process did not start, answer or end as it should; none is
    left running then.
    """
    _require_collector(grpc_endpoint)
    _require_collector(http_endpoint)
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="shop-")))

        def start(service: str, endpoint: str, **variables: str) -> _Process:
            environment = {**_environment(), "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, **variables}
            process = _Process(service, folder / service, python, environment)
            cleanup.callback(process.kill)
            return process

        payments = start("payments", grpc_endpoint)
        front = start("front", http_endpoint, SHOP_PAYMENTS=payments.url())
        front_url = front.url()
        worker = start("worker", grpc_endpoint, SHOP_FRONT=front_url)
        _visit(front_url)
        # The last job ends the worker. Only then may the front, which has the jobs, end.
        ended = [worker.wait(1, saying="shop_errors.UnknownJob: ")]
        for process in (front, payments):
            process.popen.terminate()
            ended.append(process.wait(0))
        return tuple(ended)


def _require_collector(endpoint: str) -> None:
    """Fail now rather than after the exporters have tried for long."""
    address = urlsplit(endpoint)
    try:
        with socket.create_connection((address.hostname or "", address.port or 0), CONNECT_SECONDS_MAX):
            pass
    except (OSError, ValueError) as error:
        raise ShopFailure(f"no collector answers at {endpoint} ({error}); start one: otel-errors serve") from error


def _visit(front_url: str) -> None:
    """Be the customers."""
    for reason, count, changes, wanted in ORDERS:
        _order(front_url, reason, count, changes, wanted)
    print(f"  {LOOK_UPS:2} look-ups of orders that nobody placed")
    for number in range(LOOK_UPS):
        order_id = uuid.uuid5(uuid.NAMESPACE_URL, f"order {number}")
        _expect("GET", f"{front_url}/orders?id={order_id}", None, HTTPStatus.NOT_FOUND)
    _order(front_url, *LAST_ORDER)


def _order(front_url: str, reason: str, count: int, changes: dict[str, Any], wanted: HTTPStatus) -> None:
    print(f"  {count:2} {'order' if count == 1 else 'orders'}: {reason}")
    for number in range(count):
        order = {**ORDER, "customer": f"customer-{number}", **changes}
        _expect("POST", f"{front_url}/orders", order, wanted)


def _expect(method: str, url: str, body: dict[str, Any] | None, wanted: HTTPStatus) -> None:
    try:
        status, answer = web.call(method, url, body)
    except OSError as error:
        raise ShopFailure(f"the front does not answer at {url}: {error}") from error
    if status is not wanted:
        raise ShopFailure(f"{method} {url} answered {status.value}, not {wanted.value}: {answer}")


class _Process:
    """A process of the shop; what it prints goes to a file, so that it never waits for a reader."""

    def __init__(self, service: str, output: Path, python: str, environment: dict[str, str]) -> None:
        self.service = service
        self._output = output
        with output.open("wb") as file:
            self.popen = subprocess.Popen(
                [python, str(FOLDER / f"{service}.py")],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
            )

    def url(self) -> str:
        """Where it listens, as soon as it says so."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self.popen.poll() is None:
            for line in self.printed().splitlines(keepends=True):
                if line.startswith("listening on ") and line.endswith("\n"):
                    return f"http://127.0.0.1:{line.split()[-1]}"
            time.sleep(POLL_SECONDS)
        raise ShopFailure(f"{self.service} did not start{self._last_words()}")

    def wait(self, wanted: int, *, saying: str = "") -> Ended:
        """Wait until it has ended, with this exit status, having said this, and having sent all telemetry."""
        try:
            status = self.popen.wait(END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            raise ShopFailure(
                f"{self.service} did not end within {END_SECONDS_MAX:.0f} s: is there a collector "
                f"at the address that it sends to?{self._last_words()}"
            ) from None
        output = self.printed()
        if EXPORT_FAILED in output:
            raise ShopFailure(f"{self.service} could not send its telemetry{self._last_words()}")
        if status != wanted or saying not in output:
            raise ShopFailure(f"{self.service} ended with status {status}, and not as it should{self._last_words()}")
        return Ended(service=self.service, status=status, output=output)

    def kill(self) -> None:
        """Leave nothing running."""
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()

    def printed(self) -> str:
        return self._output.read_text(errors="replace")

    def _last_words(self) -> str:
        words = self.printed().strip()[-OUTPUT_CHARS_MAX:]
        return f"; it printed:\n{words}" if words else ""


def _environment() -> dict[str, str]:
    """Return this process's environment without what would change the shop's telemetry or its way to it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    direct = ",".join(filter(None, (kept.get("no_proxy") or kept.get("NO_PROXY"), "127.0.0.1", "localhost")))
    return {**kept, "no_proxy": direct, "NO_PROXY": direct}


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Run the shop once: orders that fail in six ways.")
    parser.add_argument("--grpc", default="http://127.0.0.1:4317", help="where OTLP/gRPC goes (default: %(default)s)")
    parser.add_argument("--http", default="http://127.0.0.1:4318", help="where OTLP/HTTP goes (default: %(default)s)")
    parser.add_argument("--expected", action="store_true", help="print the expected groups as JSON, and run nothing")
    options = parser.parse_args()
    if options.expected:
        print(json.dumps([asdict(group) for group in EXPECTED_GROUPS]))
        return 0
    print(f"The shop opens: front (OTLP to {options.http}), payments and worker (OTLP to {options.grpc})")
    started = time.monotonic()
    try:
        run_shop(grpc_endpoint=options.grpc, http_endpoint=options.http)
    except ShopFailure as failure:
        print(f"The shop failed: {failure}", file=sys.stderr)
        return 1
    print(f"The shop is closed. It took {time.monotonic() - started:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

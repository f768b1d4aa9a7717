"""The worker of the shop: fetches jobs from the front and does them, one after another.

Sends its telemetry by OTLP/gRPC. Its errors are captured by otel_errors, also the one that ends the process.
"""

from __future__ import annotations

import os
from typing import Any

import telemetry
import web
from opentelemetry import _logs, metrics, propagate, trace
from opentelemetry._logs import SeverityNumber
from shop_errors import MailRefused, NumberUnknown, ShopError, UnknownJob

import otel_errors

tracer = trace.get_tracer("shop.worker")
log = _logs.get_logger("shop.worker")
jobs_counter = metrics.get_meter("shop.worker").create_counter("shop.jobs", unit="{job}", description="Jobs by outcome")


def send_receipt(job: dict[str, Any]) -> None:
    """Send the receipt in every way that the customer gave; try all before giving up."""
    tried = [send(way, address) for way, address in job["contacts"].items()]
    failures = [failure for failure in tried if failure]
    if failures:
        # A builtin from Python 3.11 on. The linter is set to 3.10, which the SDK still supports.
        raise ExceptionGroup("the receipt was not sent in every way", failures)  # noqa: F821


def send(way: str, address: str) -> ShopError | None:
    """Send one message; return what went wrong."""
    try:
        deliver(way, address)
    except ShopError as error:
        return error
    return None


def deliver(way: str, address: str) -> None:
    """Hand a message over: addresses at `invalid` and numbers that begin with 0 do not work."""
    if way == "mail" and address.endswith(".invalid"):
        raise MailRefused("the mail server refused the address")
    if way == "sms" and address.startswith("0"):
        raise NumberUnknown("the phone number is not in use")


KINDS = {"receipt": send_receipt}


def work(job: dict[str, Any]) -> None:
    """Do one job, in the trace of the order that it comes from."""
    kind = job["kind"]
    if kind not in KINDS:
        # No span is open here, and nobody catches it: it ends the process.
        raise UnknownJob(f"this worker can't do jobs of the kind {kind}")
    context = propagate.extract(job["headers"])
    try:
        with tracer.start_as_current_span(f"process {kind}", context=context, kind=trace.SpanKind.CONSUMER):
            KINDS[kind](job)
            log.emit(severity_number=SeverityNumber.INFO, body=f"done: {kind}")
    except Exception:
        # The span that it left has recorded it. The next job is not to suffer.
        jobs_counter.add(1, {"outcome": "failed"})
    else:
        jobs_counter.add(1, {"outcome": "done"})


def main() -> None:
    """Fetch and work, for ever."""
    while True:
        _, answer = web.call("GET", f"{os.environ['SHOP_FRONT']}/jobs")
        if answer["job"]:
            work(answer["job"])


if __name__ == "__main__":
    telemetry.set_up("worker", protocol="grpc")
    otel_errors.install()  # after the TracerProvider is set
    main()

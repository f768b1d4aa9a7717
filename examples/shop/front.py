"""The front of the shop: takes orders, has them charged by payments, and queues a job for the worker.

Sends its telemetry by OTLP/HTTP. Its errors are captured by otel_errors: one line.
"""

from __future__ import annotations

import os
import queue
from http import HTTPStatus
from typing import Any

import telemetry
import web
from opentelemetry import _logs, metrics, propagate, trace
from opentelemetry._logs import SeverityNumber
from shop_errors import OrderNotFound, StockUnavailable

import otel_errors

STOCK = {"lamp": 100, "chair": 100}
JOBS_MAX = 1000
JOB_WAIT_SECONDS = 1.0

tracer = trace.get_tracer("shop.front")
log = _logs.get_logger("shop.front")
orders_counter = metrics.get_meter("shop.front").create_counter(
    "shop.orders", unit="{order}", description="Orders by outcome"
)
jobs: queue.Queue[dict[str, Any]] = queue.Queue(JOBS_MAX)


def place_order(order: dict[str, Any]) -> web.Answer:
    """Reserve, charge, queue the job."""
    trace.get_current_span().set_attribute("user.id", order["customer"])
    reserve(order["article"])
    status, answer = charge(order)
    accepted = status is HTTPStatus.OK
    orders_counter.add(1, {"outcome": "accepted" if accepted else "refused"})
    if not accepted:
        # Payments has told this error. That an order is refused is no second one here.
        log.emit(severity_number=SeverityNumber.WARN, body=f"order refused: {answer['error']}")
        return status, answer
    enqueue(order)
    log.emit(severity_number=SeverityNumber.INFO, body=f"order accepted: {order['article']}")
    return HTTPStatus.CREATED, {"charged": answer["charged"]}


def reserve(article: str) -> None:
    """Take one from the stock. The KeyError becomes an error with a meaning: a chain of two."""
    with tracer.start_as_current_span("reserve stock"):
        try:
            STOCK[article] -= 1
        except KeyError as error:
            raise StockUnavailable(f"{article} is not in stock") from error


def charge(order: dict[str, Any]) -> web.Answer:
    """Have payments charge the card."""
    with tracer.start_as_current_span("charge", kind=trace.SpanKind.CLIENT) as span:
        payment = {"amount": 40, "card": order["card"], "currency": order["currency"]}
        status, answer = web.call("POST", f"{os.environ['SHOP_PAYMENTS']}/charges", payment)
        if status is not HTTPStatus.OK:
            span.set_status(trace.StatusCode.ERROR, f"payments answered {status.value}")
        return status, answer


def enqueue(order: dict[str, Any]) -> None:
    """Leave a job for the worker, with the headers by which it goes on in this trace."""
    with tracer.start_as_current_span("enqueue job", kind=trace.SpanKind.PRODUCER):
        headers: dict[str, str] = {}
        propagate.inject(headers)
        jobs.put_nowait({"kind": order["job"], "contacts": order["contacts"], "headers": headers})


def find_order(query: dict[str, Any]) -> web.Answer:
    """Show an order: there is none, whatever the id. Every message is another, the error is one."""
    raise OrderNotFound(f"there is no order {query['id']}")


def next_job(_query: dict[str, Any]) -> web.Answer:
    """Hand out a job, or none after a while."""
    try:
        return HTTPStatus.OK, {"job": jobs.get(timeout=JOB_WAIT_SECONDS)}
    except queue.Empty:
        return HTTPStatus.OK, {"job": None}


if __name__ == "__main__":
    telemetry.set_up("front", protocol="http")
    otel_errors.install()  # the one line
    web.serve(
        {"POST /orders": place_order, "GET /orders": find_order},
        untraced={"GET /jobs": next_job},
    )

"""The payments of the shop: charges cards.

Sends its telemetry by OTLP/gRPC. It has the stock OpenTelemetry SDK alone, as programs in any language have, and its
errors are grouped all the same: they are read from the span events.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any

import telemetry
import web
from opentelemetry import _logs, metrics, trace
from opentelemetry._logs import SeverityNumber
from shop_errors import CardDeclined, RatesStale

YESTERDAYS_RATES = {"CHF": 0.95}

tracer = trace.get_tracer("shop.payments")
log = _logs.get_logger("shop.payments")
charge_seconds = metrics.get_meter("shop.payments").create_histogram(
    "shop.charge.duration", unit="s", description="How long a charge took"
)


def charge(payment: dict[str, Any]) -> web.Answer:
    """Charge a card, in euros."""
    started = time.monotonic()
    try:
        with tracer.start_as_current_span("charge card"):
            amount = in_euros(payment["amount"], payment["currency"])
            ask_bank(payment["card"], amount)
        log.emit(severity_number=SeverityNumber.INFO, body=f"charged {amount:.2f} EUR")
        return HTTPStatus.OK, {"charged": amount}
    finally:
        charge_seconds.record(time.monotonic() - started, {"currency": payment["currency"]})


def in_euros(amount: float, currency: str) -> float:
    """Convert. Stale rates are worth an error, and good enough to go on."""
    if currency == "EUR":
        return amount
    try:
        return amount * todays_rate(currency)
    except RatesStale as error:
        trace.get_current_span().record_exception(error)
        return amount * YESTERDAYS_RATES[currency]


def todays_rate(currency: str) -> float:
    """Look up a rate; the list is never there in time."""
    raise RatesStale(f"no rate for {currency} today")


def ask_bank(card: str, amount: float) -> None:
    """Ask the bank. Its no leaves three spans on its way out: each records it, it is one error."""
    with tracer.start_as_current_span("ask bank", kind=trace.SpanKind.CLIENT) as span:
        span.set_attribute("shop.amount", amount)
        if card == "overdrawn":
            raise CardDeclined("the bank declined the card: insufficient funds")


if __name__ == "__main__":
    telemetry.set_up("payments", protocol="grpc")
    web.serve({"POST /charges": charge})

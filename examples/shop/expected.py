"""The errors that one run of the shop makes, as groups: no more, no fewer. No two counts are the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedGroup:
    """One group: the service, the type as OpenTelemetry writes it, and how often it happens."""

    service: str
    exception_type: str
    events: int


EXPECTED_GROUPS = (
    # Leaves three nested spans; the stock SDK records it on each.
    ExpectedGroup(service="payments", exception_type="shop_errors.CardDeclined", events=7),
    # A chain: raised from a KeyError.
    ExpectedGroup(service="front", exception_type="shop_errors.StockUnavailable", events=5),
    # Another id in each message.
    ExpectedGroup(service="front", exception_type="shop_errors.OrderNotFound", events=4),
    # An exception group of two.
    ExpectedGroup(service="worker", exception_type="ExceptionGroup", events=3),
    # Handled: recorded, and the charge goes on.
    ExpectedGroup(service="payments", exception_type="shop_errors.RatesStale", events=2),
    # Outside any span: it ends the worker.
    ExpectedGroup(service="worker", exception_type="shop_errors.UnknownJob", events=1),
)

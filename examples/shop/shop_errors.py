"""The errors of the shop, with the status that its HTTP services answer them with."""

from __future__ import annotations

from http import HTTPStatus


class ShopError(Exception):
    """An error that a caller may see."""

    http_status = HTTPStatus.INTERNAL_SERVER_ERROR


class StockUnavailable(ShopError):
    """The article can't be delivered."""

    http_status = HTTPStatus.CONFLICT


class OrderNotFound(ShopError):
    """Nobody placed this order."""

    http_status = HTTPStatus.NOT_FOUND


class CardDeclined(ShopError):
    """The bank does not pay."""

    http_status = HTTPStatus.PAYMENT_REQUIRED


class RatesStale(ShopError):
    """The exchange rates of today are not there yet."""


class MailRefused(ShopError):
    """The mail server does not take this address."""


class NumberUnknown(ShopError):
    """The phone company does not know this number."""


class UnknownJob(ShopError):
    """The worker has no code for this kind of job."""

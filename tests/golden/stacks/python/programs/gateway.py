# ruff: noqa: B904 - to raise without a cause is what the program shows
"""The lower half of the shop: what raises."""

import json


class PaymentError(Exception):
    """A payment failed."""


class GatewayDown(Exception):
    """The gateway does not answer."""


def get(order):
    raise PaymentError(f"order {order} was refused")


def refund(order):
    raise PaymentError(f"order {order} was refused")


def connect(host):
    raise GatewayDown(f"{host}:5432 does not answer")


def charge(order):
    try:
        connect("db1.internal")
    except GatewayDown as down:
        raise PaymentError(f"no payment for order {order}") from down


def charge_carelessly(order):
    try:
        connect("db2.internal")
    except GatewayDown:
        raise PaymentError(f"no payment for order {order}")


def parse(text):
    return json.loads(text)


def fail(message):
    raise ValueError(message)


def total(prices):
    return [float(price) for price in prices]


def total_lazily(prices):
    return sum(float(price) for price in prices)


def settings(values):
    return {name: 1 / values[name] for name in values}


def down(n):
    return down(n + 1)


def even(n):
    return odd(n + 1)


def odd(n):
    return even(n + 1)


def row(number):
    if number % 3 == 0:
        raise ValueError(f"row {number} is bad")
    raise KeyError(f"column {number}")

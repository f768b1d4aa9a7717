"""What breadcrumbs add to a log record and to a span: processor time, beside that of a no-op call.

python benchmarks/sdk_breadcrumbs.py
"""

from __future__ import annotations

import logging
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import TracerProvider

from otel_errors._content.breadcrumbs import Breadcrumbs
from otel_errors._guard import Guard
from otel_errors._redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, TIMES = 20, 5_000


def microseconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(TIMES):
            work()
        taken.append((time.process_time() - start) / TIMES * 1e6)
    return statistics.median(taken)


def main() -> None:
    breadcrumbs = Breadcrumbs(20, Redactor(guard=Guard()))
    record = logging.LogRecord("shop.pay", logging.INFO, __file__, 1, "charged %s of %s", (17, "x"), None)
    with TracerProvider().get_tracer("t").start_as_current_span("s") as span:
        for name, work in (
            ("nothing", int),
            ("log record", partial(breadcrumbs.logged, record)),
            ("span", partial(breadcrumbs.ended, span)),
        ):
            print(f"{name:12}{microseconds(work):8.2f} microseconds")


if __name__ == "__main__":
    main()

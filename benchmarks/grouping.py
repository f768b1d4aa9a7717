"""Grouping: stacks per second on one core, and what a hostile text costs.

    python benchmarks/grouping.py

Seconds are CPU seconds of this process, the best of five rounds. Every text is decoded anew, as the
drain does it, so that no string brings its hash along.
"""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING

from collector.grouping import Grouper, RulesInUse, group
from collector.model import ExceptionSighting
from collector.rules.load import load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FRAMES = 30
DISTINCT = 2_000
REPEATED = 10_000
FINGERPRINTS = 20_000
MEBIBYTE = 2**20
RESOURCE = {"telemetry.sdk.language": "python", "service.name": "shop"}  # one mapping, as the drain gives it
HEADER = "Traceback (most recent call last):\n"
FRAME = '  File "/srv/shop/pay.py", line 3, in get\n    raise PaymentError(1)\n'


def stack(number: int, message: str) -> bytes:
    """Make a stack of 30 frames, a third of them in-app, with source and caret lines."""
    lines = [HEADER.rstrip()]
    for depth in range(FRAMES):
        file = f"/usr/local/lib/python3.11/site-packages/web{depth}/core{number}.py"
        if depth % 3 == 0:
            file = f"/srv/shop/part{number}_{depth}.py"
        lines += [
            f'  File "{file}", line {10 + depth}, in call_{depth}',
            f"    result = self.call_next(request, {depth})",
            "             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        ]
    return ("\n".join(lines) + f"\nshop.errors.PaymentError: {message}\n").encode()


def sighting(text: bytes, message: str) -> ExceptionSighting:
    return ExceptionSighting(
        seen_in="span_event",
        timestamp_ns=0,
        observed_ns=0,
        exception_type="shop.errors.PaymentError",
        exception_message=message,
        exception_stacktrace=text.decode(),
        resource=RESOURCE,
    )


def message(number: int) -> str:
    return f"order {number} for 'customer-{number}' was refused after {number % 97} ms"


def rate(make: Callable[[], Callable[[ExceptionSighting], object]], texts: Sequence[tuple[bytes, str]]) -> float:
    best = 0.0
    for _ in range(5):
        call, sightings = make(), [sighting(*text) for text in texts]
        started = time.process_time()
        for one in sightings:
            call(one)
        best = max(best, len(texts) / (time.process_time() - started))
    return best


def rules(*, last: str) -> RulesInUse:
    """Fifty rules as people write them, of which only the last can hold for these errors."""
    lines = [f"- match: {{service: other-{n}*, message: '*refused {n}*'}}\n  fingerprint: a{n}" for n in range(10)]
    lines += [f"- match: {{message: '/timed out after {n}[0-9]+ s/'}}\n  fingerprint: b{n}" for n in range(15)]
    lines += [f"- match: {{attribute.tenant: 't{n}*', type: 'X*'}}\n  severity: warning" for n in range(10)]
    lines += [f"- match: {{service: shop, frame: {{module: 'vendor{n}.*'}}}}\n  in_app: true" for n in range(10)]
    lines += [f"- match: {{environment: dev{n}}}\n  drop: true" for n in range(4)]
    return RulesInUse(
        load("rules:\n" + "\n".join(lines) + f"\n- match: {{message: '{last}'}}\n  fingerprint: z", "rules")
    )


def hostile() -> dict[str, str]:
    return {
        "one line": "a" * MEBIBYTE,
        "digits": HEADER + FRAME + "RuntimeError: " + "1" * MEBIBYTE,
        "frames": HEADER + FRAME * (MEBIBYTE // len(FRAME)),
        "unfinished frames": '  File "' * (MEBIBYTE // 8),
        "borders": "  +-+---------------- 1 ----------------\n  | " * (MEBIBYTE // 48),
        "chain": (HEADER + FRAME + "E\n\nDuring handling of the above exception, another exception occurred:\n\n")
        * (MEBIBYTE // 180),
        "quotes": HEADER + FRAME + "RuntimeError: " + "'" * MEBIBYTE,
        "secrets": HEADER + FRAME + "RuntimeError: " + "password=" * (MEBIBYTE // 9),
        "cards": HEADER + FRAME + "RuntimeError: " + "4111 1111 1111 1112 " * (MEBIBYTE // 20),
        "raw lines": "at a.b.C(C.java:12)\n" * (MEBIBYTE // 20),
    }


def main() -> None:
    ruled, holding = rules(last="*nothing*"), rules(last="*customer*")
    distinct = [(stack(n, message(n)), message(n)) for n in range(DISTINCT)]
    repeated = [(stack(1, message(n)), message(n)) for n in range(REPEATED)]
    same = [(stack(1, "no stock"), "no stock")] * REPEATED
    print(f"{'stacks of 30 frames':44}{'per second':>12}{'budget':>10}")
    rows = (
        ("distinct", lambda: Grouper().group, distinct, "4,000"),
        ("distinct, nothing remembered (group)", lambda: group, distinct, ""),
        ("the stack repeats, every message differs", lambda: Grouper().group, repeated, "50,000"),
        ("the whole text repeats", lambda: Grouper().group, same, ""),
        ("the stack repeats, 50 rules that don't hold", lambda: Grouper(ruled).group, repeated, ""),
        ("the stack repeats, one rule holds", lambda: Grouper(holding).group, repeated, ""),
    )
    for name, make, texts, budget in rows:
        print(f"{name:44}{rate(make, texts):12,.0f}{budget:>10}")
    print(f"\n{'hostile text of 1 MiB, as stack and message':44}{'ms':>12}{'budget':>10}")
    for name, text in hostile().items():
        seconds = 1 / rate(lambda: group, [(text.encode(), text)])
        print(f"{name:44}{1000 * seconds:12.1f}{'50':>10}")
    tracemalloc.start()
    grouper = Grouper()
    for number in range(FINGERPRINTS):
        grouper.group(sighting(stack(number, "x"), "x"))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"\n{f'held after {FINGERPRINTS:,} fingerprints':44}{held / 2**20:9.0f} MiB")


if __name__ == "__main__":
    main()

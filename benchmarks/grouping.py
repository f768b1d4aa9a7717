"""Grouping: stacks per second on one core, and what a hostile text costs.

    python benchmarks/grouping.py

Seconds are CPU seconds of this process, the best of three rounds. Every text is decoded anew, as the
drain does it, so that no string brings its hash along.

`distinct` are the stacks of one program: the names of its own frames are new, its libraries are gone through in some
ways. `all new`: no name was ever seen. `repeated`: the stack is one, and every message differs.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from typing import TYPE_CHECKING

from benchmarks.stack_texts import FORMS, Raise
from collector.cli.serve import GC_THRESHOLDS
from collector.grouping import Grouper, RulesInUse, group
from collector.model import ExceptionSighting
from collector.rules.load import load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.stack_texts import Form

DISTINCT = 1_000
REPEATED = 5_000
LIBRARY_PATHS = 50
"""Ways through a program's libraries that distinct stacks take: a service has as many routes."""
DISTINCT_BUDGET, REPEATED_BUDGET = 4_000, 50_000
FINGERPRINTS = 20_000
MEBIBYTE = 2**20
RESOURCES: dict[str, dict[str, str]] = {}  # one mapping a language, as the drain gives it
HEADER = "Traceback (most recent call last):\n"
FRAME = '  File "/srv/shop/pay.py", line 3, in get\n    raise PaymentError(1)\n'
PYTHON = FORMS[0]


def sighting(text: bytes, message: str, form: Form = PYTHON) -> ExceptionSighting:
    return ExceptionSighting(
        seen_in="span_event",
        timestamp_ns=0,
        observed_ns=0,
        exception_type=form.kind,
        exception_message=message,
        exception_stacktrace=text.decode(),
        resource=RESOURCES.setdefault(form.language, {"telemetry.sdk.language": form.language, "service.name": "shop"}),
    )


def message(number: int) -> str:
    return f"order {number} for 'customer-{number}' was refused after {number % 97} ms"


def stack(form: Form, own: int, library: int, raised: int) -> tuple[bytes, str]:
    """Make a text and its message; all messages differ that have another `raised`."""
    said = message(raised)
    return form.write(Raise(own, library, said, raised)).encode(), said


def rate(
    make: Callable[[], Callable[[ExceptionSighting], object]], texts: Sequence[tuple[bytes, str]], form: Form = PYTHON
) -> float:
    best = 0.0
    for _ in range(3):
        call, sightings = make(), [sighting(*text, form) for text in texts]
        started = time.process_time()
        for one in sightings:
            call(one)
        best = max(best, len(texts) / (time.process_time() - started))
    return best


def print_forms() -> None:
    print(
        f"{'stacks of 30 frames, per second':32}{'distinct':>10}{'of budget':>11}{'all new':>10}{'repeated':>11}{'of budget':>11}"
    )
    for form in FORMS:
        distinct = rate(lambda: Grouper().group, [stack(form, n, n % LIBRARY_PATHS, n) for n in range(DISTINCT)], form)
        new = rate(lambda: Grouper().group, [stack(form, n, n, n) for n in range(DISTINCT)], form)
        repeated = rate(lambda: Grouper().group, [stack(form, 1, 1, n) for n in range(REPEATED)], form)
        print(
            f"{form.name:32}{distinct:10,.0f}{distinct / DISTINCT_BUDGET:11.2f}{new:10,.0f}"
            f"{repeated:11,.0f}{repeated / REPEATED_BUDGET:11.2f}",
            flush=True,
        )


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
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)  # as the collector does
    print_forms()
    ruled, holding = rules(last="*nothing*"), rules(last="*customer*")
    distinct = [stack(PYTHON, n, n % LIBRARY_PATHS, n) for n in range(DISTINCT)]
    repeated = [stack(PYTHON, 1, 1, n) for n in range(REPEATED)]
    same = [stack(PYTHON, 1, 1, 1)] * REPEATED
    print(f"\n{'python':44}{'per second':>12}")
    rows = (
        ("distinct, nothing remembered (group)", lambda: group, distinct),
        ("the whole text repeats", lambda: Grouper().group, same),
        ("the stack repeats, 50 rules that don't hold", lambda: Grouper(ruled).group, repeated),
        ("the stack repeats, one rule holds", lambda: Grouper(holding).group, repeated),
    )
    for name, make, texts in rows:
        print(f"{name:44}{rate(make, texts):12,.0f}")
    print(f"\n{'hostile text of 1 MiB, as stack and message':44}{'ms':>12}{'budget':>10}")
    for name, text in hostile().items():
        seconds = 1 / rate(lambda: group, [(text.encode(), text)])
        print(f"{name:44}{1000 * seconds:12.1f}{'50':>10}")
    tracemalloc.start()
    grouper = Grouper()
    for number in range(FINGERPRINTS):
        grouper.group(sighting(*stack(PYTHON, number, number, number)))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"\n{f'held after {FINGERPRINTS:,} fingerprints':44}{held / 2**20:9.0f} MiB")


if __name__ == "__main__":
    main()

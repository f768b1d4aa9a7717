"""What redaction costs: of a typical error, and of the worst texts.

    python benchmarks/sdk_redaction.py

An error of 30 frames is redacted again and again, as one that repeats is; then texts of 256 KiB and 1 MiB, made to be
hard for each rule. Processor time, the median of the rounds.
"""

from __future__ import annotations

import statistics
import time
from functools import partial
from typing import TYPE_CHECKING

from sdk_overhead import FRAMES, descend

from otel_errors._guard import Guard
from otel_errors._redact import Redactor
from otel_errors._traceback import Rendered, render

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 300
WORST = (
    *("eyJ", "password=", "token:a", "password='\\'", "bearer aaaaaa ", "4111 ", "4111111111111111 "),
    *("a@a.", "@a.a.a.a.a.a.a.", "://a:", "cookie=a=", "-----BEGIN PRIVATE KEY-----", "SG.aaaaaaaaaaaaaaaa."),
)


def typical() -> Rendered:
    try:
        descend(FRAMES)
    except ValueError as error:
        return render(error, frames_max=100, message_length_max=8_192)
    raise AssertionError


def microseconds(work: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        start = time.process_time_ns()
        work()
        taken.append(time.process_time_ns() - start)
    return statistics.median(taken) / 1_000


def main() -> None:
    redactor = Redactor(guard=Guard())
    rendered = typical()
    print(f"error of {FRAMES} frames: {microseconds(lambda: redactor.rendered(rendered), ROUNDS):.1f} microseconds")
    print(f"short message: {microseconds(lambda: redactor.text(rendered.message), ROUNDS):.1f} microseconds")
    print(f"{'worst texts':32}{'256 KiB':>12}{'1 MiB':>12}{'ratio':>8}   (milliseconds; 4 is linear)")
    for piece in WORST:
        texts = [piece * (size // len(piece)) for size in (1 << 18, 1 << 20)]
        small, large = (microseconds(partial(redactor.text, text), 3) / 1_000 for text in texts)
        print(f"{piece:32}{small:12.1f}{large:12.1f}{large / small:8.1f}")


if __name__ == "__main__":
    main()

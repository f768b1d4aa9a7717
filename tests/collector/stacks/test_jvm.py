"""Java's stack traces in odd states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.grouping import explain
from collector.stacks import jvm

TRACE = (
    "com.shop.PaymentError: order 17 is closed\n"
    "\tat com.shop.Orders.pay(Orders.java:185)\n"
    "\tat com.shop.Orders.handle(Orders.java:31)\n"
    "\tat java.base/java.lang.Thread.run(Thread.java:840)\n"
    "Caused by: java.io.IOException: closed\n"
    "\tat com.shop.Gateway.send(Gateway.java:12)\n"
    "\t... 2 more\n"
)


@pytest.mark.parametrize(
    "text",
    [
        TRACE,
        TRACE.replace("\n", "\r\n"),
        TRACE.replace(":185)", ":7)").replace("17", "4"),
        'Exception in thread "worker-3" ' + TRACE,
        TRACE.replace("java.base/", "java.base@21.0.2/"),
        TRACE.replace("\tat com.shop.Orders.handle(Orders.java:31)\n", "\tat com.shop.Batch.run(Batch.java:9)\n"),
        TRACE.replace("(Orders.java:185)", "(Orders.java:185) ~[shop.jar:1.2]"),
    ],
)
def test_one_raise_is_one_fingerprint(text: str) -> None:
    """Line ends, lines, ids, threads, versions of modules, callers and packaging data do not matter."""
    grouping = explain(text, language="java")
    assert grouping.stack.parser == "jvm"
    assert grouping.fingerprint.value == explain(TRACE, language="java").fingerprint.value
    assert "in com.shop.Orders|pay" in grouping.fingerprint.components
    assert "cause IOException" in grouping.fingerprint.components


@given(
    st.lists(st.sampled_from([*TRACE.split("\n"), "", "\tSuppressed: a.B: c", "\t\tat a.B.c(D.java:1)"]), max_size=30)
)
def test_the_pieces_of_an_outline_are_the_text(lines: list[str]) -> None:
    """Nothing is lost or moved."""
    text = "\n".join(lines)
    outline = jvm.outline(text, ())
    pieces = "".join(body + head for body, head in zip(outline.bodies, outline.heads, strict=True))
    assert outline.preamble + pieces + outline.tail == text

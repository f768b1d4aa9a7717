"""Dart stacks that no golden file shows: names, places, heads, logs around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.grouping import explain
from collector.model import Stack
from collector.stacks import dart

FRAMES = "#0      Cart.pay (package:shop/src/cart.dart:12:5)\n<asynchronous suspension>\n#1      main (file:///srv/shop/bin/shop.dart:9:3)\n"
SHORT = "package:shop/src/cart.dart 12:5      Cart.pay\n===== asynchronous gap ===========================\nbin/shop.dart 9:3                    main\n"


def value(text: str, kind: str = "StateError", message: str = "Bad state: closed") -> str:
    return explain(text, language="dart", exception_type=kind, exception_message=message).fingerprint.value


@pytest.mark.parametrize(
    "text",
    [
        FRAMES.replace("\n", "\r\n"),
        FRAMES.rstrip(),
        FRAMES[:70],
        SHORT,
        "Bad state: order 17 is closed\n" + FRAMES,
        "Unhandled exception:\nBad state: order 17 is closed\n" + FRAMES,
        "[ERROR:flutter/lib/ui/ui_dart_state.cc(198)] Unhandled Exception: Bad state: closed\n" + FRAMES,
        "".join(f"E/flutter ( 5203): {line}\n" for line in FRAMES.splitlines()),
        "".join(f"flutter: {line}\n" for line in FRAMES.splitlines()),
        "The following StateError was thrown building Cart(dirty):\nBad state: closed\n\nWhen the exception was thrown, this was the stack:\n"
        + FRAMES + "(elided 3 frames from dart:async)\n\n====\n",
    ],
)  # fmt: skip
def test_the_wrapping_of_a_stack_changes_nothing(text: str) -> None:
    """Line ends, cut ends, tags of logs, the short form and the words of a runtime don't matter."""
    assert value(text) == value(FRAMES)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("#0      Cart.pay.<anonymous closure> (package:shop/cart.dart:1:2)", ("shop/cart", "Cart.pay", True)),
        ("#0      Cart.pay.<anonymous closure>.<anonymous closure> (package:shop/cart.dart:1:2)", ("shop/cart", "Cart.pay", True)),
        ("#0      main.<fn> (package:shop/cart.dart:1:2)", ("shop/cart", "main", True)),
        ("#0      new Cart.of (package:shop/cart.dart:1:2)", ("shop/cart", "Cart.of", True)),
        ("#0      Cart.get:total (package:shop/cart.dart:1:2)", ("shop/cart", "Cart.total", True)),
        ("#0      Cart<int>.pay (package:shop/cart.dart:1:2)", ("shop/cart", "Cart.pay", True)),
        ("#0      _Cart&Object&Payable.pay (package:shop/cart.dart:1:2)", ("shop/cart", "Payable.pay", True)),
        ("#0      Cart._pay@123456789 (package:shop/cart.dart:1)", ("shop/cart", "Cart._pay", True)),
        ("#0      OrderPrices|total (package:shop/cart.dart:1:2)", ("shop/cart", "OrderPrices.total", True)),
        ("#0      List.[] (dart:core-patch/growable_array.dart:264:36)", ("dart:core", "List.[]", False)),
        ("#0      _rootRun (dart:async/zone.dart:1399:13)", ("dart:async", "_rootRun", False)),
        ("#0      State.build (package:flutter/src/widgets/framework.dart:1:2)", ("flutter/src/widgets/framework", "State.build", False)),
        ("#0      main (file:///C:/shop/bin/shop.dart:1:2)", ("shop", "main", True)),
        (
            "#0      send (file:///root/.pub-cache/hosted/pub.dev/http-1.2.0/lib/src/io.dart:1:2)",
            ("http/src/io", "send", False),
        ),
        ("http://localhost:8080/packages/shop/cart.dart 1:2    pay", ("shop/cart", "pay", True)),
        ("    #00 abs 0000007c3ff0a3d7 virt 00000000002c43d7 _kDartIsolateSnapshotInstructions+0x1a33d7", ("snapshot", "<unknown>", True)),
        ("    #00 abs 0000007c3ff0a3d7 virt 00000000002c43d7 Precompiled_Cart_pay_123+0x1c", ("snapshot", "Precompiled_Cart_pay_123", True)),
    ],
)  # fmt: skip
def test_a_frame_is_module_function_and_whose_it_is(line: str, expected: tuple[str, str, bool]) -> None:
    """Closures, keys of libraries, type arguments and versions are left out."""
    end = "\n    #01 abs 0000007c3ff0a3d7 _kDartIsolateSnapshotInstructions+0x1" if "abs" in line else "\n" + FRAMES
    frame = explain(line + end, language="dart").stack.exceptions[0].frames[0]
    assert (frame.module, frame.function, frame.in_app) == expected


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("Exception: no", "_Exception"),
        ("Bad state: No element", "StateError"),
        ("Invalid argument(s): no", "ArgumentError"),
        ("FormatException: Unexpected character (at character 1)\nx\n^", "FormatException"),
        ("RangeError (index): Index out of range: no indices are valid: 0", "IndexError"),
        ("RangeError (length): Invalid value: 3", "RangeError"),
        ("type 'Null' is not a subtype of type 'String' in type cast", "_TypeError"),
        ("'package:shop/cart.dart': Failed assertion: line 3 pos 5: 'x > 0': is not true.", "_AssertionError"),
        ("NoSuchMethodError: The method 'pay' was called on null.\nReceiver: null", "NoSuchMethodError"),
        ("Instance of 'PaymentError'", "PaymentError"),
        ("payment failed", ""),
        ("", ""),
    ],
)
def test_a_head_is_read_as_the_class_that_says_so(head: str, kind: str) -> None:
    """SDKs send `runtimeType` beside texts without a head; both must agree."""
    assert dart.read_head(head) == (kind, head)


def test_addresses_alone_tell_nothing_so_the_message_counts() -> None:
    """A compiled program without symbols has the same frames for every error."""
    text = "    #00 abs 0000007c3ff0{}3d7 virt 00000000002c43d7 _kDartIsolateSnapshotInstructions+0x1a33d7\n"
    assert value(text.format("a")) == value(text.format("b"))
    assert value(text.format("a")) != value(text.format("a"), message="Bad state: no cart")


HOSTILE = {
    "frames": FRAMES * 12_000,
    "unfinished frames": "#0      f (package:" * 60_000,
    "short": SHORT * 9_000,
    "blanks": "a.dart 1:2" + " " * 1_000_000,
    "blank lines": "a.dart 1:2   \n" * 80_000,
    "dots": "a.dart" * 170_000,
    "addresses": "    #00 abs 0000007c3ff0a3d7 _kDart\n" * 30_000,
    "markers": FRAMES + "=====\n" * 170_000,
    "words": "Unhandled exception: " * 50_000 + "\n" + FRAMES,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_is_an_error(name: str) -> None:
    """A hostile text gives a stack like any other."""
    assert isinstance(explain(HOSTILE[name], language="dart").stack, Stack)


PIECES = st.sampled_from(
    [FRAMES, SHORT, "\n", "Bad state: x\n", "Unhandled exception:\n", "#0      f (dart:core)", "====", "pid: 3"]
)


@given(st.lists(PIECES | st.text(max_size=12), max_size=8), st.sampled_from([FRAMES, "\n" + FRAMES, SHORT]))
def test_an_outline_has_all_of_the_text_whatever_is_known(pieces: list[str], ending: str) -> None:
    """Nothing is lost or moved, and openings of other texts change nothing."""
    text = "".join(pieces).replace("\r", "") + ending
    outline = dart.outline(text)
    middle = "".join(body + head for body, head in zip(outline.bodies, outline.heads, strict=True))
    assert outline.preamble + middle + outline.tail == text
    openings = [dart.outline(known).opening for known in (FRAMES, SHORT, "Bad state: x\n" + FRAMES)]
    assert dart.outline(text, [opening for opening in openings if opening]) == outline

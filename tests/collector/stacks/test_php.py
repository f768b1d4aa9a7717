"""Stacks of PHP that no golden file shows: cut off, of other versions, with logs around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.grouping import Grouper, explain, group
from collector.model import ExceptionSighting
from collector.stacks import php
from collector.stacks.in_app.php import locate

SDK = (
    "App.PaymentError: order 1 is closed\n\tat App.Orders.pay(Orders.php:31)\n\tat App.Orders.App.{closure}(Orders.php:9)\n"
    "\tat array_map(Unknown Source)\n\tat {main}(index.php:3)"
)
OWN = (
    "App\\PaymentError: order 1 is closed in /srv/shop/src/Orders.php:31\nStack trace:\n"
    "#0 /srv/shop/src/Orders.php(9): App\\Orders->pay(1)\n#1 [internal function]: App\\Orders->App\\{closure}(1)\n"
    "#2 /srv/shop/index.php(3): array_map(Object(Closure), Array)\n#3 {main}"
)
NEXT = (
    OWN
    + "\n\nNext App\\CartError: cart 2 in /srv/shop/src/Carts.php:4\nStack trace:\n#0 /srv/shop/index.php(3): cart()\n#1 {main}"
)


def chain(text: str) -> list[tuple[str, str, int]]:
    return [(e.type, e.relation, len(e.frames)) for e in explain(text).stack.exceptions]


@pytest.mark.parametrize(
    "text",
    [
        SDK,
        SDK + "\n",
        SDK.replace("\n", "\r\n"),
        SDK.replace("App.Orders.App.{closure}", "App.Orders.{closure:App.Orders::all():9}"),
        OWN,
        OWN.replace("\n", "\r\n"),
        OWN.replace("(1)\n", "('a long text...', Array)\n"),
        OWN.replace("App\\Orders->App\\{closure}", "App\\Orders->{closure:App\\Orders::all():9}"),
        OWN.replace("/srv/shop", "/var/www/releases/20261124"),
        OWN.replace("/srv/shop/src/", "C:\\shop\\src\\"),
        "PHP Fatal error:  Uncaught " + OWN + "\n  thrown in /srv/shop/src/Orders.php on line 31",
        "[24-Nov-2026 11:04:12 UTC] PHP Fatal error:  Uncaught " + OWN,
        "2026-11-24 ERROR it failed\n" + OWN,
        OWN.partition("\n#2")[0] + "\n#2 /srv/sh",
    ],
    ids=[
        *(
            "sdk",
            "sdk, last newline",
            "sdk, crlf",
            "sdk, PHP 8.4",
            "own",
            "crlf",
            "arguments",
            "PHP 8.4",
            "folder",
            "windows",
        ),
        *("fatal", "error log", "log text", "cut off"),
    ],
)
def test_every_form_of_a_stack_is_the_same_error(text: str) -> None:
    """The SDK's and PHP's own, of any version."""
    grouping = explain(text)
    assert grouping.stack.parser == "php"
    assert (grouping.exception_type, grouping.message) == ("App\\PaymentError", "order 1 is closed")
    assert grouping.fingerprint.components == ("error PaymentError", "in App\\Orders|pay")


def test_a_frame_has_the_place_where_it_was() -> None:
    """PHP's own form tells where a function was called, the frame where it was."""
    places = [(frame.function, frame.file, frame.line) for frame in explain(OWN).stack.exceptions[0].frames]
    assert places == [
        ("pay", "/srv/shop/src/Orders.php", 31),
        ("{closure}", "/srv/shop/src/Orders.php", 9),
        ("array_map", "Unknown Source", 0),
        ("{main}", "/srv/shop/index.php", 3),
    ]
    assert explain(OWN).stack.raise_site == "/srv/shop/src/Orders.php:31:App\\Orders->pay"


def test_the_reported_exception_is_the_last_one() -> None:
    """`Next` stands before what wraps the exception above."""
    assert chain(NEXT) == [("App\\CartError", "", 2), ("App\\PaymentError", "cause", 4)]
    assert explain(NEXT).message == "cart 2"


def test_monolog_has_the_reported_exception_first() -> None:
    """With its backslashes and quotes as JSON has them."""
    text = (
        '[2026-11-24 11:04:12] production.ERROR: no {"exception":"[object] (App\\\\CartError(code: 0): no \\"x\\" in App\\\\Y at '
        "/srv/shop/src/Carts.php:4)\n[stacktrace]\n#0 /srv/shop/index.php(3): App\\\\Carts->fill(2)\n#1 {main}\n\n"
        "[previous exception] [object] (App\\\\PaymentError(code: 7): order 1 at /srv/shop/src/Orders.php:31)\n[stacktrace]\n"
        '#0 /srv/shop/index.php(3): App\\\\Orders->pay(1)\n#1 {main}\n"} \n'
    )
    assert chain(text) == [("App\\CartError", "", 2), ("App\\PaymentError", "cause", 2)]
    assert explain(text).message == 'no "x" in App\\Y'
    assert explain(text).culprit == "App\\Carts in fill"


def test_frames_alone_take_the_type_that_was_sent() -> None:
    """`getTraceAsString()` has no head."""
    grouping = explain(OWN.partition("trace:\n")[2], exception_type="App\\PaymentError", exception_message="order 1")
    assert grouping.exception_type == "App\\PaymentError"
    assert grouping.message == "order 1"
    assert [frame.function for frame in grouping.stack.exceptions[0].frames] == [
        "pay",
        "{closure}",
        "array_map",
        "{main}",
    ]


def test_php_s_own_functions_are_not_in_app() -> None:
    """Their error has the place of the call, twice."""
    text = (
        "DivisionByZeroError: Division by zero in /srv/shop/src/Orders.php:31\nStack trace:\n"
        "#0 /srv/shop/src/Orders.php(31): intdiv(1, 0)\n#1 /srv/shop/index.php(3): App\\Orders->split()\n#2 {main}"
    )
    assert explain(text).culprit == "App\\Orders in split"


@pytest.mark.parametrize("language", ["php", "", "klingon"])
def test_a_java_like_stack_of_php_files_is_php_s(language: str) -> None:
    """Frames of PHP files are not the JVM's, and chains look alike."""
    text = SDK + "\nCaused by: App.GatewayDown: x\n\tat App.Gateway.connect(Gateway.php:3)\n\t... 3 more"
    assert explain(text, language=language).stack.parser == "php"
    assert chain(text)[1] == ("App\\GatewayDown", "cause", 4)


def test_a_line_of_a_message_is_no_frame() -> None:
    """A number sign alone does not make one."""
    text = OWN.replace("is closed", "is closed:\n#1 in the list")
    assert explain(text).message == "order 1 is closed:\n#1 in the list"


@pytest.mark.parametrize(
    ("name", "file", "expected"),
    [
        ("App\\Orders->pay", "/srv/Orders.php", ("App\\Orders", "pay", True)),
        ("App\\Orders::pay", "/srv/vendor/acme/Orders.php", ("App\\Orders", "pay", False)),
        ("App.Orders.pay", "Orders.php", ("App\\Orders", "pay", True)),
        ("App\\pay", "/srv/pay.php", ("App", "pay", True)),
        ("pay", "/srv/pay.inc", ("pay", "pay", True)),
        ("array_map", "Unknown Source", ("", "array_map", False)),
        ("Illuminate.Routing.Router.run", "Router.php", ("Illuminate\\Routing\\Router", "run", False)),
        ("App.{closure}", "web.php", ("web", "{closure}", True)),
        ("{closure:/srv/web.php:10}", "/srv/web.php", ("web", "{closure}", True)),
        ("A.B.Orders.A.B.{closure}", "Orders.php", ("A\\B\\Orders", "{closure}", True)),
        ("class@anonymous\0/srv/a.php:12$0->run", "/srv/a.php", ("a.class@anonymous", "run", True)),
        ("App.Store@anonymous\0/srv/a.php:12$0.load", "a.php", ("App\\Store@anonymous", "load", True)),
        ("Proxies\\__CG__\\App\\Order->id", "/srv/var/OrderProxy.php", ("App\\Order", "id", False)),
        ("require_once", "/srv/settings.php", ("settings", "{main}", True)),
        ("(main)", "index.php", ("index", "{main}", True)),
        ("eval", "/srv/a.php(10) : eval()'d code", ("a", "eval", True)),
        ("wp_die", "/srv/wp-includes/functions.php", ("functions", "wp_die", False)),
    ],
)
def test_names_and_files_tell_module_function_and_in_app(name: str, file: str, expected: tuple[str, str, bool]) -> None:
    """Both forms of a name give the same module."""
    assert locate(name, file) == expected


PIECES = (
    *SDK.splitlines(keepends=True),
    *NEXT.splitlines(keepends=True),
    "Next ",
    "Caused by: ",
    " in ",
    "junk",
    "[object] (",
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_order_of_pieces_is_kept_and_what_is_remembered_changes_nothing(text: str) -> None:
    """The pieces of an outline are the text, and openings change its speed alone."""
    outline = php.outline(text)
    joined = "".join(body + head for body, head in zip(outline.bodies, outline.heads, strict=True))
    assert outline.preamble + joined + outline.tail == text
    for other in (SDK, OWN, NEXT, text):
        assert php.outline(text, (php.outline(other).opening,))[:4] == outline[:4]


@pytest.mark.parametrize(
    "text",
    [
        SDK + "\n\tat App.Orders.pay(Orders.php:31)" * 40_000,
        (OWN + "\n\nNext ") * 4_000,
        OWN + " in " * 250_000,
        "\n#1" * 300_000,
        OWN + "\n#1 " + "a" * 1_000_000,
        SDK + "\n\tat " + "{" * 1_000_000,
        SDK + ("\n\tat " + "{}" * 500) * 1_000,
        "Uncaught " * 110_000,
        OWN + "Uncaught a@anonymous-" * 50_000,
        "[object] (" * 100_000,
    ],
    ids=["frames", "next", "in", "numbers", "long line", "braces", "pairs", "uncaught", "anonymous", "objects"],
)
def test_a_hostile_text_is_a_stack(text: str) -> None:
    """Whatever it is, and with a memory as without."""
    sighting = ExceptionSighting(
        seen_in="span_event",
        timestamp_ns=0,
        observed_ns=0,
        exception_stacktrace=text,
        resource={"telemetry.sdk.language": "php"},
    )
    found = group(sighting)
    assert found.stack.exceptions
    assert Grouper().group(sighting) == found

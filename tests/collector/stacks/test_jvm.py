"""Stacks of the JVM that no golden file shows: cut off, wrapped in logs, of Android, printed by other means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.grouping import Grouper, explain, group
from collector.model import ExceptionSighting
from collector.stacks import jvm
from collector.stacks.in_app.jvm import locate

PAY = "\tat com.shop.Orders.pay(Orders.java:31)\n"
LOAD = "\tat com.shop.Orders.load(Orders.java:9)\n"
RUN = "\tat java.base/java.lang.Thread.run(Thread.java:840)\n"
PLAIN = "com.shop.PaymentError: order 1 is closed\n" + PAY + LOAD + RUN
CHAIN = (
    "com.shop.PaymentError: order 1 is closed\n" + PAY + LOAD + RUN + "Caused by: com.shop.GatewayDown: db1 is down\n"
    "\tat com.shop.Gateway.connect(Gateway.java:3)\n\t... 2 more\n"
)


def chain(text: str) -> list[tuple[str, str, int]]:
    return [(e.type, e.relation, len(e.frames)) for e in explain(text).stack.exceptions]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.rstrip(),
        PLAIN.replace("\t", "    "),
        PLAIN.replace("\t", ""),
        "2026-11-24 11:04:12 ERROR [main] c.s.Web - it failed\n" + PLAIN,
        "ERROR: it failed\n" + PLAIN,
        'Exception in thread "pool-1-thread-3" ' + PLAIN,
        "".join(f"11-24 10:00:00.123  1234  1267 E AndroidRuntime: {line}\n" for line in PLAIN.splitlines()),
        "".join(f"E/AndroidRuntime( 1234): {line}\n" for line in ("FATAL EXCEPTION: main\n" + PLAIN).splitlines()),
        PLAIN.replace(LOAD, "\tat \b\b\b(Coroutine boundary.\b(\b)\n" + LOAD),
        PLAIN.replace(LOAD, LOAD.replace("at ", "at flatMap @ ")),
        PLAIN.replace(
            PAY, "    at 3   shop.kexe       0x10189d1bd   kfun:com.shop.Orders#pay(kotlin.Int){} + 5 (/srv/a.kt:1:9)\n"
        ),
        "Nov 24, 2026 11:04:12 AM com.shop.Web handle\nSEVERE: it failed\n" + PLAIN,
        PLAIN.replace(")\n", ") ~[shop-1.0.jar!/:1.0]\n"),
        PLAIN.replace("com.shop.Orders.", "app//com.shop.Orders.").replace("java.base/", "java.base@17.0.2/"),
        PLAIN.replace("com.shop.Orders.", "shop.web@2.1/com.shop.Orders."),
        PLAIN.replace(LOAD, "\tat com.shop.Orders$$Lambda$14/0x0000000800c03000.get(Unknown Source)\n" + LOAD),
        "com.shop.PaymentError: order 1 is closed\n\tat com.shop.$Proxy12.x(Unknown Source)\n" + PAY,
        PLAIN + "\tat com.shop.Ord",
        PLAIN + "\n2026-11-24 11:05 INFO next\njava.lang.IllegalStateException: another\n\tat com.shop.B.c(B.java:1)\n",
    ],
    ids=[
        *("crlf", "no last newline", "spaces", "no indentation", "log text", "level", "thread"),
        *("logcat", "older logcat", "older boundary", "fiber", "Kotlin/Native"),
        *("two lines of a log", "packaging data", "loader", "module", "lambda", "proxy", "cut off", "another report"),
    ],
)
def test_the_wrapping_of_a_stack_changes_nothing(text: str) -> None:
    """Line ends, log lines, loaders, modules and bridges don't matter."""
    grouping = explain(text, exception_type="com.shop.PaymentError")
    assert grouping.exception_type == "com.shop.PaymentError"
    assert grouping.message == "order 1 is closed"
    assert grouping.fingerprint.value == explain(PLAIN).fingerprint.value


def test_a_type_after_log_text_in_one_line_is_found_by_its_ending() -> None:
    """A log line and the exception's first line can be one."""
    text = "11:04:12 [main] ERROR it failed java.lang.IllegalStateException: closed\n" + PAY
    assert explain(text).exception_type == "java.lang.IllegalStateException"
    assert explain(text).message == "closed"


@pytest.mark.parametrize("text", [PAY + LOAD, PAY.strip() + "\n" + LOAD, "ers.pay(Orders.java:31)\n" + LOAD])
def test_a_stack_without_its_head_takes_the_type_that_was_sent(text: str) -> None:
    """A log shipper cuts the beginning off."""
    grouping = explain(text, exception_type="com.shop.PaymentError", exception_message="order 1")
    assert (grouping.exception_type, grouping.message) == ("com.shop.PaymentError", "order 1")
    assert grouping.stack.exceptions[0].frames


def test_elided_frames_are_put_back_whichever_way_round_the_chain_is() -> None:
    """`... 2 more` are the outer frames of the exception around it."""
    root_first = (
        "com.shop.GatewayDown: db1 is down\n\tat com.shop.Gateway.connect(Gateway.java:3)\n\t... 2 common frames omitted\n"
        "Wrapped by: com.shop.PaymentError: order 1 is closed\n" + PAY + LOAD + RUN
    )
    assert chain(CHAIN) == chain(root_first) == [("com.shop.PaymentError", "", 3), ("com.shop.GatewayDown", "cause", 3)]
    assert explain(CHAIN).fingerprint.value == explain(root_first).fingerprint.value
    assert explain(root_first).message == "order 1 is closed"


def test_more_elided_frames_than_there_are_do_no_harm() -> None:
    """A number in a text can be anything."""
    assert chain(CHAIN.replace("... 2 more", "... 999999 more"))[1][2] == 4


def test_what_was_suppressed_and_its_causes_do_not_count() -> None:
    """By indentation: the cause of what was suppressed is no cause of the reported exception."""
    text = PLAIN + (
        "\tSuppressed: java.io.IOException: a\n\t\tat com.shop.A.close(A.java:1)\n"
        "\tCaused by: java.io.IOException: b\n\t\tat com.shop.B.close(B.java:1)\n"
        "Caused by: com.shop.GatewayDown: db1 is down\n\tat com.shop.Gateway.connect(Gateway.java:3)\n\t... 2 more\n"
    )
    assert [(kind.rpartition(".")[2], relation) for kind, relation, _ in chain(text)] == [
        ("PaymentError", ""),
        ("GatewayDown", "cause"),
        ("IOException", "suppressed"),
        ("IOException", "suppressed"),
    ]
    assert explain(text).fingerprint.value == explain(CHAIN).fingerprint.value


@pytest.mark.parametrize(
    "line",
    ["Caused by: [CIRCULAR REFERENCE: com.shop.PaymentError: x]", "\t[CIRCULAR REFERENCE:com.shop.PaymentError: x]"],
)
def test_a_circular_reference_is_no_exception(line: str) -> None:
    """Java 8 and later ones print it differently."""
    assert len(chain(PLAIN + line + "\n")) == 1


def test_a_cause_without_frames_is_a_cause() -> None:
    """What is thrown without a stack is one line."""
    text = PLAIN + "Caused by: com.shop.Quiet: a\nCaused by: com.shop.Quieter: b\n"
    assert chain(text)[1:] == [("com.shop.Quiet", "cause", 0), ("com.shop.Quieter", "cause", 0)]


def test_reactor_s_assembly_trace_is_suppressed() -> None:
    """It stands behind words of its own."""
    text = PLAIN + (
        "\tSuppressed: reactor.core.publisher.FluxOnAssembly$OnAssemblyException: \nError has been observed at the following "
        "site(s):\n\t*__checkpoint ⇢ Handler com.shop.Web\nOriginal Stack Trace:\n\t\tat com.shop.Web.handle(Web.java:4)\n"
    )
    assert [relation for _, relation, _ in chain(text)] == ["", "suppressed"]
    assert explain(text).fingerprint.value == explain(PLAIN).fingerprint.value


def test_a_completion_exception_counts_by_its_type_and_its_cause() -> None:
    """Whether its frames are those of the program is a matter of timing."""
    cause = "Caused by: com.shop.PaymentError: x\n" + PAY
    kind = "java.util.concurrent.CompletionException: com.shop.PaymentError: x\n"
    future = "\tat java.base/java.util.concurrent.CompletableFuture.encodeThrowable(CompletableFuture.java:315)\n"
    early, late = explain(kind + future + LOAD + cause), explain(kind + future + RUN + cause)
    assert early.fingerprint.value == late.fingerprint.value
    assert not early.fingerprint.message_counted
    assert early.culprit == "com.shop.Orders in pay"


def test_a_message_of_megabytes_leaves_the_frames() -> None:
    """The text is bounded in its middle when the frames come late."""
    frames = explain("com.shop.PaymentError: " + "x" * 2_000_000 + "\n" + PAY).stack.exceptions[0].frames
    assert [frame.function for frame in frames] == ["pay"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("com.shop.Orders.lambda$pay$0", ("com.shop.Orders", "pay", True)),
        ("com.shop.Orders.lambda$null$3", ("com.shop.Orders", "lambda", True)),
        ("com.shop.Orders.lambda$new$1", ("com.shop.Orders", "<init>", True)),
        ("com.shop.Main.lambda$onCreate$0$com-shop-Main", ("com.shop.Main", "onCreate", True)),
        ("com.shop.Main$$ExternalSyntheticLambda0.run", ("com.shop.Main", "run", False)),
        ("com.shop.Orders$Item$2.run", ("com.shop.Orders$Item", "run", True)),
        ("com.shop.Orders.access$000", ("com.shop.Orders", "access", True)),
        ("com.shop.Orders$$EnhancerBySpringCGLIB$$1a2b3c4d.pay", ("com.shop.Orders", "pay", False)),
        ("com.shop.Orders$$FastClassBySpringCGLIB$$7f.invoke", ("com.shop.Orders", "invoke", False)),
        ("com.shop.Order$HibernateProxy$aB3dE.getId", ("com.shop.Order", "getId", False)),
        ("com.shop.Order$MockitoMock$1234567.getId", ("com.shop.Order", "getId", False)),
        ("com.shop.Orders_ClientProxy.pay", ("com.shop.Orders", "pay", False)),
        ("com.sun.proxy.$Proxy12.pay", ("com.sun.proxy.$Proxy", "pay", False)),
        (
            "jdk.internal.reflect.GeneratedMethodAccessor7.invoke",
            ("jdk.internal.reflect.GeneratedMethodAccessor", "invoke", False),
        ),
        ("com.shop.OrdersKt$pay$1$2.invokeSuspend", ("com.shop.OrdersKt", "pay", True)),
        ("com.shop.OrdersKt.pay-0E7RQCE", ("com.shop.OrdersKt", "pay", True)),
        ("com.shop.OrdersKt.pay$suspendImpl", ("com.shop.OrdersKt", "pay", True)),
        ("com.shop.Store$DefaultImpls.load", ("com.shop.Store", "load", True)),
        ("shop.Orders$.$anonfun$pay$1$adapted", ("shop.Orders", "pay", True)),
        ("shop.Orders$$anonfun$pay$1$$anonfun$apply$2.apply", ("shop.Orders", "pay", True)),
        ("shop.Orders.shop$Orders$$hidden", ("shop.Orders", "hidden", True)),
        ("shop.core$pay_BANG_$fn__2041.invoke", ("shop.core", "pay_BANG_", True)),
        ("Script17.run", ("Script", "run", True)),
        ("org.apache.jsp.order_jsp._jspService", ("org.apache.jsp.order_jsp", "_jspService", True)),
        (
            "org.springframework.samples.petclinic.Owner.find",
            ("org.springframework.samples.petclinic.Owner", "find", True),
        ),
        ("a.b.c", ("a.b", "c", True)),
        ("main", ("", "main", True)),
    ],
)
def test_names_are_those_of_the_source(name: str, expected: tuple[str, str, bool]) -> None:
    """What compilers and libraries generate is taken off, and a proxy is not in-app."""
    assert locate(name) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("com.shop.PaymentError: a: b\n", ("com.shop.PaymentError", "a: b")),
        ("com.shop.PaymentError", ("com.shop.PaymentError", "")),
        ("com.shop.Orders$1: x", ("com.shop.Orders$anonymous", "x")),
        ("PaymentError(code=3)", ("PaymentError", "PaymentError(code=3)")),
        ("not a type: x", ("", "not a type: x")),
        ("", ("", "")),
    ],
)
def test_a_head_is_type_and_message(head: str, expected: tuple[str, str]) -> None:
    """The type ends at the first colon, if it is a name."""
    assert jvm.read_head(head) == expected


PIECES = (
    "com.shop.PaymentError: x",
    "\n",
    PAY,
    LOAD,
    "\t... 2 more\n",
    "Caused by: ",
    "\tSuppressed: ",
    "Wrapped by: ",
    "[",
    "junk",
)


@given(st.lists(st.sampled_from((*PIECES, "ERROR", ": ", "a.b.CException")), max_size=14).map("".join))
def test_any_order_of_pieces_is_kept_and_what_is_remembered_changes_nothing(text: str) -> None:
    """The pieces of an outline are the text, and openings change its speed alone."""
    outline = jvm.outline(text)
    joined = "".join(body + head for body, head in zip(outline.bodies, outline.heads, strict=True))
    assert outline.preamble + joined + outline.tail == text
    for other in (PLAIN, CHAIN, text):
        assert jvm.outline(text, (jvm.outline(other).opening,))[:4] == outline[:4]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN + PAY * 40_000,
        CHAIN * 6_000,
        "com.shop.X: y\n" + PAY * 99 + "Caused by: com.shop.X: y\n\t... 99 more\n" * 40_000,
        "com.shop.X: y\n" + "".join("\t" * depth + f"Suppressed: a.bException: y\n{PAY}" for depth in range(900)),
        "\n\tat a.b(" * 100_000,
        PAY + "\tat " + "a." * 500_000 + "(",
        PAY + "\n" + " " * 1_000_000,
        PAY.replace("pay", "$anonfun" * 100) * 1_200,
        'Exception in thread "' * 50_000,
        "a.b.Exception " * 70_000 + PAY,
    ],
    ids=["frames", "chains", "elided", "nested", "unfinished", "long name", "blanks", "anonfun", "threads", "types"],
)
def test_a_hostile_text_is_a_stack(text: str) -> None:
    """Whatever it is, and with a memory as without."""
    sighting = ExceptionSighting(
        seen_in="span_event",
        timestamp_ns=0,
        observed_ns=0,
        exception_stacktrace=text,
        resource={"telemetry.sdk.language": "java"},
    )
    found = group(sighting)
    assert found.stack.exceptions
    assert Grouper().group(sighting) == found

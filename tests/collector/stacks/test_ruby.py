"""Ruby's error messages that no golden file shows: cut off, wrapped in logs, hostile."""

from __future__ import annotations

import pytest

from collector.grouping import explain
from collector.stacks import ruby
from collector.stacks.ruby_frames import read_label

RAISED = "/srv/shop/pay.rb:12:in `charge': "
CALLERS = "\tfrom /srv/shop/pay.rb:30:in `block in run'\n\tfrom /srv/shop/pay.rb:29:in `each'\n\tfrom /srv/shop/pay.rb:29:in `run'\n"
REVERSED = "Traceback (most recent call last):\n\t2: from /srv/shop/pay.rb:29:in `run'\n\t1: from /srv/shop/pay.rb:30:in `block in run'\n"
PLAIN = f"{RAISED}order 1 (Shop::PaymentError)\n{CALLERS}"
CAUSE = "/srv/shop/gateway.rb:7:in `send': down (Shop::GatewayDown)\n\tfrom /srv/shop/pay.rb:11:in `charge'\n"


def frames(text: str) -> list[str]:
    return [f"{f.module}.{f.function}" for f in explain(text, language="ruby").stack.exceptions[0].frames]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.rstrip(),
        "E, [2026-11-24T16:02:11 #42] ERROR -- :\n" + PLAIN,
        "E, [2026-11-24T16:02:11 #42] ERROR -- web: order 1 (Shop::PaymentError)\n"
        + (RAISED.rstrip(": ") + "\n" + CALLERS).replace("\tfrom ", ""),
        "F, [2026-11-24T16:02:11 #42] FATAL -- : [a1-b2] \n[a1-b2] Shop::PaymentError (order 1):\n[a1-b2]   \n"
        + (RAISED.rstrip(": ") + "\n" + CALLERS).replace("\tfrom ", ""),
        PLAIN.replace("`", "'"),
        PLAIN.replace("in `", "in 'Shop::Pay#").replace("Shop::Pay#block in ", "block in Shop::Pay#"),
        PLAIN.replace(
            "order 1 (Shop::PaymentError)", "\x1b[1morder 1 (\x1b[1;4mShop::PaymentError\x1b[m\x1b[1m)\x1b[m"
        ),
        f"{REVERSED}{RAISED}order 1 (Shop::PaymentError)\n",
        "Shop::PaymentError: order 1\n" + (RAISED.rstrip(": ") + "\n" + CALLERS).replace("\tfrom ", ""),
        "Shop::PaymentError (order 1):\n  \n" + (RAISED.rstrip(": ") + "\n" + CALLERS).replace("\tfrom ", ""),
        PLAIN.replace(CALLERS, CALLERS[:60]),
    ],
    ids=[
        "crlf",
        "no last newline",
        "log before",
        "logger",
        "tagged",
        "quotes",
        "class names",
        "colors",
        "reverse",
        "joined",
        "rails",
        "cut tail",
    ],
)
def test_the_form_of_a_text_changes_nothing(text: str) -> None:
    """Line ends, log lines, colors, order, quotes and class names don't matter."""
    grouping = explain(text, language="ruby")
    assert grouping.exception_type == "Shop::PaymentError"
    assert grouping.message == "order 1"
    assert grouping.fingerprint.value == explain(PLAIN, language="ruby").fingerprint.value


def test_a_cause_follows_the_reported_exception() -> None:
    """Its place begins the next block."""
    stack = explain(PLAIN + CAUSE).stack
    assert [(e.type, e.relation, len(e.frames)) for e in stack.exceptions] == [
        ("Shop::PaymentError", "", 4),
        ("Shop::GatewayDown", "cause", 2),
    ]


def test_the_first_of_two_types_is_the_exception_s() -> None:
    """Rails puts the type of the cause into the message."""
    grouping = explain("ActiveRecord::StatementInvalid: PG::Error: down\n" + RAISED.rstrip(": ") + "\n")
    assert grouping.exception_type == "ActiveRecord::StatementInvalid"
    assert grouping.message == "PG::Error: down"


def test_the_type_may_stand_after_the_last_line_of_a_message() -> None:
    """Ruby 3.1 has the source line in the message, and Logger puts the type behind it."""
    grouping = explain(
        "E, [2026-11-24T16:02:11 #42] ERROR -- : undefined method `a'\n\n  x.a\n   ^^ (NoMethodError)\n"
        + RAISED.rstrip(": ")
        + "\n"
    )
    assert (grouping.exception_type, grouping.message) == ("NoMethodError", "undefined method `a'")


def test_a_method_of_the_interpreter_is_not_in_app() -> None:
    """It has the place of its caller, but another name."""
    assert frames(PLAIN) == ["pay.charge", "pay.run", "<internal>.each", "pay.run"]


def test_a_stack_without_its_head_takes_the_type_that_was_sent() -> None:
    """A limit may have cut the first line off."""
    cut = explain(CALLERS, language="ruby", exception_type="Shop::PaymentError", exception_message="order 1")
    assert (cut.exception_type, cut.message) == ("Shop::PaymentError", "order 1")
    assert cut.fingerprint.components[:2] == ("error PaymentError", "in pay|run")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("/usr/local/bundle/gems/rails-7.1.2/lib/rails/engine.rb:1:in `call'", "rails/engine"),
        ("/srv/vendor/bundle/ruby/3.2.0/bundler/gems/pay-3f9ac11e04d7/lib/pay/api.rb:1:in `call'", "pay/api"),
        ("/usr/lib/ruby/3.1.0/net/http.rb:1:in `call'", "net/http"),
        ("/usr/local/lib/ruby/site_ruby/3.2.0/bundler/runtime.rb:1:in `call'", "bundler/runtime"),
        ("uri:classloader:/META-INF/jruby.home/lib/ruby/stdlib/json/common.rb:1:in `call'", "json/common"),
        ("org/jruby/RubyArray.java:1:in `each'", "org/jruby/RubyArray"),
        ("<internal:kernel>:187:in `loop'", "<internal>"),
        ("(eval at /srv/shop/pay.rb:3):1:in `call'", "(eval)"),
        ("(eval):1:in `call'", "(eval)"),
    ],
)
def test_what_is_installed_is_not_in_app(place: str, expected: str) -> None:
    """Gems, the standard library, the interpreter and evaluated code."""
    frame = explain(f"{place}: order 1 (E)\n{CALLERS}", language="ruby").stack.exceptions[0].frames[0]
    assert (frame.module, frame.in_app) == (expected, False)


def test_without_a_frame_of_the_program_the_gems_count_but_not_the_server() -> None:
    """Puma and Rack are in every stack."""
    gem = "/usr/local/bundle/gems/{0}-1.0.0/lib/{0}/{1}.rb:{2}:in `{1}'"
    lines = [gem.format("ledger", "enter", 3), gem.format("rack", "call", 4), gem.format("puma", "run", 5)]
    grouping = explain(f"{lines[0]}: closed (Ledger::Closed)\n" + "".join(f"\tfrom {line}\n" for line in lines[1:]))
    assert grouping.fingerprint.components == ("error Closed", "in ledger/enter|enter")


def test_opentelemetry_is_dropped() -> None:
    """Its gems wrap every call."""
    otel = "\tfrom /usr/local/bundle/gems/opentelemetry-api-1.2.0/lib/opentelemetry/trace/tracer.rb:37:in `in_span'\n"
    reasons = explain(PLAIN + otel).fingerprint.frames
    assert reasons[-1].reason == "OpenTelemetry's own"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("block (2 levels) in Shop::Pay#charge", ("charge", False)),
        ("Shop::Pay.for", ("for", True)),
        ("Integer#<=>", ("<=>", True)),
        ("rescue in block in charge", ("charge", False)),
        ("<top (required)>", ("<main>", False)),
        ("block in <top (required)>", ("<block>", False)),
        ("block in <class:Pay>", ("<block>", False)),
        ("<class:Pay>", ("<class:Pay>", False)),
        ("_app_views_orders_show_html_erb___123456789_70100", ("_app_views_orders_show_html_erb", True)),
        ("__tilt_4711", ("__tilt_4711", True)),
        ("call", ("call", True)),
    ],
)
def test_a_label_is_a_function(label: str, expected: tuple[str, bool]) -> None:
    """Blocks are their method's; class names and counters go."""
    assert read_label(label) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("order 1 (Shop::PaymentError)", ("Shop::PaymentError", "order 1")),
        ("a (b) c (E)\nmore", ("E", "a (b) c\nmore")),
        ("unhandled exception", ("RuntimeError", "")),
        ("Shop::PaymentError", ("Shop::PaymentError", "")),
        ("x (#<Class:0x00007f16>)", ("#<Class:0x00007f16>", "x")),
        ("Shop::PaymentError: order (1)\n", ("Shop::PaymentError", "order (1)")),
        (
            "undefined method `x' for nil (NoMethodError)\n\n    nil.x\n       ^^\nDid you mean?  y",
            ("NoMethodError", "undefined method `x' for nil"),
        ),
        ("no type here", ("", "no type here")),
        ("", ("", "")),
    ],
)
def test_a_head_is_type_and_message(head: str, expected: tuple[str, str]) -> None:
    """The type stands in parentheses at the end of the first line, or in front."""
    assert ruby.read_head(head) == expected


@pytest.mark.parametrize(
    "text",
    [
        "\tfrom /srv/a.rb:1:in `f'\n" * 40_000,
        "/srv/a.rb:1:in `f': m (E)\n" * 40_000,
        "a:1:in `x': m\n" + "\n\n^" * 300_000,
        "a:1:in `x': " + "(E) " * 250_000,
        ":1:in `" * 150_000,
        "a:1:in `" + "block in " * 100_000,
        "Traceback (most recent call last):\n" * 30_000,
        "a.rb: " + "(A" * 500_000,
    ],
)
def test_hostile_texts_are_read(text: str) -> None:
    """Any text gives a stack (what they cost is measured elsewhere)."""
    assert explain(text, language="ruby", exception_message=text).stack.exceptions

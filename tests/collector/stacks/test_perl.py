"""Perl's messages and traces that no golden file shows: cut off, wrapped, hostile."""

from __future__ import annotations

import pytest

from collector.grouping import explain
from collector.stacks import perl
from collector.stacks.sniff import choose

CALLS = '\tShop::Pay::charge(1, "x") called at /srv/shop/shop.pl line 20\n\teval {...} called at /srv/shop/shop.pl line 19\n'
PLAIN = "order 1 at /srv/shop/lib/Shop/Pay.pm line 12.\n" + CALLS


def described(text: str) -> list[str]:
    found = explain(text, language="perl").stack.exceptions[0].frames
    return [f"{'app' if f.in_app else 'lib'} {f.module}|{f.function}:{f.line}" for f in found]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.rstrip(),
        PLAIN.replace("line 12.", "line 99, <STDIN> line 3."),
        PLAIN.replace("line 12.", "line 12, <$fh> chunk 7."),
        PLAIN.replace('(1, "x")', "(HASH(0x55cf1d7314b8), 'a (b', undef, ...)"),
        PLAIN.replace("/srv/shop", "/opt/shop v2"),
        "order 1\n\nTrace begun at /srv/shop/lib/Shop/Pay.pm line 12\n" + CALLS.replace("\t", ""),
        PLAIN.replace(
            "12.\n",
            '12.\n at /srv/shop/debug.pl line 4.\n\tmain::__ANON__("order 1 at ...") called at /srv/shop/lib/Shop/Pay.pm line 12\n',
        ),
        PLAIN.replace("eval {...}", "require Shop.pm"),
        PLAIN[: PLAIN.index("\teval")],
    ],
    ids=[
        "crlf",
        "no last newline",
        "file read",
        "chunk",
        "arguments",
        "blank in path",
        "devel",
        "handler",
        "require",
        "cut",
    ],
)
def test_the_form_of_a_text_changes_nothing(text: str) -> None:
    """Line ends, arguments, what was read last and who printed the trace don't matter."""
    grouping = explain(text, language="perl")
    assert grouping.message == "order 1"
    assert grouping.fingerprint.value == explain(PLAIN, language="perl").fingerprint.value


def test_a_frame_is_a_place_and_the_function_around_it() -> None:
    """A line tells the function that was called and where from; an `eval` is its function's."""
    assert described(PLAIN) == ["app Shop::Pay|charge:12", "app shop|<main>:20", "app shop|<main>:19"]


def test_die_alone_tells_the_file() -> None:
    """Without a function the message counts."""
    grouping = explain("order 1 at /srv/shop/lib/Shop/Pay.pm line 12.\n")
    assert described("order 1 at /srv/shop/lib/Shop/Pay.pm line 12.\n") == ["app Pay|:12"]
    assert grouping.fingerprint.components == ("error ", "in Pay|", "message order <value>")


def test_what_the_sdk_sends_is_the_same_error() -> None:
    """OpenTelemetry's SDK takes the first line for the message, with the place in it, and says that the type is `string`."""
    sent = explain(CALLS, language="perl", exception_type="string", exception_message=PLAIN.partition("\n")[0])
    assert sent.message == "order 1"
    assert sent.fingerprint.value == explain(PLAIN, language="perl").fingerprint.value


def test_words_of_the_message_stay() -> None:
    """The last ` at ` of the line begins the place."""
    assert explain("stopped at step at /srv/shop.pl line 3.\n").message == "stopped at step"


@pytest.mark.parametrize(
    "folder",
    [
        "/usr/share/perl5/",
        "/usr/lib/x86_64-linux-gnu/perl5/5.36/",
        "/usr/lib/x86_64-linux-gnu/perl-base/",
        "/usr/share/perl/5.36.0/",
        "/usr/local/lib/perl5/site_perl/5.38.2/",
        "/home/ci/perl5/perlbrew/perls/perl-5.38.2/lib/5.38.2/",
        "/app/local/lib/perl5/",
        "C:/Strawberry/perl/vendor/lib/",
    ],
)
def test_what_is_installed_is_not_in_app(folder: str) -> None:
    """CPAN and the core."""
    text = f"x at {folder}Some/Client.pm line 3.\n\tSome::Client::get(1) called at /srv/shop/lib/Shop/Pay.pm line 3\n"
    assert described(text)[0] == "lib Some::Client|get:3"


@pytest.mark.parametrize(
    ("text", "language", "parser"),
    [
        (PLAIN, "", "perl"),
        ("order 1 at /srv/shop.pl line 3.\n", "", "perl"),
        ("order 1 at (eval 12) line 3, <STDIN> line 7.\n", "", "perl"),
        ("Undefined subroutine &main::x called at shop.pl line 3.\n", "", "perl"),
        ("Shop::Quiet=HASH(0x55700f92ef98)\n", "", "perl"),
        ('Traceback (most recent call first):\n  File "/srv/a.pl", line 3, in "main::f"\n', "perl", "perl"),
        ("look at chapter line 3 of it", "", "raw"),
        ("error at home", "perl", "raw"),
    ],
)
def test_perl_is_told_by_its_places(text: str, language: str, parser: str) -> None:
    """A place ends the line and names a file of Perl, or a trace follows."""
    assert choose(text, language).name == parser


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("order 1", ("", "order 1")),
        ("order 1 at /srv/pay.pl line 3, <STDIN> line 7.\n", ("", "order 1")),
        ("Shop::Quiet=HASH(0x55700f92ef98)", ("Shop::Quiet", "")),
        ("order 1 at x.pl line 3.\nContext:\n  2: a\n  3: die\n", ("", "order 1 at x.pl line 3.")),
        ("", ("", "")),
    ],
)
def test_a_head_is_a_message(head: str, expected: tuple[str, str]) -> None:
    """Strings have no type; an object that was printed as an address is told by its class."""
    assert perl.read_head(head) == expected


@pytest.mark.parametrize(
    "text",
    [
        "m at a.pl line 1.\n" + "\tmain::a(1) called at a.pl line 1\n" * 30_000,
        " at a.pl line 1" * 70_000,
        " at a.pl line 1.\n" * 60_000,
        "m at a.pl line 1.\n\tmain::a(" + "(" * 1_000_000 + " called at a line 1",
        "m at a.pl line 1.\n\ta" + "::a" * 300_000 + " called at ",
        "Trace begun at a.pl line 1\n" * 40_000,
        "m at a.pl line 1" + ", <x> line 1" * 80_000,
        " " * 1_000_000 + " at a.pl line 1.",
    ],
)
def test_hostile_texts_are_read(text: str) -> None:
    """Any text gives a stack (what they cost is measured elsewhere)."""
    assert explain(text, language="perl", exception_message=text).stack.exceptions

"""C and C++ stacks that no golden file shows: spellings of names, cut off, of several threads, hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.grouping import explain
from collector.stacks import native
from collector.stacks.in_app.native import locate
from collector.stacks.native_names import read_name
from collector.stacks.outline import STACK_CHARS_MAX

HEAD = "terminate called after throwing an instance of 'shop::PaymentError'\n  what():  order 1\n"
CHECK = " 0# shop::check(int) at /srv/shop.cpp:47\n"
MAIN = " 1# main in /srv/shop\n"
PLAIN = HEAD + CHECK + MAIN
GDB = "#0  0x00005555 in shop::check (order=1) at shop.cpp:47\n"
PIECES = [
    *(HEAD, CHECK, MAIN, GDB, "#1  main () at main.cpp:3\n", "\n", " ", "x", "Thread 1 (Thread 0x7f (LWP 1)):\n", "Thread 0 (crashed)\n"),
    *("    @     0x5555555 shop::check()\n", "/srv/shop(_ZN4shop5checkEi+0x3d) [0x55be]\n", " 0  shop!shop::check [a.cpp : 4 + 0x5]\n"),
    *("0x5555555 main\n\t/srv/main.c:3\n", " 1# ", "#0 ", "(", "<", "::", "_ZN", "4shop", "I", "E", "{lambda(", "operator", ' "', " at ", ":1"),
    *('#0    Source "/srv/a.c", line 3, in f\n', "==1==ERROR: AddressSanitizer: SEGV on unknown address\n", "0> a!f+0x1\n"),
]  # fmt: skip


def names(text: str) -> list[str]:
    return [f"{f.module}|{f.function}" for f in explain(text).stack.exceptions[0].frames]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.rstrip(),
        "2026-11-24 payment failed\n" + PLAIN,
        PLAIN + "Aborted (core dumped)\n",
        PLAIN.replace(" 0#", "   0#").replace(" 1#", "   1#"),
        PLAIN.replace(":47", ":47 [0x401a2f]"),
        HEAD + "#0  0x00005555 in shop::check(int) at /srv/shop.cpp:47:3\n#1  main () at main.cpp:3\n",
        HEAD + "/srv/shop(_ZN4shop5checkEi+0x3d) [0x55be]\n/srv/shop(main+0x3d) [0x55bf]\n",
        "libc++abi: terminating due to uncaught exception of type shop::PaymentError: order 1\n" + CHECK,
        "Dynamic exception type: shop::PaymentError\nstd::exception::what: order 1\n\n" + CHECK,
    ],
    ids=["crlf", "end", "log", "after", "indent", "address", "gdb", "symbols", "libc++", "boost"],
)
def test_the_form_of_a_stack_changes_nothing(text: str) -> None:
    """Type, message and function are the same in every form."""
    grouping = explain(text)
    assert grouping.exception_type == "shop::PaymentError"
    assert grouping.message == "order 1"
    assert grouping.fingerprint.value == explain(PLAIN).fingerprint.value


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x1", ("heap-use-after-free", "on address 0x1")),
        ("WARNING: ThreadSanitizer: data race (pid=7)", ("data race", "(pid=7)")),
        ("a.cpp:3:4: runtime error: division by zero", ("runtime error", "division by zero")),
        ('Thread 2 "shop" received signal SIGSEGV, Segmentation fault.', ("SIGSEGV", "Segmentation fault.")),
        ("Stack trace (most recent call first):", ("", "")),
        ("order 1 is lost\nBacktrace:", ("", "order 1 is lost")),
        ("no backtrace", ("", "no backtrace")),
        ("Program terminated with signal SIGSEGV, Segmentation fault.", ("SIGSEGV", "Segmentation fault.")),
        ("Crash reason:  SIGSEGV /SEGV_MAPERR", ("SIGSEGV", "SEGV_MAPERR")),
        ("shop: a.c:3: main: Assertion `x > 0' failed.", ("Assertion", "`x > 0' failed.")),
        ("F20261124 10:00:00.123456 7 a.cc:3] Check failed: x > 0 (0 vs. 0)", ("Check failed", "x > 0 (0 vs. 0)")),
        ("shop::PaymentError: a: b", ("shop::PaymentError", "a: b")),
        ("std::runtime_error: x", ("std::runtime_error", "x")),
        ("payment failed: x", ("", "payment failed: x")),
        ("", ("", "")),
    ],
)
def test_a_head_says_type_and_message(head: str, expected: tuple[str, str]) -> None:
    """Runtimes and tools have words of their own; other words are a message."""
    assert native.read_head(head) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shop::Cart::add(int) const", ("shop::Cart", "add")),
        ('shop::Cart::add (this=0x7f, name="a(b")', ("shop::Cart", "add")),
        ("void shop::apply<int, std::vector<int> >(int const&)", ("shop", "apply")),
        ("shop::(anonymous namespace)::hidden(int)", ("shop", "hidden")),
        ("shop::{anonymous}::hidden", ("shop", "hidden")),
        ("shop::charge(int)::{lambda(int)#1}::operator()(int) const", ("shop", "charge")),
        ("shop::charge(int)::$_0::operator()(int) const", ("shop", "charge")),
        ("shop::charge()::'lambda'(int)::operator()(int) const", ("shop", "charge")),
        ("operator() (__closure=0x7f, n=3)", ("", "<lambda>")),
        ("shop::Cart::operator()(int)", ("shop::Cart", "operator()")),
        ("shop::operator<<(std::ostream&, int)", ("shop", "operator<<")),
        ("shop::Cart::operator bool() const", ("shop::Cart", "operator bool")),
        ("shop::Cart::operator->() const", ("shop::Cart", "operator->")),
        ("operator new(unsigned long)", ("", "operator new")),
        ("shop::Cart::name[abi:cxx11](int)", ("shop::Cart", "name")),
        ("shop::check(int) [clone .cold]", ("shop", "check")),
        ("parse.constprop.0", ("", "parse")),
        ("memcpy@@GLIBC_2.14", ("", "memcpy")),
        ("std::__cxx11::basic_string<char>::at(unsigned long)", ("std::basic_string", "at")),
        ("std::function<void (int)>::operator()(int) const", ("std::function", "operator()")),
        ("alloc::vec::push::h0123456789abcdef", ("alloc::vec", "push")),
        ("_ZN4shop5checkEi", ("shop", "check")),
        ("_ZNK4shop4Cart3addEiRKSs", ("shop::Cart", "add")),
        ("_ZN4shop4CartC2Ei", ("shop::Cart", "Cart")),
        ("_ZN4shop4CartD0Ev", ("shop::Cart", "~Cart")),
        ("_ZN4shop4CartlsEi", ("shop::Cart", "operator<<")),
        ("_ZNK4shop4CartcvbEv", ("shop::Cart", "operator bool")),
        ("_ZN4shop4Cart4nameB5cxx11Ei", ("shop::Cart", "name")),
        ("_ZN4shop12_GLOBAL__N_16hiddenEi", ("shop", "hidden")),
        ("_ZZN4shop6chargeEiENKUliE_clEi", ("shop", "charge")),
        ("_ZL3runi", ("", "run")),
        ("_Z5checki", ("", "check")),
        ("_ZN4shop5ShelfISt3mapIiSsSt4lessIiESaISt4pairIKiSsEEELi4EE3putISt6vectorIiSaIiEEEEvRKT_", ("shop::Shelf", "put")),
        ("_ZNSt6vectorIiSaIiEE2atEm", ("std::vector", "at")),
        ("_ZN99shop", ("", "shop")),
        ("_Z", ("", "_Z")),
        ("??", ("", "??")),
        ("", ("", "")),
    ],
)  # fmt: skip
def test_every_spelling_of_a_name_is_one_name(name: str, expected: tuple[str, str]) -> None:
    """Arguments, templates, qualifiers, clones and generated parts are no part of a name."""
    assert read_name(name) == expected


@pytest.mark.parametrize(
    ("name", "file", "binary", "expected"),
    [
        ("shop::check(int)", "", "/srv/shop", ("shop", "check", True)),
        ("main", "/usr/include/c++/12/bits/stl_vector.h", "", ("::", "main", True)),
        ("parse", "/src/csv.c", "", ("csv", "parse", True)),
        ("std::terminate()", "", "", ("std", "terminate", False)),
        ("boost::asio::run()", "", "/srv/shop", ("boost::asio", "run", False)),
        ("ours::run()", "/src/third_party/x/y.cc", "", ("ours", "run", False)),
        ("run", "", "/usr/lib/libx.so.3", ("::", "run", False)),
        ("__libc_start_main", "../csu/libc-start.c", "", ("::", "__libc_start_main", False)),
        ("abort", "", "", ("::", "abort", False)),
        ("shop::TracedError::TracedError(int)", "", "", ("shop::TracedError", "TracedError", False)),
        ("", "", "/srv/shop", ("shop", "??", True)),
        ("", "", "/lib/x86_64-linux-gnu/libc.so.6", ("libc.so.6", "??", False)),
        ("(unknown)", "", "", ("::", "??", False)),
    ],
)
def test_namespace_source_and_binary_tell_whose_a_function_is(
    name: str, file: str, binary: str, expected: tuple[str, str, bool]
) -> None:
    """A namespace first, then where the function lies."""
    assert locate(name, file, binary) == expected


def test_the_failed_thread_is_read() -> None:
    """A debugger prints it last, as thread 1; a minidump says that it crashed."""
    other = "#0  0x00007777 in poll () from /lib64/libc.so.6\n"
    assert names(f"Thread 2 (Thread 0x7f (LWP 2)):\n{other}\nThread 1 (Thread 0x7f (LWP 1)):\n{GDB}") == ["shop|check"]
    dump = "Thread 1\n 0  libc.so.6 + 0x12\n\nThread 2 (crashed)\n 0  shop!shop::check(int) [a.cpp : 4 + 0x5]\n    rax = 0x1\n 1  shop!main + 0x5\n"
    assert names("Crash reason:  SIGSEGV\n" + dump) == ["shop|check", "::|main"]


def test_where_memory_came_from_is_no_part_of_the_stack() -> None:
    """A sanitizer prints more stacks after the first."""
    report = f"==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x1\n    {GDB}\nfreed by thread T0 here:\n    {GDB}"
    assert names(report) == ["shop|check"]


def test_what_a_signals_handler_called_is_left_out() -> None:
    """The frames after the signal are those of the error."""
    assert names(
        "#0  0x00001 in shop::on_signal (n=11) at a.cpp:1\n#1  <signal handler called>\n" + GDB.replace("#0", "#2")
    ) == ["shop|check"]


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        ("#1  each () at shop.cpp:30\n#2  pay () at shop.cpp:48\n#3  main () at main.cpp:3\n", "::|pay"),
        ("#1  each () at each.h:47\n#2  pay () at shop.cpp:60\n#3  main () at main.cpp:3\n", "::|pay"),
        ("#1  operator() () at shop.cpp:49\n#2  pay () at shop.cpp:60\n#3  main () at main.cpp:3\n", "::|pay"),
        ("#1  each () at each.h:47\n#2  main () at main.cpp:3\n", "::|operator()"),
    ],
    ids=["helper in the same file", "helper elsewhere", "in another lambda", "unknown"],
)
def test_a_lambda_without_a_name_has_that_of_the_function_around_it(around: str, expected: str) -> None:
    """Of those in its file the one whose line is nearest: a helper that calls it is no closer than who wrote it."""
    assert names("#0  0x00005555 in operator() () at shop.cpp:47\n" + around)[0] == expected


def test_a_function_without_a_name_lets_the_message_count() -> None:
    """The symbols were stripped: the place is not known, the binary is."""
    one, other = (
        explain(f"{text}\n 0# 0x0000555{text[-1]} in /srv/shop\n", exception_type="E")
        for text in ("no stock 1", "no card 2")
    )
    assert one.fingerprint.message_counted
    assert one.fingerprint.value != other.fingerprint.value


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.lists(st.sampled_from(PIECES)).map("".join))
def test_an_outline_is_the_text_with_and_without_openings(text: str, other: str) -> None:
    """The pieces put together are the text; openings of other texts change nothing."""
    found = native.outline(text)
    pieces = "".join(body + head for body, head in zip(found.bodies, found.heads, strict=True))
    assert found.preamble + pieces + found.tail == text
    openings = [native.outline(one).opening for one in (text, other, PLAIN)]
    again = native.outline(text, [one for one in openings if one])
    assert (again.bodies, again.heads, again.tail) == (found.bodies, found.heads, found.tail)
    explain(text, language="cpp")


@pytest.mark.parametrize("piece", PIECES)
def test_endless_repeats_are_read_to_a_bounded_stack(piece: str) -> None:
    """What repeats without end is bounded; nothing fails."""
    assert (
        explain(PLAIN + piece * (2 * STACK_CHARS_MAX // len(piece)), language="cpp").exception_type
        == "shop::PaymentError"
    )

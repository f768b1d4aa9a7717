"""Stacks of Elixir and Erlang that no golden file shows: cut off, nested, wrapped in logs, hostile."""

from __future__ import annotations

import pytest

from collector.grouping import explain
from collector.stacks import elixir

HEAD = "** (Shop.PaymentError) order 1\n"
FRAMES = "    (shop 0.1.0) lib/shop/pay.ex:12: Shop.Pay.charge/2\n    (plug 1.15.3) lib/plug/router.ex:3: Plug.Router.call/2\n"
PLAIN = HEAD + FRAMES
LIST = '[{shop_pay,charge,2,[{file,"src/shop_pay.erl"},{line,12}]},{gen_server,handle_msg,6,[{file,"gen_server.erl"},{line,1}]}]'


def described(text: str, language: str = "erlang") -> list[str]:
    found = explain(text, language=language).stack.exceptions[0].frames
    return [f"{'app' if f.in_app else 'lib'} {f.module}.{f.function}" for f in found]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.rstrip(),
        "17:47:54.423 [error] GenServer #PID<0.140.0> terminating\n" + PLAIN + "Last message: :charge\nState: 3056\n",
        "17:47:54.423 [error] " + PLAIN,
        PLAIN.replace("(shop 0.1.0)", "(shop 2.0.0-rc.1)").replace("lib/shop/", "/builds/42/lib/shop/"),
        PLAIN.replace("charge/2", 'charge(1, "x")'),
        PLAIN.replace("Shop.Pay.charge/2", "anonymous fn/1 in Shop.Pay.charge/2"),
        PLAIN.replace("Shop.Pay.charge/2", "anonymous fn(7, nil) in Shop.Pay.charge/2"),
        PLAIN.replace("Shop.Pay.charge/2", 'Shop.Pay."-charge/2-fun-0-"/1'),
        PLAIN.replace("Shop.Pay.charge/2", 'Shop.Pay."charge (overridable 1)"/2'),
        PLAIN.replace(FRAMES, FRAMES[:70]),
    ],
    ids=[
        "crlf",
        "no last newline",
        "logger",
        "one line",
        "versions",
        "arguments",
        "closure",
        "values",
        "lifted",
        "overridable",
        "cut",
    ],
)
def test_the_form_of_a_text_changes_nothing(text: str) -> None:
    """Line ends, log lines, versions, arguments and generated names don't matter."""
    grouping = explain(text)
    assert grouping.exception_type == "Shop.PaymentError"
    assert grouping.message == "order 1"
    assert grouping.fingerprint.value == explain(PLAIN).fingerprint.value


def test_the_frames_alone_take_the_type_that_was_sent() -> None:
    """So OpenTelemetry's SDK sends them; its types have Elixir's prefix."""
    sent = explain(FRAMES, language="erlang", exception_type="Elixir.Shop.PaymentError", exception_message="order 1")
    assert sent.fingerprint.value == explain(PLAIN).fingerprint.value


def test_an_exit_has_the_other_process_as_its_cause() -> None:
    """Frames belong to the nearest exception above that is indented less."""
    text = (
        "** (exit) exited in: GenServer.call(#PID<0.1.0>, :charge, 5000)\n    ** (EXIT) an exception was raised:\n"
        "        ** (Shop.PaymentError) order 1\n            (shop 0.1.0) lib/shop/pay.ex:12: Shop.Pay.charge/2\n"
        "    (elixir 1.14.0) lib/gen_server.ex:1038: GenServer.call/3\n    (shop 0.1.0) lib/shop/client.ex:9: Shop.Client.run/1\n"
    )
    found = [(e.type, [f.function for f in e.frames]) for e in explain(text).stack.exceptions]
    assert found == [("exited", ["call", "run"]), ("EXIT", []), ("Shop.PaymentError", ["charge"])]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LIST, ""),
        ("** Reason for termination ==\n** {{badmatch,{error,17}}," + LIST + "}\n", "badmatch"),
        ("Error in process <0.1.0> with exit value:\n{badarg," + LIST + "}", "badarg"),
        ("{{{nocatch,{no_payment,3}}," + LIST + "}", "no_payment"),
        (
            "exception error: no match of right hand side value 3\n  in function  shop_pay:charge/2 (src/shop_pay.erl, line 12)\n",
            "badmatch",
        ),
        (
            "** exception exit: {no_payment,3}\n     in function  shop_pay:charge/2 (src/shop_pay.erl, line 12)",
            "no_payment",
        ),
    ],
)
def test_erlangs_forms_are_read(text: str, reason: str) -> None:
    """A list of frames with or without a reason, and the shell's words."""
    assert explain(text).exception_type == reason
    assert described(text)[0] == "app shop_pay.charge"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[{shop_pay,charge,1,...},{erl_eval,do_apply,...}|...]", ["app shop_pay.charge", "lib erl_eval.do_apply"]),
        (
            '[{erlang,binary_to_integer,[<<"x">>],[]},{shop_pay,...},{...}|...]',
            ["lib erlang.binary_to_integer", "app shop_pay."],
        ),
        ('[{shop_pay,charge,[{a,b,[1]},"}]"],[{file,"a.erl"},{line,2}]}]', ["app shop_pay.charge"]),
        ("[{'Elixir.Shop.Pay','-run/1-fun-0-',1,[{file,\"lib/pay.ex\"},{line,2}]}]", ["app Shop.Pay.run"]),
        ("[{shop_nope,go,[1],[]},{shop_pay,run,1,[]}]", ["lib shop_nope.go", "app shop_pay.run"]),
        ('[{shop_nope,go,"3",[]},{shop_pay,run,1,[]}]', ["lib shop_nope.go", "app shop_pay.run"]),
        ('[{shop_pay,charge,1,[{file,"a.e', ["app shop_pay.charge"]),
    ],
)
def test_a_list_that_was_cut_off_gives_what_is_left(text: str, expected: list[str]) -> None:
    """OpenTelemetry's SDK for Erlang sends some fifty characters."""
    assert described(text) == expected


@pytest.mark.parametrize(
    ("kind", "component"),
    [
        ("error:{badmatch,{error,17}}", "error badmatch"),
        ("error:badarg", "error badarg"),
        ("throw:{no_payment,3}", "error no_payment"),
        ("exit:{shutdown,killed}", "error shutdown killed"),
        ('error:<<"x">>', "error error"),
    ],
)
def test_values_in_a_type_do_not_count(kind: str, component: str) -> None:
    """OpenTelemetry's SDK for Erlang sends the whole reason as the type, and no message."""
    assert explain(LIST, language="erlang", exception_type=kind).fingerprint.components[0] == component


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("(ecto 3.11.0) lib/ecto/repo.ex:1: Ecto.Repo.get!/3", "lib Ecto.Repo.get!"),
        ("(opentelemetry_phoenix 1.1.0) lib/a.ex:1: OpentelemetryPhoenix.handle/4", "lib OpentelemetryPhoenix.handle"),
        ("(stdlib 4.2) gen_server.erl:1123: :gen_server.try_dispatch/4", "lib gen_server.try_dispatch"),
        ("lib/enum.ex:5: Enum.map/2", "lib Enum.map"),
        ("deps/plug/lib/plug/builder.ex:5: Shop.Router.call/2", "lib Shop.Router.call"),
        (":erlang.map_get(:x, %{a: 1})", "lib erlang.map_get"),
        ("Shop.Nowhere.charge(1)", "lib Shop.Nowhere.charge"),
        ("shop.exs:3: (file)", "app shop.(file)"),
        ("shop.exs:3: anonymous fn/0 in :elixir_compiler_4.__FILE__/1", "app shop.(file)"),
        ("(shop 0.1.0) lib/shop/pay.ex:12: Shop.Pay.charge/2", "app Shop.Pay.charge"),
    ],
)
def test_the_application_tells_whose_a_frame_is(line: str, expected: str) -> None:
    """Known dependencies and the languages' own applications are not in-app; without one, file and module tell."""
    assert described(f"** (E) x\n    {line}\n{FRAMES}", "elixir")[0] == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("(Shop.PaymentError) a: b\n", ("Shop.PaymentError", "a: b")),
        ("(throw) {:no_payment, 3}", ("throw", "{:no_payment, 3}")),
        ("(EXIT) time out", ("timeout", "time out")),
        ("(Plug.Conn.WrapperError) ** (Shop.PaymentError) a: b", ("Shop.PaymentError", "a: b")),
        ("(stop) {:bad_state, 3}", ("exit", "{:bad_state, 3}")),
        ("(stop) {:nocatch, {:halt, 3}}", ("throw", "{:halt, 3}")),
        ("(ErlangError) Erlang error: {:nocatch, {:halt, 3}}", ("throw", "{:halt, 3}")),
        ("(ErlangError) Erlang error: :no_stock", ("ErlangError", "Erlang error: :no_stock")),
        ("{'module could not be loaded',", ("undef", "'module could not be loaded'")),
        ("(EXIT from #PID<0.1.0>) :killed", ("EXIT", ":killed")),
        ("{{badmatch,{error,17}},", ("badmatch", "{badmatch,{error,17}}")),
        ("words", ("", "words")),
        ("", ("", "")),
    ],
)
def test_a_head_is_type_and_message(head: str, expected: tuple[str, str]) -> None:
    """The type stands in parentheses in front."""
    assert elixir.read_head(head) == expected


@pytest.mark.parametrize(
    "text",
    [
        "** (E) m\n" * 100_000,
        "** (E) m\n" + "    (a 1.0) lib/a.ex:1: A.b/1\n" * 35_000,
        "** (E) m\n" + "    A.b(1,\n" * 90_000,
        "** (E) m\n" + "    (a 1.0) " * 90_000,
        "[" + '{a,b,1,[{file,"a.erl"},{line,1}]},' * 30_000,
        "[{a,b,[" * 150_000,
        '[{a,b,["' + "\\" * 1_000_000,
        "exception error: " * 60_000,
        "exception error: bad argument\n  in function  a:b/1\n" + "     called as b(1)\n" * 50_000,
    ],
)
def test_hostile_texts_are_read(text: str) -> None:
    """Any text gives a stack (what they cost is measured elsewhere)."""
    assert explain(text, language="elixir", exception_message=text).stack.exceptions

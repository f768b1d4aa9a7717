"""JavaScript stacks that no golden file shows: of other runtimes, cut off, wrapped in logs, made to be slow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.grouping import explain
from collector.model import Grouping, Stack
from collector.stacks import javascript

FRAMES = "    at charge (/srv/shop/pay.js:3:9)\n    at async handle (file:///srv/shop/app.mjs:7:3)\n"
PLAIN = "PaymentError: order 17\n" + FRAMES
GECKO = "charge@https://shop.example/pay.js:3:9\nhandle@https://shop.example/app.mjs:7:3\n"


def read(text: str) -> Grouping:
    return explain(text, language="nodejs", exception_type="SentError", exception_message="sent")


def names(text: str, number: int = 0) -> list[str]:
    """Frames as `module|function`, those of the program with a plus."""
    return [f"{f.module}|{f.function}{'+' if f.in_app else ''}" for f in read(text).stack.exceptions[number].frames]


def chain(text: str) -> list[tuple[str, str]]:
    return [(error.relation, error.type) for error in read(text).stack.exceptions]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.rstrip(),
        PLAIN + "    at next (/srv/shop/pa",
        PLAIN + "\nNode.js v20.1.0",
        PLAIN.rstrip() + " {\n  code: 'E_PAY',\n  order: 17\n}",
        "2026-11-24T11:04:05Z ERROR [shop] request 3 failed\n" + PLAIN,
        "[2026-11-24 11:04:05] shop.ERROR: request 3 failed: " + PLAIN,
        "Uncaught " + PLAIN,
        "Uncaught (in promise) " + PLAIN,
        "(node:4711) UnhandledPromiseRejectionWarning: " + PLAIN,
        "/srv/shop/pay.js:3\n  throw new PaymentError(order)\n  ^\n\n" + PLAIN,
        "file:///srv/shop/pay.mjs:3\n\tthrow new PaymentError(order)\n\t^\n\n" + PLAIN,
        "error: Uncaught (in promise) PaymentError: order 17\n    throw new PaymentError(order)\n          ^\n"
        + FRAMES,
        PLAIN.replace("PaymentError:", "PaymentError [E_PAY]:"),
        PLAIN.replace("PaymentError:", "<ref *1> PaymentError:"),
        PLAIN.replace("PaymentError:", "Error [PaymentError]:"),
        "\x1b[31m" + PLAIN.replace("    at", "\x1b[90m    at").replace("\n", "\x1b[39m\n"),
    ],
)
def test_the_wrapping_of_a_stack_changes_nothing(text: str) -> None:
    """Line ends, cut ends, log text, the words of a runtime and properties don't matter."""
    grouping = read(text)
    assert grouping.exception_type == "PaymentError"
    assert grouping.message == "order 17"
    assert grouping.fingerprint.value == read(PLAIN).fingerprint.value


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("at Object.<anonymous> [as handler] (/srv/a.js:1:2)", "a|handler+"),
        ("at new Foo (/srv/a.js:1:2)", "a|Foo+"),
        ("at async Foo.bar (/srv/a.js:1:2)", "a|bar+"),
        ("at Cart.get total [as total] (/srv/a.js:1:2)", "a|total+"),
        ("at Foo.#hidden (/srv/a.js:1:2)", "a|#hidden+"),
        ("at exports.handler (/var/task/index.js:1:2)", "index|handler+"),
        ("at eval (eval at run (/srv/a.js:1:2), <anonymous>:1:1)", "a|run+"),
        ("at run (eval at f (eval at g (/srv/a.js:1:2), <anonymous>:1:1), <anonymous>:3:4)", "a|run+"),
        ("at /srv/my shop (old)/a.js:1:2", "a|<anonymous>+"),
        ("at run (C:\\Program Files (x86)\\Shop\\resources\\app.asar\\dist\\main.js:1:2)", "main|run+"),
        ("at async Promise.all (index 0)", "native|all"),
        ("at Array.map (<anonymous>)", "native|map"),
        ("at apply (native)", "native|apply"),
        ("at <anonymous>", "native|<anonymous>"),
        ("at process.processTicksAndRejections (node:internal/process/task_queues:95:5)", "node:internal/process/task_queues|processTicksAndRejections"),
        ("at Socket.emit (events.js:198:13)", "node:events|emit"),
        ("at tick (internal/process/next_tick.js:68:7)", "node:internal/process/next_tick|tick"),
        ("at pay (address at index.android.bundle:1:2345)", "bundle|pay+"),
        ("at Layer.handle (/srv/node_modules/.pnpm/express@4.18.2/node_modules/express/lib/layer.js:1:2)", "express|handle"),
        ("at get (/srv/.yarn/cache/axios-npm-1.2-ab12.zip/node_modules/axios/index.js:1:2)", "axios|get"),
        ("at run (/srv/node_modules/@nestjs/core/router.js:1:2)", "@nestjs/core|run"),
        ("at Page (webpack-internal:///(rsc)/./app/checkout/page.tsx:1:2)", "checkout/page|Page+"),
        ("at Page (about://React/Server/webpack-internal:///(rsc)/./app/checkout/page.tsx?3:1:2)", "checkout/page|Page+"),
        ("at __webpack_require__ (webpack://shop/webpack/bootstrap:1:2)", "webpack|__webpack_require__"),
        ("at ./src/pay.js (https://shop.example/main.3f2a9c.js:1:2)", "main|<anonymous>+"),
        ("at t (https://shop.example/assets/index-BX3k9ab_.js?v=1#x:1:2)", "index|t+"),
        ("at t (https://shop.example/static/js/2.3f2a9c1d.chunk.js:1:2)", "chunk|t+"),
        ("at t (https://shop.example/vendors~main.3f2a9c1d.js:1:2)", "vendors~main|t"),
        ("at hook (http://localhost:5173/node_modules/.vite/deps/react.js?v=9a1:1:2)", "react|hook"),
        ("at t (https://cdn.jsdelivr.net/npm/vue@3.4.1/dist/vue.js:1:2)", "vue|t"),
        ("at t (chrome-extension://abcdef/content.js:1:2)", "extension|t"),
        ("at shop.price (wasm://wasm/shop-a3dffd22:wasm-function[0]:0x23)", "wasm|price+"),
        ("at wasm://wasm/a3dffd22:wasm-function[7]:0x23", "wasm|<anonymous>+"),
        ("at core::panicking::panic::h0123456789abcdef (wasm://wasm/a3dffd22:wasm-function[7]:0x23)", "wasm|panic+"),
        ("at t (https://shop.example/assets/index-DiwrgTda.js:1:2)", "index|t+"),
        ("at t (https://shop.example/assets/shop-settings.js:1:2)", "shop-settings|t+"),
        ("at GET (/srv/.next/server/app/api/orders/route.js:1:2)", "orders/route|GET+"),
        ("at t (http://10.0.2.2:8081/index.bundle//&platform=ios&dev=true:1:2)", "bundle|t+"),
        ("at __awaiter (/srv/a.js:1:2)", "a|__awaiter"),
        ("at pay$1 (/srv/a.js:1:2)", "a|pay+"),
    ],
)  # fmt: skip
def test_a_frame_of_v8_is_module_function_and_whose_it_is(frame: str, expected: str) -> None:
    """What a build, a layout of packages or a receiver adds is left out."""
    assert names(f"TypeError: x\n    {frame}\n    at last (/srv/last.js:1:2)")[0] == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("async*loadAll@https://shop.example/a.js:1:2", "a|loadAll+"),
        ("promise callback*boot@https://shop.example/a.js:1:2", "a|boot+"),
        ("EventListener.handleEvent*@https://shop.example/a.js:1:2", "a|<anonymous>+"),
        ("pay/<@https://shop.example/a.js:1:2", "a|<anonymous>+"),
        ("Cart.prototype.pay@https://shop.example/a.js:1:2", "a|pay+"),
        ("shop/this.pay@https://shop.example/a.js:1:2", "a|pay+"),
        ("pay@https://shop.example/a.js line 3 > eval:1:2", "a|pay+"),
        ("@https://shop.example/a.js line 3 > eval:1:2\nrun@https://shop.example/a.js:3:2", "a|run+"),
        ("map@[native code]", "native|map"),
        ("global code@https://shop.example/a.js:1:2", "a|<anonymous>+"),
        ("module code@https://shop.example/a.js:1:2", "a|<anonymous>+"),
        ("https://shop.example/@scope/a.js:1:2", "a|<anonymous>+"),
        ("t@12:3456", "bundle|t+"),
        ("pay@/var/containers/Bundle/Application/0A-1B/Shop.app/main.jsbundle:1:2", "bundle|pay+"),
        ("<?>.wasm-function[price]@[wasm code]", "wasm|price+"),
        ("inject@moz-extension://1234/c.js:1:2", "extension|inject"),
    ],
)
def test_a_line_of_spidermonkey_or_javascriptcore_is_a_frame(line: str, expected: str) -> None:
    """Their frames agree with V8's."""
    assert names(f"{line}\nlast@https://shop.example/last.js:1:2\n")[0] == expected


def test_engines_that_print_no_head_take_what_was_sent() -> None:
    """Type and message come from the attributes; log text before the frames is none of them."""
    for text in (GECKO, GECKO.replace("\n", "\r\n"), "page 3 failed\n" + GECKO):
        grouping = explain(text, language="webjs", exception_type="PaymentError", exception_message="order 17")
        assert (grouping.exception_type, grouping.message) == ("PaymentError", "order 17")
        assert grouping.fingerprint.value == read(PLAIN).fingerprint.value


def test_frames_inside_node_alone_do_not_count() -> None:
    """Its versions differ in them: Node 18 has none here."""
    failed = "Error: ENOENT: no such file, open '/srv/{}.json'\n"
    frame = "    at async open (node:internal/fs/promises:637:25)\n"
    inside = explain(failed.format(1) + frame, language="nodejs")
    assert inside.fingerprint.components == explain(failed.format(2), language="nodejs").fingerprint.components
    own = read(failed.format(1) + frame + "    at load (/srv/a.js:1:2)")
    assert own.fingerprint.components[1] == "in a|load"


def test_the_constructor_of_the_error_is_no_frame_of_the_program() -> None:
    """SpiderMonkey begins with it, JavaScriptCore without a place; the raise is below."""
    for first in ("PaymentError@https://shop.example/errors.js:1:1\n", "PaymentError@\n"):
        grouping = explain(first + GECKO, exception_type="PaymentError", exception_message="order 17")
        assert grouping.stack.raise_site == "https://shop.example/pay.js:3:9:charge"
        assert grouping.fingerprint.value == read(PLAIN).fingerprint.value


def test_a_callback_counts_as_the_function_that_it_is_written_in() -> None:
    """If something else than the program called it; what the program's own function calls may come from anywhere."""
    native = "E: x\n    at /srv/a.js:1:2\n    at Array.map (<anonymous>)\n    at pay (/srv/a.js:2:2)"
    assert names(native)[0] == "a|pay+"
    assert names(native.replace("    at Array.map (<anonymous>)\n", ""))[0] == "a|<anonymous>+"
    assert names(native.replace("pay (/srv/a.js", "pay (/srv/b.js"))[0] == "a|<anonymous>+"


def test_the_message_counts_where_a_name_says_nothing() -> None:
    """Anonymous functions, and one or two letters as minifiers leave them."""
    for name in ("t", "$e", "Object.<anonymous>", "throwError"):
        text = f"TypeError: MESSAGE\n    at {name} (https://shop.example/main.3f2a9c.js:1:2)"
        one, other, same = (read(text.replace("MESSAGE", m)) for m in ("order 1 late", "cart empty", "order 23 late"))
        assert one.fingerprint.value != other.fingerprint.value
        assert one.fingerprint.value == same.fingerprint.value


def test_a_class_that_was_sent_is_better_than_error() -> None:
    """Some engines fix the first line before the class has set its name; a code is no class."""
    for sent, kind in (("PaymentError", "PaymentError"), ("ECONNREFUSED", "Error"), ("", "Error")):
        assert explain("Error: x\n" + FRAMES, language="nodejs", exception_type=sent).exception_type == kind


def test_where_the_stack_overflowed_is_chance() -> None:
    """The frames begin anew with the first of the functions that repeat."""
    a, b = "    at even (/srv/a.js:1:2)\n", "    at odd (/srv/a.js:3:2)\n"
    head = "RangeError: Maximum call stack size exceeded\n"
    found = {
        read(head + frames).fingerprint.value
        for frames in ((a + b) * 5, (b + a) * 5, "    at leaf (/srv/a.js:9:9)\n" + (a + b) * 4)
    }
    assert len(found) == 1
    headless = [
        "".join(lines)
        for lines in (
            ["f@https://x/a.js:1:2\n", "g@https://x/a.js:2:2\n"] * 40,
            ["g@https://x/a.js:2:2\n", "f@https://x/a.js:1:2\n"] * 40,
        )
    ]
    assert len({read(text).fingerprint.value for text in headless}) == 1  # fmt: skip


AGGREGATE = """AggregateError: two rows
    at loadAll (/srv/load.js:3:4) {
  [cause]: Error: c
      at c (/srv/load.js:1:1),
  [errors]: [
    RowError: row 1
        at row (/srv/load.js:9:9) {
      code: 1,
      [cause]: TypeError: deep
          at deep (/srv/load.js:10:1)
    },
    [KeyError: nothing],
    AggregateError: inner
        at inner (/srv/load.js:12:1) {
      [errors]: [
        RowError: row 7
            at row (/srv/load.js:9:9)
      ]
    }
  ]
}"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAIN.rstrip() + " {\n  [cause]: Error: a\n      at f (/srv/a.js:1:2)\n}", [("", "PaymentError"), ("cause", "Error")]),
        (PLAIN.rstrip() + " {\n  [cause]: [Error: a]\n}", [("", "PaymentError"), ("cause", "Error")]),
        (PLAIN.rstrip() + " {\n  [cause]: 'down'\n}", [("", "PaymentError")]),
        (PLAIN.rstrip() + " {\n  [cause]: undefined\n}", [("", "PaymentError")]),
        (PLAIN.rstrip() + " {\n  [cause]: [Circular *1]\n}", [("", "PaymentError")]),
        (PLAIN + "Caused by: Error: a\n    at f (/srv/a.js:1:2)", [("", "PaymentError"), ("cause", "Error")]),
        (PLAIN + "caused by: Error: a\n    at f (/srv/a.js:1:2)", [("", "PaymentError"), ("cause", "Error")]),
        (
            PLAIN.rstrip() + " {\n  response: Error: a\n      at f (/srv/a.js:1:2),\n  sql: 'select'\n}",
            [("", "PaymentError"), ("suppressed", "Error")],
        ),
        (
            PLAIN.rstrip() + " {\n  [error]: Error: a\n      at f (/srv/a.js:1:2),\n  [suppressed]: Error: b\n      at g (/srv/a.js:1:2)\n}",
            [("", "PaymentError"), ("cause", "Error"), ("suppressed", "Error")],
        ),
        (
            AGGREGATE,
            [
                ("", "AggregateError"),
                ("cause", "Error"),
                ("member", "RowError"),
                ("cause", "TypeError"),
                ("member", "KeyError"),
                ("member", "AggregateError"),
                ("member", "RowError"),
            ],
        ),
        ("[AggregateError: all] {\n  [errors]: [\n    [Error: a],\n    [Error: b]\n  ]\n}", [("", "AggregateError"), ("member", "Error"), ("member", "Error")]),
    ],
)  # fmt: skip
def test_causes_and_lists_of_errors_are_read(text: str, expected: list[tuple[str, str]]) -> None:
    """As `util.inspect`, Deno and loggers print them; other properties that are errors do not count."""
    assert chain(text) == expected


def test_a_message_with_lines_like_frames_and_marks_stays_a_message() -> None:
    """Places and marks make a frame, not the word `at`."""
    message = "order 17 has faults:\n  at the till: 3\n  at 10:30:15\n  reason: Error: none"
    grouping = read(f"PaymentError: {message}\n{FRAMES}")
    assert grouping.message == message
    assert grouping.fingerprint.value == read(PLAIN).fingerprint.value


def test_a_syntax_error_is_where_its_source_line_is() -> None:
    """Its frames are the loader's; the line before the source tells the file."""
    text = "/srv/shop/broken.js:2\n  return order..price;\n               ^\n\nSyntaxError: Unexpected token '.'\n"
    assert names(text + "    at wrapSafe (node:internal/modules/cjs/loader:1464:18)\n")[0] == "broken|<syntax>+"


def test_a_rejected_value_was_raised_nowhere() -> None:
    """Node's own frames differ between its versions, so that none is kept."""
    head = 'UnhandledPromiseRejection: rejected with the reason "order 17"'
    frames = "\n    at throwUnhandledRejectionsMode (node:internal/process/promises:389:7) {\n  code: 'ERR_UNHANDLED_REJECTION'\n}"
    assert (
        read(head + frames).fingerprint.value
        == read(f"[{head}] {{\n  code: 'ERR_UNHANDLED_REJECTION'\n}}").fingerprint.value
    )


def test_a_message_of_megabytes_leaves_the_frames() -> None:
    """The text is bounded in the message."""
    assert names("PaymentError: " + "x" * 2_000_000 + "\n" + FRAMES) == ["pay|charge+", "app|handle+"]


HOSTILE = {
    "frames": FRAMES * 20_000,
    "unfinished frames": "    at f (" * 60_000,
    "brackets": "    at " + "(" * 500_000,
    "numbers": "    at a" + ":1" * 300_000,
    "evals": "    at eval " + "(eval at f " * 50_000 + ":1:1)",
    "blanks": "\n" + " " * 1_000_000,
    "at signs": "@\n" * 300_000,
    "headless frames": "f@https://x/a.js:1:2\n" * 50_000,
    "causes": PLAIN + "Caused by: Error: x\n" * 50_000,
    "members": "E: x\n    at f (/a.js:1:2) {\n  [errors]: [\n" + "    E: y,\n" * 100_000,
    "carets": "\n ^\n" * 200_000,
    "hashes": "E: x\n" + "".join(f"    at f (/a{'-a1b2c3d4' * 200}{n}.js:1:2)\n" for n in range(500)),
    "packages": "E: x\n" + "".join(f"    at f (/{'node_modules/.pnpm/' * 99}{n}/x.js:1:2)\n" for n in range(500)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_is_an_error(name: str) -> None:
    """A hostile text gives a stack like any other."""
    assert isinstance(read(HOSTILE[name]).stack, Stack)


PIECES = st.sampled_from(
    [PLAIN, GECKO, FRAMES, AGGREGATE, "\n", " {\n", "  [cause]: ", "  [errors]: [\n    ", "Error: x", "Uncaught ", "^\n\n", "at f", ",\n    ", "}"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=12), max_size=12))
def test_an_outline_has_all_of_the_text(pieces: list[str]) -> None:
    """Nothing is lost or moved, whatever the text."""
    text = "".join(pieces).replace("\r", "")
    outline = javascript.outline(text)
    middle = "".join(body + head for body, head in zip(outline.bodies, outline.heads, strict=True))
    assert outline.preamble + middle + outline.tail == text


@given(
    st.lists(PIECES | st.text(max_size=12), max_size=6), st.sampled_from([FRAMES, GECKO, "\n" + FRAMES.rstrip(), PLAIN])
)
def test_an_opening_changes_no_outline(pieces: list[str], ending: str) -> None:
    """What is known of other texts makes a cut faster, and no other."""
    text = "".join(pieces).replace("\r", "") + ending
    openings = [javascript.outline(known).opening for known in (PLAIN, GECKO, "E: x\n" + FRAMES)]
    assert javascript.outline(text, [opening for opening in openings if opening]) == javascript.outline(text)

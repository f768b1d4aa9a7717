"""Stack traces of 30 frames in every form that the parsers' languages commonly send, as their runtimes print them.

Of a text, `number` is in the names of functions and files, so that other numbers make other stacks; `raised` is what
differs between two raises of one error where frames are printed with arguments or addresses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES = 30


class Form(NamedTuple):
    """One form: `write(number, message, raised)` gives the text; `language` and `kind` are what is sent beside it."""

    name: str
    language: str
    kind: str
    write: Callable[[int, str, int], str]


def _own(depth: int) -> bool:
    return depth % 3 == 0  # a third of the frames is the program's


def python(number: int, message: str, raised: int) -> str:  # noqa: ARG001 - nothing else differs
    """CPython 3.11, with source and caret lines."""
    lines = ["Traceback (most recent call last):"]
    for depth in range(FRAMES):
        file = f"/usr/local/lib/python3.11/site-packages/web{depth}/core{number}.py"
        if _own(depth):
            file = f"/srv/shop/part{number}_{depth}.py"
        lines += [
            f'  File "{file}", line {10 + depth}, in call_{depth}',
            f"    result = self.call_next(request, {depth})",
            "             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        ]
    return "\n".join(lines) + f"\nshop.errors.PaymentError: {message}\n"


def jvm(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """`Throwable.printStackTrace`, with a cause that has three frames of its own."""
    lines = [f"com.shop.PaymentError: {message}"]
    lines += [_jvm_frame(number, depth) for depth in range(FRAMES - 3)]
    lines += [f"Caused by: com.shop.GatewayDown: {message}"]
    lines += [_jvm_frame(number, depth) for depth in range(FRAMES - 3, FRAMES)]
    return "\n".join([*lines, "\t... 24 more\n"])


def _jvm_frame(number: int, depth: int) -> str:
    if _own(depth):
        return f"\tat com.shop.part{number}.Orders{depth}.charge{depth}(Orders{depth}.java:{31 + depth})"
    return f"\tat org.springframework.web.Servlet{depth}.call{number}(Servlet{depth}.java:{31 + depth})"


def dotnet(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """.NET 8 with symbols."""
    lines = [f"Acme.Shop.PaymentError: {message}"]
    for depth in range(FRAMES):
        if _own(depth):
            lines.append(
                f"   at Acme.Shop.Part{number}.Orders{depth}.Charge(Int32 order, String name)"
                f" in /srv/src/Orders{depth}.cs:line {31 + depth}"
            )
        else:
            lines.append(f"   at Microsoft.AspNetCore.Routing{number}.Middleware{depth}.Invoke(HttpContext context)")
    return "\n".join(lines)


def node(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """V8's, as Node prints it."""
    lines = [f"PaymentError: {message}"]
    for depth in range(FRAMES):
        folder = "/srv/shop/src" if _own(depth) else "/srv/shop/node_modules/express/lib"
        lines.append(f"    at Layer{depth}.handle{number} ({folder}/part{number}_{depth}.js:{31 + depth}:17)")
    return "\n".join(lines)


def firefox(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """SpiderMonkey's, which has no head: the message is sent beside it."""
    host = "https://shop.example/assets"
    return "".join([f"handle{depth}/<@{host}/part{number}_{depth}.js:{31 + depth}:17\n" for depth in range(FRAMES)])


def go_panic(number: int, message: str, raised: int) -> str:
    """A panic as the program prints it, with arguments."""
    return f"panic: {message}\n\ngoroutine {1 + raised} [running]:\n{_go_frames(number, raised)}exit status 2\n"


def go_record(number: int, message: str, raised: int) -> str:  # noqa: ARG001 - it is sent beside the text
    """`runtime.Stack` as the OpenTelemetry SDK sends it, with arguments."""
    return (
        f"goroutine {17 + raised} [running]:\n"
        "go.opentelemetry.io/otel/sdk/trace.recordStackTrace(...)\n"
        "\t/go/pkg/mod/go.opentelemetry.io/otel/sdk@v1.28.0/trace/span.go:483\n"
        "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).RecordError"
        f"(0xc0{raised:08x}, {{0x94b020, 0xc0{raised + 16:08x}}}, {{0xc0{raised + 64:08x}, 0x1, 0x1}})\n"
        f"\t/go/pkg/mod/go.opentelemetry.io/otel/sdk@v1.28.0/trace/span.go:465 +0x51c\n{_go_frames(number, raised)}"
    )


def _go_frames(number: int, raised: int) -> str:
    lines = []
    for depth in range(FRAMES):
        arguments = f"0xc0{raised + depth:08x}, {{0xc0{raised + 64:08x}?, 0x{depth:x}?}}"
        if _own(depth):
            lines.append(
                f"shop.example/shop/part{number}.(*Store{depth}).Get({arguments})\n\t/srv/shop/store{depth}.go"
            )
        else:
            lines.append(f"github.com/acme/web{depth}.call{number}({arguments})\n\t/go/pkg/mod/web{depth}/web.go")
        lines.append(f":{31 + depth} +0x1d\n")
    return "".join(lines)


def go_errors(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """An error of github.com/pkg/errors, printed with `%+v`: no arguments."""
    lines = [message]
    for depth in range(FRAMES):
        if _own(depth):
            lines.append(
                f"shop.example/shop/part{number}.(*Store{depth}).Get\n\t/srv/shop/store{depth}.go:{31 + depth}"
            )
        else:
            lines.append(f"github.com/acme/web{depth}.call{number}\n\t/go/pkg/mod/web{depth}/web.go:{31 + depth}")
    return "\n".join(lines)


def rust(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """A panic with RUST_BACKTRACE=1."""
    lines = [f"thread 'main' panicked at src/part{number}.rs:95:5:\n{message}\nstack backtrace:"]
    library = "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library"
    lines.append(f"   0: rust_begin_unwind\n             at {library}/std/src/panicking.rs:665:5")
    for depth in range(1, FRAMES):
        if _own(depth):
            lines.append(
                f"{depth:4}: shop::part{number}::Store{depth}::get\n             at ./src/store{depth}.rs:{31 + depth}:13"
            )
        else:
            lines.append(
                f"{depth:4}: <tower::Service{number} as core::ops::function::FnOnce<T{depth}>>::call_once\n             at "
                f"/usr/local/cargo/registry/src/index.crates.io-6f17d22bba15001f/tower-0.4.13/src/lib.rs:{31 + depth}:9"
            )
    return "\n".join(
        [*lines, "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\n"]
    )


def php_own(number: int, message: str, raised: int) -> str:
    """PHP's own, with arguments."""
    lines = [f"App\\PaymentError: {message} in /srv/shop/src/Orders.php:13", "Stack trace:"]
    for depth in range(FRAMES - 1):
        folder = "/srv/shop/src" if _own(depth) else "/srv/shop/vendor/symfony/http-kernel"
        arguments = f"{raised}, 'order {raised}', Object(App\\Cart)"
        lines.append(
            f"#{depth} {folder}/Part{depth}.php({31 + depth}): App\\Part{number}\\Gateway{depth}->call({arguments})"
        )
    return "\n".join([*lines, f"#{FRAMES - 1} {{main}}"])


def php_sdk(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """The OpenTelemetry SDK's, which is like Java's."""
    lines = [f"App.PaymentError: {message}"]
    for depth in range(FRAMES - 1):
        space = "App" if _own(depth) else "Symfony.Component"
        lines.append(f"\tat {space}.Part{number}.Gateway{depth}.call(Gateway{depth}.php:{31 + depth})")
    return "\n".join([*lines, "\tat {main}(index.php:3)"])


def perl(number: int, message: str, raised: int) -> str:
    """Carp's, with arguments."""
    lines = [f"{message} at /srv/shop/lib/Shop/Pay.pm line 38."]
    for depth in range(FRAMES - 1):
        folder = "/srv/shop/lib/Shop" if _own(depth) else "/usr/share/perl5/Plack"
        lines.append(
            f"\tShop::Part{number}::call_{depth}(Shop::Cart=HASH(0x55c8{raised:08x}), {raised})"
            f" called at {folder}/Part{depth}.pm line {31 + depth}"
        )
    return "\n".join(lines) + "\n"


def perl_plain(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """Carp's of functions without arguments."""
    return perl(number, message, 0)


def ruby(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """`Exception#full_message` of Ruby 3.3."""
    lines = [f"/srv/shop/lib/part{number}.rb:12:in `charge': {message} (Shop::PaymentError)"]
    for depth in range(FRAMES - 1):
        folder = "/srv/shop/lib" if _own(depth) else "/usr/local/bundle/gems/rack-3.0.8/lib/rack"
        lines.append(f"\tfrom {folder}/part{number}_{depth}.rb:{31 + depth}:in `block in call_{depth}'")
    return "\n".join(lines) + "\n"


def elixir(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """`Exception.format`."""
    return f"** (Shop.PaymentError) {message}\n{elixir_sdk(number, '', 0)}"


def elixir_sdk(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """`Exception.format_stacktrace`: the message is sent beside it."""
    lines = []
    for depth in range(FRAMES):
        if _own(depth):
            lines.append(f"    (shop 0.1.0) lib/shop/part{number}.ex:{31 + depth}: Shop.Part{number}.call_{depth}/2\n")
        else:
            lines.append(f"    (plug 1.15.3) lib/plug/part{depth}.ex:{31 + depth}: Plug.Part{number}.call_{depth}/2\n")
    return "".join(lines)


def erlang(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """The list of frames, as Erlang's OpenTelemetry SDK prints the term."""
    entries = []
    for depth in range(FRAMES):
        name = f"shop_part{number}" if _own(depth) else f"cowboy_part{number}"
        entries.append(f'{{{name},call_{depth},2,[{{file,"src/{name}.erl"}},{{line,{31 + depth}}}]}}')
    return "[" + ",\n ".join(entries) + "]"


def dart(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """The VM's own: the message is sent beside it."""
    lines = []
    for depth in range(FRAMES):
        package = "shop" if _own(depth) else "shelf"
        lines.append(
            f"#{depth:<7}Cart{depth}.pay{number} (package:{package}/src/part{number}_{depth}.dart:{12 + depth}:5)\n"
        )
    return "".join(lines)


def native(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """Boost.Stacktrace's: type and message are sent beside it."""
    lines = []
    for depth in range(FRAMES):
        if _own(depth):
            lines.append(
                f"{depth:2}# shop::Part{number}::call{depth}(int, Cart const&) at /srv/shop/src/shop.cpp:{72 + depth}\n"
            )
        else:
            lines.append(
                f"{depth:2}# boost::asio::detail::part{number}::call{depth}(int) at /usr/include/boost/asio.hpp:{72 + depth}\n"
            )
    return "".join(lines)


def apple(number: int, message: str, raised: int) -> str:  # noqa: ARG001
    """`Thread.callStackSymbols` of a Swift program: addresses differ with every start."""
    lines = []
    for depth in range(FRAMES):
        address = f"0x{0x0000000104000000 + raised * 4096 + depth * 64:016x}"
        if _own(depth):
            lines.append(
                f"{depth:<4}{'Shop':35} {address} Shop.Part{number}.call{depth}(order: Swift.Int) -> () + 52\n"
            )
        else:
            lines.append(f"{depth:<4}{'UIKitCore':35} {address} -[UIPart{number} call{depth}:] + 96\n")
    return "".join(lines)


FORMS = (
    Form("python", "python", "shop.errors.PaymentError", python),
    Form("jvm", "java", "com.shop.PaymentError", jvm),
    Form("dotnet", "dotnet", "Acme.Shop.PaymentError", dotnet),
    Form("javascript", "nodejs", "PaymentError", node),
    Form("javascript, Firefox", "webjs", "PaymentError", firefox),
    Form("go, error with a stack", "go", "*errors.fundamental", go_errors),
    Form("go, panic, arguments differ", "go", "", go_panic),
    Form("go, SDK, arguments differ", "go", "*errors.errorString", go_record),
    Form("rust", "rust", "", rust),
    Form("php, SDK", "php", "App\\PaymentError", php_sdk),
    Form("php, arguments differ", "php", "App\\PaymentError", php_own),
    Form("perl", "perl", "Shop::PaymentError", perl_plain),
    Form("perl, arguments differ", "perl", "Shop::PaymentError", perl),
    Form("ruby", "ruby", "Shop::PaymentError", ruby),
    Form("elixir", "erlang", "Elixir.Shop.PaymentError", elixir),
    Form("elixir, SDK", "erlang", "Elixir.Shop.PaymentError", elixir_sdk),
    Form("erlang", "erlang", "badmatch", erlang),
    Form("dart", "dart", "PaymentError", dart),
    Form("native", "cpp", "shop::PaymentError", native),
    Form("apple, addresses differ", "swift", "Shop.PaymentError", apple),
)

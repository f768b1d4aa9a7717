"""Stack traces of 30 frames in every form that the parsers' languages commonly send, as their runtimes print them.

A third of the frames is the program's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES = 30


class Raise(NamedTuple):
    """What a text tells.

    `own` and `library` are in the names of the program's own functions and files and in those of
    libraries, so that other numbers make other stacks. `raised` is what differs between two raises of one error where
    frames are printed with arguments or addresses.
    """

    own: int
    library: int
    message: str
    raised: int


class Form(NamedTuple):
    """One form: `write` gives the text of a raise; `language` and `kind` are what is sent beside it."""

    name: str
    language: str
    kind: str
    write: Callable[[Raise], str]


def _own(depth: int) -> bool:
    return depth % 3 == 0  # a third of the frames is the program's


def _number(at: Raise, depth: int) -> int:
    return at.own if _own(depth) else at.library


def python(at: Raise) -> str:
    """CPython 3.11, with source and caret lines."""
    lines = ["Traceback (most recent call last):"]
    for depth in range(FRAMES):
        file = f"/usr/local/lib/python3.11/site-packages/web{depth}/core{at.library}.py"
        if _own(depth):
            file = f"/srv/shop/part{at.own}_{depth}.py"
        lines += [
            f'  File "{file}", line {10 + depth}, in call_{depth}',
            f"    result = self.call_next(request, {depth})",
            "             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        ]
    return "\n".join(lines) + f"\nshop.errors.PaymentError: {at.message}\n"


def jvm(at: Raise) -> str:
    """`Throwable.printStackTrace`, with a cause that has three frames of its own."""
    lines = [f"com.shop.PaymentError: {at.message}"]
    lines += [_jvm_frame(at, depth) for depth in range(FRAMES - 3)]
    lines += [f"Caused by: com.shop.GatewayDown: {at.message}"]
    lines += [_jvm_frame(at, depth) for depth in range(FRAMES - 3, FRAMES)]
    return "\n".join([*lines, "\t... 24 more\n"])


def _jvm_frame(at: Raise, depth: int) -> str:
    if _own(depth):
        return f"\tat com.shop.part{at.own}.Orders{depth}.charge{depth}(Orders{depth}.java:{31 + depth})"
    return f"\tat org.springframework.web.Servlet{depth}.call{at.library}(Servlet{depth}.java:{31 + depth})"


def dotnet(at: Raise) -> str:
    """.NET 8 with symbols."""
    lines = [f"Acme.Shop.PaymentError: {at.message}"]
    for depth in range(FRAMES):
        if _own(depth):
            lines.append(
                f"   at Acme.Shop.Part{at.own}.Orders{depth}.Charge(Int32 order, String name)"
                f" in /srv/src/Orders{depth}.cs:line {31 + depth}"
            )
        else:
            lines.append(
                f"   at Microsoft.AspNetCore.Routing{at.library}.Middleware{depth}.Invoke(HttpContext context)"
            )
    return "\n".join(lines)


def node(at: Raise) -> str:
    """V8's, as Node prints it."""
    lines = [f"PaymentError: {at.message}"]
    for depth in range(FRAMES):
        folder = "/srv/shop/src" if _own(depth) else "/srv/shop/node_modules/express/lib"
        lines.append(
            f"    at Layer{depth}.handle{_number(at, depth)} ({folder}/part{_number(at, depth)}_{depth}.js:{31 + depth}:17)"
        )
    return "\n".join(lines)


def firefox(at: Raise) -> str:
    """SpiderMonkey's, which has no head: the message is sent beside it."""
    host = "https://shop.example/assets"
    return "".join(
        [f"handle{depth}/<@{host}/part{_number(at, depth)}_{depth}.js:{31 + depth}:17\n" for depth in range(FRAMES)]
    )


def go_panic(at: Raise) -> str:
    """A panic as the program prints it, with arguments."""
    return f"panic: {at.message}\n\ngoroutine {1 + at.raised} [running]:\n{_go_frames(at)}exit status 2\n"


def go_record(at: Raise) -> str:
    """`runtime.Stack` as the OpenTelemetry SDK sends it, with arguments."""
    return (
        f"goroutine {17 + at.raised} [running]:\n"
        "go.opentelemetry.io/otel/sdk/trace.recordStackTrace(...)\n"
        "\t/go/pkg/mod/go.opentelemetry.io/otel/sdk@v1.28.0/trace/span.go:483\n"
        "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).RecordError"
        f"(0xc0{at.raised:08x}, {{0x94b020, 0xc0{at.raised + 16:08x}}}, {{0xc0{at.raised + 64:08x}, 0x1, 0x1}})\n"
        f"\t/go/pkg/mod/go.opentelemetry.io/otel/sdk@v1.28.0/trace/span.go:465 +0x51c\n{_go_frames(at)}"
    )


def _go_frames(at: Raise) -> str:
    lines = []
    for depth in range(FRAMES):
        arguments = f"0xc0{at.raised + depth:08x}, {{0xc0{at.raised + 64:08x}?, 0x{depth:x}?}}"
        if _own(depth):
            lines.append(
                f"shop.example/shop/part{at.own}.(*Store{depth}).Get({arguments})\n\t/srv/shop/store{depth}.go"
            )
        else:
            lines.append(f"github.com/acme/web{depth}.call{at.library}({arguments})\n\t/go/pkg/mod/web{depth}/web.go")
        lines.append(f":{31 + depth} +0x1d\n")
    return "".join(lines)


def go_errors(at: Raise) -> str:
    """An error of github.com/pkg/errors, printed with `%+v`: no arguments."""
    lines = [at.message]
    for depth in range(FRAMES):
        if _own(depth):
            lines.append(
                f"shop.example/shop/part{at.own}.(*Store{depth}).Get\n\t/srv/shop/store{depth}.go:{31 + depth}"
            )
        else:
            lines.append(f"github.com/acme/web{depth}.call{at.library}\n\t/go/pkg/mod/web{depth}/web.go:{31 + depth}")
    return "\n".join(lines)


def rust(at: Raise) -> str:
    """A panic with RUST_BACKTRACE=1."""
    lines = [f"thread 'main' panicked at src/part{at.own}.rs:95:5:\n{at.message}\nstack backtrace:"]
    library = "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library"
    lines.append(f"   0: rust_begin_unwind\n             at {library}/std/src/panicking.rs:665:5")
    for depth in range(1, FRAMES):
        if _own(depth):
            lines.append(
                f"{depth:4}: shop::part{at.own}::Store{depth}::get\n             at ./src/store{depth}.rs:{31 + depth}:13"
            )
        else:
            lines.append(
                f"{depth:4}: <tower::Service{at.library} as core::ops::function::FnOnce<T{depth}>>::call_once\n             at "
                f"/usr/local/cargo/registry/src/index.crates.io-6f17d22bba15001f/tower-0.4.13/src/lib.rs:{31 + depth}:9"
            )
    return "\n".join(
        [*lines, "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\n"]
    )


def php_own(at: Raise) -> str:
    """PHP's own, with arguments."""
    lines = [f"App\\PaymentError: {at.message} in /srv/shop/src/Orders.php:13", "Stack trace:"]
    for depth in range(FRAMES - 1):
        folder = "/srv/shop/src" if _own(depth) else "/srv/shop/vendor/symfony/http-kernel"
        arguments = f"{at.raised}, 'order {at.raised}', Object(App\\Cart)"
        lines.append(
            f"#{depth} {folder}/Part{depth}.php({31 + depth}): App\\Part{_number(at, depth)}\\Gateway{depth}->call({arguments})"
        )
    return "\n".join([*lines, f"#{FRAMES - 1} {{main}}"])


def php_sdk(at: Raise) -> str:
    """The OpenTelemetry SDK's, which is like Java's."""
    lines = [f"App.PaymentError: {at.message}"]
    for depth in range(FRAMES - 1):
        space = "App" if _own(depth) else "Symfony.Component"
        lines.append(f"\tat {space}.Part{_number(at, depth)}.Gateway{depth}.call(Gateway{depth}.php:{31 + depth})")
    return "\n".join([*lines, "\tat {main}(index.php:3)"])


def perl(at: Raise) -> str:
    """Carp's, with arguments."""
    lines = [f"{at.message} at /srv/shop/lib/Shop/Pay.pm line 38."]
    for depth in range(FRAMES - 1):
        folder = "/srv/shop/lib/Shop" if _own(depth) else "/usr/share/perl5/Plack"
        lines.append(
            f"\tShop::Part{_number(at, depth)}::call_{depth}(Shop::Cart=HASH(0x55c8{at.raised:08x}), {at.raised})"
            f" called at {folder}/Part{depth}.pm line {31 + depth}"
        )
    return "\n".join(lines) + "\n"


def perl_plain(at: Raise) -> str:
    """Carp's of functions without arguments."""
    return perl(at._replace(raised=0))


def ruby(at: Raise) -> str:
    """`Exception#full_message` of Ruby 3.3."""
    lines = [f"/srv/shop/lib/part{at.own}.rb:12:in `charge': {at.message} (Shop::PaymentError)"]
    for depth in range(FRAMES - 1):
        folder = "/srv/shop/lib" if _own(depth) else "/usr/local/bundle/gems/rack-3.0.8/lib/rack"
        lines.append(f"\tfrom {folder}/part{_number(at, depth)}_{depth}.rb:{31 + depth}:in `block in call_{depth}'")
    return "\n".join(lines) + "\n"


def elixir(at: Raise) -> str:
    """`Exception.format`."""
    return f"** (Shop.PaymentError) {at.message}\n{elixir_sdk(at)}"


def elixir_sdk(at: Raise) -> str:
    """`Exception.format_stacktrace`: the message is sent beside it."""
    lines = []
    for depth in range(FRAMES):
        if _own(depth):
            lines.append(f"    (shop 0.1.0) lib/shop/part{at.own}.ex:{31 + depth}: Shop.Part{at.own}.call_{depth}/2\n")
        else:
            lines.append(
                f"    (plug 1.15.3) lib/plug/part{depth}.ex:{31 + depth}: Plug.Part{at.library}.call_{depth}/2\n"
            )
    return "".join(lines)


def erlang(at: Raise) -> str:
    """The list of frames, as Erlang's OpenTelemetry SDK prints the term."""
    entries = []
    for depth in range(FRAMES):
        name = f"shop_part{at.own}" if _own(depth) else f"cowboy_part{at.library}"
        entries.append(f'{{{name},call_{depth},2,[{{file,"src/{name}.erl"}},{{line,{31 + depth}}}]}}')
    return "[" + ",\n ".join(entries) + "]"


def dart(at: Raise) -> str:
    """The VM's own: the message is sent beside it."""
    lines = []
    for depth in range(FRAMES):
        file = f"package:{'shop' if _own(depth) else 'shelf'}/src/part{_number(at, depth)}_{depth}.dart"
        lines.append(f"#{depth:<7}Cart{depth}.pay{_number(at, depth)} ({file}:{12 + depth}:5)\n")
    return "".join(lines)


def native(at: Raise) -> str:
    """Boost.Stacktrace's: type and message are sent beside it."""
    lines = []
    for depth in range(FRAMES):
        if _own(depth):
            lines.append(
                f"{depth:2}# shop::Part{at.own}::call{depth}(int, Cart const&) at /srv/shop/src/shop.cpp:{72 + depth}\n"
            )
        else:
            lines.append(
                f"{depth:2}# boost::asio::detail::part{at.library}::call{depth}(int) at /usr/include/asio.hpp:{72 + depth}\n"
            )
    return "".join(lines)


def apple(at: Raise) -> str:
    """`Thread.callStackSymbols` of a Swift program: addresses differ with every start."""
    lines = []
    for depth in range(FRAMES):
        address = f"0x{0x0000000104000000 + at.raised * 4096 + depth * 64:016x}"
        if _own(depth):
            lines.append(
                f"{depth:<4}{'Shop':35} {address} Shop.Part{at.own}.call{depth}(order: Swift.Int) -> () + 52\n"
            )
        else:
            lines.append(f"{depth:<4}{'UIKitCore':35} {address} -[UIPart{at.library} call{depth}:] + 96\n")
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

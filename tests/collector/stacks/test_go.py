"""Go stacks that no golden file shows: cut off, wrapped in logs, of other libraries, hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.grouping import Grouper, explain, group
from collector.model import ExceptionSighting, Stack
from collector.stacks import go
from collector.stacks.in_app.go import locate

HEADER = "goroutine 17 [running]:\n"
RECORDER = (
    "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).RecordError(0xc0001, {0x9, 0xc}, {0xc, 0x1, 0x1})\n"
    "\t/go/pkg/mod/go.opentelemetry.io/otel/sdk@v1.47.0/trace/span.go:509 +0x4de\n"
)
GET = "shop/store.(*Store).Get(0xc000012345, {0x1, 0x2})\n\t/srv/shop/store/store.go:31 +0x1d\n"
LOAD = "main.load(...)\n\t/srv/shop/main.go:40\n"
PANIC_CALL = "panic({0x92c0c0?, 0xc000156840?})\n\t/usr/local/go/src/runtime/panic.go:770 +0x132\n"
PLAIN = "panic: no stock for item 4\n\n" + HEADER + GET + LOAD
CREATED = "created by main.main in goroutine 1\n\t/srv/shop/main.go:12 +0x87\n"
CARRIED = (
    "no stock for item 4\nshop/store.(*Store).Get\n\t/srv/shop/store/store.go:31\nmain.load\n\t/srv/shop/main.go:40\n"
)


def frames(text: str, exception: int = 0) -> list[str]:
    return [f"{f.module}.{f.function}" for f in explain(text).stack.exceptions[exception].frames]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("\n", "\r\n"),
        PLAIN.rstrip(),
        "2026/11/24 11:04:05 ERROR request failed\n" + PLAIN,
        PLAIN + CREATED + "\ngoroutine 2 [select]:\nmain.wait()\n\t/srv/shop/main.go:9 +0x1\nexit status 2\n",
        PLAIN.replace("17 [running]", "4 gp=0xc0000061c0 m=0 mp=0xc194e0 [running, locked to thread]"),
        PLAIN.replace("0xc000012345", "0xdead").replace("+0x1d", "+0xff").replace(":31", ":77"),
        PLAIN.replace("/srv/shop/", "C:/build/42/"),
        PLAIN.replace("/srv/shop/", "shop/"),
        PLAIN.replace("\t", "    "),
        PLAIN.replace("item 4\n", "item 4 [recovered]\n\tpanic: no stock for item 4\n"),
        PLAIN.replace("item 4\n", "item 4 [recovered, repanicked]\n"),
        PLAIN.replace(GET, "main.recover.func1()\n\t/srv/shop/main.go:3 +0x1\n" + PANIC_CALL + GET),
        PLAIN + "...additional frames elided...\n" + CREATED,
        "http: panic serving 10.0.0.1:5123: no stock for item 4\n" + HEADER + PANIC_CALL + GET + LOAD,
        "[PANIC RECOVER] no stock for item 4 " + HEADER + PANIC_CALL + GET,
    ],
    ids=lambda text: text[:24],
)
def test_the_wrapping_of_a_panic_changes_nothing(text: str) -> None:
    """Log lines, other goroutines, arguments, folders, and what recovers a panic don't matter."""
    grouping = explain(text)
    assert (grouping.exception_type, grouping.message) == ("panic", "no stock for item 4")
    assert grouping.fingerprint.value == explain(PLAIN).fingerprint.value
    assert grouping.culprit == "shop/store in Store.Get"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("Get", "Put"),
        PLAIN.replace("store.(*Store)", "store.(*Shelf)"),
        PLAIN.replace("no stock for", "too many of"),
        PLAIN.replace("panic: ", "fatal error: "),
        PLAIN.replace("no stock for item 4", "runtime error: index out of range [4] with length 3"),
        PLAIN.replace("item 4\n", "item 4\n\tpanic: cannot roll back\n"),
    ],
)
def test_another_function_type_message_or_panic_is_another_error(text: str) -> None:
    """What tells errors apart stays apart."""
    assert explain(text).fingerprint.value != explain(PLAIN).fingerprint.value


def test_the_sdk_cuts_a_stack_anywhere() -> None:
    """The first 2,048 bytes are sent: what is left of a line is no frame and no harm."""
    text = HEADER + RECORDER + GET + LOAD
    whole = explain(text, language="go", exception_type="*store.NoStock")
    for end in range(text.index(LOAD), len(text)):
        cut = explain(text[:end], language="go", exception_type="*store.NoStock")
        assert cut.fingerprint.value == whole.fingerprint.value
    assert whole.stack.raise_site == "/srv/shop/store/store.go:31:shop/store.(*Store).Get"


def test_the_type_that_was_sent_stands_in() -> None:
    """A dump of a goroutine knows neither type nor message."""
    grouping = explain(HEADER + GET, exception_type="*errors.errorString", exception_message="no stock for item 4")
    assert grouping.fingerprint.message_counted
    assert grouping.message == "no stock for item 4"


@pytest.mark.parametrize("kind", ["string", "*errors.errorString", ""])
def test_a_panic_with_a_text_is_one_error_printed_or_sent(kind: str) -> None:
    """The program prints a text and an error alike; the SDK sends which it was."""
    sent = explain(
        HEADER + PANIC_CALL + GET + LOAD, language="go", exception_type=kind, exception_message="no stock for item 9"
    )
    assert sent.fingerprint.value == explain(PLAIN).fingerprint.value


def test_a_panic_that_left_a_span_escaped_it() -> None:
    """`End` of the SDK's span before `panic` is how a span sees a panic go by."""
    end = "go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End(0x1)\n\t/go/pkg/mod/x@v1.2.3/span.go:4 +0x1\n"
    assert explain(HEADER + end + PANIC_CALL + GET).stack.escaped_span
    assert not explain(HEADER + RECORDER + GET).stack.escaped_span


def test_a_panic_while_panicking_has_both_with_their_frames() -> None:
    """The last value is reported, the one before it follows."""
    undo = "main.undo.func1()\n\t/srv/shop/main.go:50 +0x1\n"
    text = "panic: lost\n\tpanic: cannot roll back\n\n" + HEADER + undo + PANIC_CALL + GET
    stack = explain(text).stack
    assert [(e.type, e.message, e.relation) for e in stack.exceptions] == [
        ("panic", "cannot roll back", ""),
        ("panic", "lost", "context"),
    ]
    assert (frames(text), frames(text, 1)) == (["main.undo"], ["shop/store.Store.Get"])


@pytest.mark.parametrize(
    ("head", "kind", "message"),
    [
        ("panic: runtime error: slice bounds out of range [:5]\n\n", "runtime.boundsError",
         "runtime error: slice bounds out of range [:5]"),
        ("panic: runtime error: bad\n[signal SIGSEGV: x pc=0x1]\n\n" + HEADER, "runtime.errorString", "runtime error: bad"),
        ("panic: interface conversion: a is b\n", "*runtime.TypeAssertionError", "interface conversion: a is b"),
        ("panic: main.code(7)\n", "main.code", "7"),
        ("panic: (main.reason) 0xc00012\n", "main.reason", ""),
        ("panic: (main.reason) {0x1, 0x2}\n", "main.reason", ""),
        ("panic: (*logrus.Entry) 0xc00012\n", "*logrus.Entry", ""),
        ("panic: f(x) failed\n", "panic", "f(x) failed"),
        ("fatal error: concurrent map writes\n\n", "fatal error", "concurrent map writes"),
        ("SIGSEGV: segmentation violation\nPC=0x4b3e2a m=0 sigcode=1\n\n", "SIGSEGV", "segmentation violation"),
        ("fatal error: stack overflow\n\nruntime stack:\nx\n\n" + HEADER, "stack overflow", "stack overflow"),
        ("*errors.errorString no stock\n", "*errors.errorString", "no stock"),
        ("main.go is gone\n", "", "main.go is gone"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_a_head_is_type_and_message(head: str, kind: str, message: str) -> None:
    """A panic tells the types of the runtime's errors and of values that are no text."""
    assert go.read_head(head) == (kind, message)


CACHE = "/go/pkg/mod/"


@pytest.mark.parametrize(
    ("symbol", "file", "expected"),
    [
        ("main.main", "/srv/main.go", "main main app"),
        ("main.(*T).m-fm", "/srv/main.go", "main T.m app"),
        ("main.T.m.func1.2.gowrap3", "/srv/main.go", "main m app"),
        ("main.outer.inner.func1", "/srv/main.go", "main inner app"),
        ("main.glob..func1", "/srv/main.go", "main init app"),
        ("main.init.func17.1", "/srv/main.go", "main init app"),
        ("main.init.0", "/srv/main.go", "main init app"),
        ("main.walk-range1", "/srv/main.go", "main walk app"),
        ("main.Map[...]", "/srv/main.go", "main Map app"),
        ("main.Map[go.shape.int,map[string]github.com/a/b.T]", "/srv/main.go", "main Map app"),
        ("github.com/a/shop/v2/store.(*Cache[...]).Get.func1", "/b/c.go", "github.com/a/shop/store Cache.Get app"),
        ("gopkg.in/yaml%2ev3.Unmarshal", CACHE + "gopkg.in/yaml.v3@v3.0.1/y.go", "gopkg.in/yaml Unmarshal lib"),
        ("github.com/pkg/errors.New", "github.com/pkg/errors@v0.9.1/e.go", "github.com/pkg/errors New lib"),
        ("github.com/x/y.F", "/srv/shop/vendor/github.com/x/y/y.go", "github.com/x/y F lib"),
        (
            "encoding/json.(*Decoder).Decode",
            "/usr/lib/go-1.19/src/encoding/json/x.go",
            "encoding/json Decoder.Decode lib",
        ),
        ("encoding/json.Marshal", "encoding/json/encode.go", "encoding/json Marshal lib"),
        ("net/http.Get", "C:\\Program Files\\Go\\src\\net\\http\\server.go", "net/http Get lib"),
        ("log.Write", "/srv/shop/log/log.go", "log Write app"),
        ("golang.org/x/sync/errgroup.(*Group).Go.func1", "", "golang.org/x/sync/errgroup Group.Go lib"),
        ("main.(*T).Close", "<autogenerated>", "main T.Close lib"),
        ("main._Cfunc_crash", "_cgo_gotypes.go", "main _Cfunc_crash lib"),
        ("panic", "/usr/local/go/src/runtime/panic.go", "runtime panic lib"),
    ],
)
def test_a_symbol_is_package_function_and_whose_it_is(symbol: str, file: str, expected: str) -> None:
    """Versions, type arguments and the numbers of closures are left out."""
    package, function, in_app = locate(symbol, file)
    assert f"{package} {function} {'app' if in_app else 'lib'}" == expected


def test_words_added_on_the_way_up_follow_the_deepest_stack() -> None:
    """pkg/errors prints the innermost error first, and it is the reported one."""
    text = CARRIED + "reserve order 9\nmain.wrap\n\t/srv/shop/main.go:60\n"
    found = [(e.message, e.relation) for e in explain(text).stack.exceptions]
    assert found == [("no stock for item 4", ""), ("reserve order 9", "context")]
    assert frames(text, 1) == ["main.wrap"]
    assert explain(CARRIED + "only words\n").fingerprint.value == explain(CARRIED).fingerprint.value


def test_a_wrapper_of_cockroachdb_errors_has_its_own_words() -> None:
    """The words of a wrapper stand behind its frames, with or without frames left out."""
    text = (
        "reserve order 9: no stock\n(1) attached stack trace\n  -- stack trace:\n  | main.wrap\n  | \t/srv/main.go:60\n"
        "  | [...repeated from below...]\nWraps: (2) reserve order 9\nWraps: (3) attached stack trace\n"
        "  -- stack trace:\n  | shop/store.Get\n  | \t/srv/store.go:31\nWraps: (4) no stock\nError types: (1) *a.b\n"
    )
    found = [(e.message, e.relation) for e in explain(text).stack.exceptions]
    assert found == [("reserve order 9: no stock", ""), ("reserve order 9", "context")]
    assert (frames(text), frames(text, 1)) == (["shop/store.Get"], ["main.wrap"])


def test_gin_writes_the_request_before_the_error() -> None:
    """Headers of a request are no message."""
    text = (
        "[Recovery] 2026/11/24 - 11:04:05 panic recovered:\nGET /orders/4 HTTP/1.1\nHost: a\n\nno stock for item 4\n"
        "/usr/local/go/src/runtime/panic.go:884 (0x43)\n\tgopanic: done = true\n"
        "/srv/shop/store/store.go:31 (0x44)\n\t(*Store).Get: panic(x)\n"
    )
    assert explain(text).message == "no stock for item 4"
    assert frames(text) == ["store.Store.Get"]


def test_eris_prints_frames_from_either_end() -> None:
    """The order is an option of eris; what is outermost tells it."""
    lines = ["\tmain.main:/srv/main.go:9\n", "\tmain.load:/srv/main.go:8\n", "\tstore.Get:/srv/store.go:7\n"]
    usual, turned = "no stock\n" + "".join(lines), "no stock\n" + "".join(reversed(lines))
    assert frames(usual) == frames(turned) == ["store.Get", "main.load", "main.main"]


def test_a_message_of_megabytes_leaves_the_frames() -> None:
    """The text is bounded in the message when no frame is before that."""
    assert frames("panic: " + "x" * 2_000_000 + "\n\n" + HEADER + GET) == ["shop/store.Store.Get"]


PIECES = (
    *(HEADER, GET, LOAD, PANIC_CALL, RECORDER, CREATED, CARRIED, "panic: a [recovered]\n", "\tpanic: a\n", "\n", "\t"),
    *(
        "x: 1\n",
        "...5 frames elided...\n",
        "fatal error: b\n",
        "  | main.f\n  | \t/a.go:1\n",
        "/a.go:3 (0x1)\n\tf: x\n",
    ),
    *("\tm.f:/a.go:3\n", "goroutine ", "panic recovered:\n"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.lists(st.sampled_from(PIECES), max_size=4))
def test_an_outline_loses_nothing_and_remembering_changes_nothing(pieces: list[str], others: list[str]) -> None:
    """The pieces make the text again, and openings of other texts change the speed alone."""
    text, other = "".join(pieces), "".join(others)
    plain = go.outline(text)
    joined = "".join(body + head for body, head in zip(plain.bodies, plain.heads, strict=True))
    assert plain.preamble + joined + plain.tail == text
    known = [opening for opening in (go.outline(other).opening, plain.opening) if opening]
    assert go.outline(text, known)._replace(opening="") == plain._replace(opening="")
    grouper = Grouper()
    for sent in (other, text, text):
        sighting = ExceptionSighting(seen_in="log_record", timestamp_ns=0, observed_ns=0, exception_stacktrace=sent)
        assert grouper.group(sighting) == group(sighting)


MEBIBYTE = 2**20


def hostile(body: str) -> tuple[str, ...]:
    return body, HEADER + body, PLAIN + body, CARRIED + body, "panic: " + body + "\n\n" + HEADER + GET


@pytest.mark.parametrize(
    "piece",
    [
        *("f\n\t/a.go:1\n", "\n\t", "f\n\t::::", "goroutine 1 [", HEADER, "\tpanic: x\n", "panic: ", "(*", "m.f(*(*(*"),
        *(":1" * 50, "  | f\n  | \t/a.go:1\n", "/a.go:1 (0x1)\n", "\tm.f:/a.go:1\n", "...1 frames elided...\n"),
        *(
            "\n(1) ",
            "[" * 60,
            "panic serving x: ",
            "main.f[" * 9,
            "created by x\n\t/a.go:1\n",
            "x [recovered]",
            " ",
            "\n",
        ),
    ],
)
def test_hostile_texts_are_read(piece: str) -> None:
    """Any text is a stack; the time is measured by the benchmarks."""
    for text in hostile(piece * (MEBIBYTE // len(piece))):
        assert isinstance(explain(text, language="go", exception_message=text).stack, Stack)

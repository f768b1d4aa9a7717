"""Go's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame


def _is_telemetry(frame: Frame) -> bool:
    return frame.module.startswith("go.opentelemetry.io/")


# Errors that are a text and nothing else. Whether a panic's value was a text or an error, only the SDK tells: the program
# prints both alike.
_TEXTS = frozenset({"", "panic", "string", ".string", "*errors.errorString", "*fmt.errorString", "*fmt.fmtError"})
_TEXT = "error"


def _plain_type(kind: str) -> str:
    return _TEXT if kind in _TEXTS else kind


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    plain_type=_plain_type,
    separator="/",
    middleware=(
        "connectrpc.com/connect/",
        "github.com/cockroachdb/errors/",
        "github.com/gin-gonic/gin/",
        "github.com/go-chi/chi/",
        "github.com/go-errors/errors/",
        "github.com/gofiber/fiber/",
        "github.com/gorilla/handlers/",
        "github.com/gorilla/mux/",
        "github.com/grpc-ecosystem/",
        "github.com/julienschmidt/httprouter/",
        "github.com/labstack/echo/",
        "github.com/pkg/errors/",
        "github.com/rotisserie/eris/",
        "github.com/sirupsen/logrus/",
        "github.com/spf13/cobra/",
        "github.com/urfave/cli/",
        "github.com/urfave/negroni/",
        "github.com/valyala/fasthttp/",
        "go.uber.org/dig/",
        "go.uber.org/fx/",
        "go.uber.org/zap/",
        "golang.org/x/net/http2/",
        "golang.org/x/sync/",
        "google.golang.org/grpc/",
        "internal/runtime/",
        "log/",
        "net/http/",
        "reflect/",
        "runtime/",
        "sync/",
        "testing/",
    ),
    runtime=(
        "bufio/",
        "bytes/",
        "compress/",
        "container/",
        "context/",
        "crypto/",
        "database/",
        "encoding/",
        "errors/",
        "fmt/",
        "internal/",
        "io/",
        "maps/",
        "net/",
        "os/",
        "regexp/",
        "slices/",
        "sort/",
        "strconv/",
        "strings/",
        "syscall/",
        "text/",
        "time/",
    ),
    generic_types=frozenset(
        {
            "Error",  # go-errors/errors; net/url and others say what happened in the message as well
            "annotated",
            "errorString",  # the runtime's
            "fatal error",
            "fundamental",
            "joinError",
            "leafError",
            "opaqueLeaf",
            "opaqueWrapper",
            "plainError",
            "rootError",
            "withMessage",
            "withPrefix",
            "withStack",
            "wrapError",
            "wrapErrors",
            _TEXT,
        }
    ),
    recursion_types=frozenset({"stack overflow"}),
    unnamed=frozenset({""}),  # go-errors/errors without the sources
)

// Errors as Go programs print and send them: shop CASE SEED. Every view begins with "#### name", one line of
// JSON with what is sent beside the text, and the text. A case that ends the program prints to stderr as usual.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"strconv"
	"sync"

	"shop/store"

	cockroach "github.com/cockroachdb/errors"
	goerrors "github.com/go-errors/errors"
	pkgerrors "github.com/pkg/errors"
	"github.com/rotisserie/eris"
	"github.com/sirupsen/logrus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

var (
	seed     int
	shop     = &store.Store{}
	exporter = tracetest.NewInMemoryExporter()
	tracer   = sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)).Tracer("shop")
)

func view(name, kind, message, text string) {
	sent, _ := json.Marshal(map[string]string{"language": "go", "type": kind, "message": message})
	fmt.Printf("#### %s\n%s\n%s\n", name, sent, text)
}

func views() {
	for _, span := range exporter.GetSpans() {
		for _, event := range span.Events {
			sent := map[string]string{}
			for _, attribute := range event.Attributes {
				sent[string(attribute.Key)] = attribute.Value.AsString()
			}
			view(span.Name, sent["exception.type"], sent["exception.message"], sent["exception.stacktrace"])
		}
	}
}

// deep puts as many frames above a call as the seed says.
//
//go:noinline
func deep(left int, call func()) {
	if left > 0 {
		deep(left-1, call)
		return
	}
	call()
}

func recordError(name string, err error) {
	_, span := tracer.Start(context.Background(), name)
	defer span.End()
	span.RecordError(err, trace.WithStackTrace(true))
}

//go:noinline
func reserve(err error) {
	_, span := tracer.Start(context.Background(), "seen")
	defer span.End()
	if err != nil {
		span.RecordError(err, trace.WithStackTrace(true))
	}
}

//go:noinline
func release(err error) {
	_, span := tracer.Start(context.Background(), "seen")
	defer span.End()
	span.RecordError(err, trace.WithStackTrace(true))
}

//go:noinline
func handle(err error) {
	view("seen", fmt.Sprintf("%T", err), err.Error(), string(debug.Stack()))
}

func nested(ctx context.Context, name string, call func(context.Context)) {
	ctx, span := tracer.Start(ctx, name)
	defer span.End(trace.WithStackTrace(true))
	call(ctx)
}

//go:noinline
func ship(at int) { _ = store.Store{}.Shelf(at) }

func recovered(call func()) {
	defer func() {
		if value := recover(); value != nil {
			view("seen", fmt.Sprintf("%T", value), fmt.Sprint(value), string(debug.Stack()))
		}
	}()
	call()
}

func again(call func()) {
	defer func() {
		if value := recover(); value != nil {
			panic(value)
		}
	}()
	call()
}

func while(call func()) {
	defer func() { panic(fmt.Sprintf("cannot roll back %d", seed)) }()
	call()
}

//go:noinline
func lose() { panic(fmt.Errorf("order %d is lost", seed)) }

//go:noinline
func loseOther() { panic(fmt.Errorf("order %d is lost", seed)) }

//go:noinline
func lost(word string) { panic(word) }

type code int

type reason struct{ order, line int }

//go:noinline
func wrapPkg(err error) error { return pkgerrors.Wrapf(err, "reserve order %d", seed) }

//go:noinline
func wrapPkgOther(err error) error { return pkgerrors.Wrapf(err, "refund order %d", seed) }

//go:noinline
func logStack(logger *zap.Logger) { logger.Error("no stock", zap.Int("item", seed)) }

//go:noinline
func recurse(n int) int {
	if n < 0 {
		return 0
	}
	return recurse(n+1) + 1
}

func full(err error) { view("seen", fmt.Sprintf("%T", err), err.Error(), fmt.Sprintf("%+v", err)) }

func serve(handler http.HandlerFunc) {
	var written bytes.Buffer
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(&written, "", log.LstdFlags)
	server.Start()
	_, _ = http.Get(server.URL)
	server.Close()
	view("seen", "", "", written.String())
}

func wait(call func()) {
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		call()
	}()
	group.Wait()
}

var cases = map[string]func(){
	// The program ends.
	"panic_error":      func() { lose() },
	"panic_other":      func() { loseOther() },
	"panic_string":     func() { lost(fmt.Sprintf("order %d is lost", seed)) },
	"panic_words":      func() { lost("the database is gone") },
	"panic_number":     func() { panic(code(seed)) },
	"panic_struct":     func() { panic(reason{seed, 2}) },
	"panic_lines":      func() { lost(fmt.Sprintf("order %d is lost\n\nits lines:\ngoroutine 1 [running]:\n\tnone", seed)) },
	"nil_pointer":      func() { _ = store.Total(nil) },
	"index":            func() { _ = shop.Shelf(seed) },
	"nil_map":          func() { var stock map[int]int; stock[seed] = 1 },
	"repanic":          func() { again(lose) },
	"panic_in_panic":   func() { while(lose) },
	"panic_in_other":   func() { while(loseOther) },
	"goroutine":        func() { wait(func() { lost("no stock at all") }) },
	"overflow":         func() { recurse(seed) },
	"logrus_panic":     func() { logrus.WithField("order", seed).Panic("order is lost") },
	"generic_function": func() { store.Each([]int{seed}, func(item int) { lost("no place for it") }) },
	"generic_method":   func() { _ = new(store.Pick[*store.Order]).At(seed) },
	"encode":           func() { store.Encode(seed) },
	// A stack of the place that handles the error.
	"stack":               func() { handle(shop.Plain(seed)) },
	"stack_other_message": func() { handle(shop.OtherMessage(seed)) },
	"stack_typed":         func() { handle(shop.Typed(seed)) },
	"record":              func() { reserve(shop.Plain(seed)) },
	"record_joined":       func() { reserve(errors.Join(shop.Plain(seed), shop.Close())) },
	"record_typed":        func() { reserve(shop.Typed(seed)) },
	"record_other":        func() { release(shop.Typed(seed)) },
	"span_panic": func() {
		nested(context.Background(), "outer", func(ctx context.Context) {
			nested(ctx, "inner", func(context.Context) { ship(seed) })
		})
	},
	"recovered": func() { recovered(func() { ship(seed) }) },
	// Errors that carry a stack.
	"pkg":            func() { full(shop.Pkg(seed)) },
	"pkg_other":      func() { full(shop.PkgOther(seed)) },
	"pkg_wrap":       func() { full(wrapPkg(shop.PkgEither(seed, false))) },
	"pkg_wrap_cause": func() { full(wrapPkg(shop.PkgEither(seed, true))) },
	"pkg_wrap_other": func() { full(wrapPkgOther(shop.PkgEither(seed, false))) },
	"cockroach":      func() { full(shop.Cockroach(seed)) },
	"cockroach_wrap": func() { full(cockroach.Wrapf(shop.Cockroach(seed), "reserve order %d", seed)) },
	"go_errors": func() {
		err := shop.GoErrors(seed).(*goerrors.Error)
		view("seen", fmt.Sprintf("%T", err), err.Error(), err.ErrorStack())
	},
	"go_errors_stack": func() {
		err := shop.GoErrors(seed).(*goerrors.Error)
		view("seen", fmt.Sprintf("%T", err), err.Error(), string(err.Stack()))
	},
	"eris": func() {
		err := shop.Eris(seed)
		view("seen", fmt.Sprintf("%T", err), err.Error(), eris.ToString(err, true))
	},
	"eris_wrap": func() {
		err := eris.Wrapf(shop.Eris(seed), "reserve order %d", seed)
		view("seen", fmt.Sprintf("%T", err), err.Error(), eris.ToString(err, true))
	},
	"zap": func() {
		var written bytes.Buffer
		core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&written), zap.InfoLevel)
		logStack(zap.New(core, zap.AddStacktrace(zap.ErrorLevel)))
		var entry map[string]any
		_ = json.Unmarshal(written.Bytes(), &entry)
		view("seen", "", entry["msg"].(string), entry["stacktrace"].(string))
	},
	"http_panic": func() {
		serve(func(http.ResponseWriter, *http.Request) { lost(fmt.Sprintf("order %d has no line", seed)) })
	},
}

func main() {
	if len(os.Args) == 1 {
		for name := range cases {
			fmt.Println(name)
		}
		return
	}
	seed, _ = strconv.Atoi(os.Args[2])
	debug.SetMaxStack(1 << 16)
	func() {
		defer views()
		deep(seed%4, cases[os.Args[1]])
	}()
}

// Package store fails on purpose.
package store

import (
	"encoding/json"
	"errors"
	"fmt"

	cockroach "github.com/cockroachdb/errors"
	goerrors "github.com/go-errors/errors"
	pkgerrors "github.com/pkg/errors"
	"github.com/rotisserie/eris"
)

// NoStock is a type of its own.
type NoStock struct{ Item int }

func (e *NoStock) Error() string { return fmt.Sprintf("no stock for item %d", e.Item) }

// Store has methods with and without a pointer.
type Store struct{ shelves []int }

// Order may be missing.
type Order struct{ Total int }

//go:noinline
func (s *Store) Plain(item int) error { return fmt.Errorf("no stock for item %d", item) }

//go:noinline
func (s *Store) OtherMessage(item int) error { return fmt.Errorf("item %d was recalled", item) }

//go:noinline
func (s *Store) Typed(item int) error { return &NoStock{item} }

//go:noinline
func (s Store) Shelf(at int) int { return s.shelves[at] }

//go:noinline
func Total(order *Order) int { return order.Total }

//go:noinline
func (s *Store) Pkg(item int) error { return pkgerrors.Errorf("no stock for item %d", item) }

//go:noinline
func (s *Store) PkgOther(item int) error { return pkgerrors.Errorf("no stock for item %d", item) }

//go:noinline
func (s *Store) PkgEither(item int, recalled bool) error {
	if recalled {
		return pkgerrors.Errorf("item %d was recalled", item)
	}
	return pkgerrors.WithStack(&NoStock{item})
}

//go:noinline
func (s *Store) Cockroach(item int) error { return cockroach.Newf("no stock for item %d", item) }

//go:noinline
func (s *Store) GoErrors(item int) error { return goerrors.Errorf("no stock for item %d", item) }

//go:noinline
func (s *Store) Eris(item int) error { return eris.Errorf("no stock for item %d", item) }

// Each calls through a generic function and a closure.
func Each[T any](items []T, call func(T)) {
	for _, item := range items {
		call(item)
	}
}

// Pick is a generic type with a method.
type Pick[T any] struct{ items []T }

//go:noinline
func (p *Pick[T]) At(at int) T { return p.items[at] }

// Broken panics when it is encoded.
type Broken struct{ Item int }

// MarshalJSON is called by the standard library.
func (b Broken) MarshalJSON() ([]byte, error) { panic(fmt.Sprintf("item %d has no form", b.Item)) }

// Encode has the standard library between itself and the panic.
func Encode(item int) { _, _ = json.Marshal(Broken{item}) }

var errClosed = errors.New("store is closed")

// Close returns a sentinel, which has no stack of its own.
func (s *Store) Close() error { return errClosed }

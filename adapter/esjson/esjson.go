// Package esjson reads and writes JSON the way ECMAScript does: what
// JSON.parse takes, what JSON.stringify gives, to the byte.
//
// It exists because a Go server that stands beside Node servers must publish
// the bytes they would. encoding/json differs from JavaScript in its string
// escapes (<, >, &, U+2028), in its number form (1e21, -0, integers past
// 2^53), in its key order, and in lone surrogates, which Go strings cannot
// hold. Sources: ECMA-262, JSON.parse, JSON.stringify, Number::toString and
// OrdinaryOwnPropertyKeys; RFC 8259 for the grammar.
//
// Nothing here uses reflection, and every function takes time close to linear
// in its input, whatever that input is.
package esjson

import (
	"errors"
	"fmt"
)

var (
	// ErrSyntax reports a text that JSON.parse refuses. Errors that wrap it say
	// what was wrong and at which byte offset.
	ErrSyntax = errors.New("invalid JSON")

	// ErrDepth reports a text nested deeper than Limits.Depth. Errors that wrap
	// it say where.
	ErrDepth = errors.New("JSON nested too deeply")

	// ErrNotObject reports a valid text that is not an object where one was
	// asked for.
	ErrNotObject = errors.New("JSON value is not an object")
)

// DefaultDepth is the nesting allowed when Limits.Depth is zero. Deeper than any
// real message, and shallow enough that the stack of the goroutine that reads
// stays under 256 KiB.
const DefaultDepth = 512

// Limits bounds what a text may cost. The zero value is ready to use.
type Limits struct {
	// Depth is the number of arrays and objects that may be open at once.
	// Zero means DefaultDepth.
	Depth int
}

func (l Limits) depth() int {
	if l.Depth <= 0 {
		return DefaultDepth
	}
	return l.Depth
}

func syntaxError(offset int, problem string) error {
	return fmt.Errorf("%w: %s at offset %d", ErrSyntax, problem, offset)
}

// Package notepack reads and writes MessagePack as JavaScript's notepack.io 2 does,
// the format of npm's socket.io-msgpack-parser: which bytes it writes for a value,
// and which value it sees in bytes, its extensions for undefined, Date and
// ArrayBuffer among them. Sources: the MessagePack specification
// (https://github.com/msgpack/msgpack/blob/master/spec.md) and notepack.io's README.
// Version 3, which Node's Redis adapters use, differs in its dates alone: see
// AppendTimestamp and Reader.Timestamps.
//
// Reading is strict and bounded: a length is compared with what is left before
// anything is made of it, and nothing here uses reflection.
package notepack

import (
	"errors"
	"fmt"
)

var (
	// ErrSyntax reports bytes that are no MessagePack, or hold what has no place in
	// JavaScript. Errors that wrap it say what was wrong and at which offset.
	ErrSyntax = errors.New("invalid MessagePack")

	// ErrDepth reports a value nested deeper than Limits.Depth.
	ErrDepth = errors.New("MessagePack nested too deeply")

	// ErrElements reports a value of more parts than Limits.Elements.
	ErrElements = errors.New("MessagePack of too many elements")
)

// Limits bounds what a value may cost. Both are needed.
type Limits struct {
	// Depth is the number of arrays and maps that may be open at once.
	Depth int
	// Elements is how many elements of arrays, and keys and values of maps, there
	// may be in all: each can take a byte on the wire, and far more in memory.
	Elements int
}

// Kind is what a Token is.
type Kind uint8

// The kinds of values. The zero Kind is what JavaScript has in place of a
// property that is not there.
const (
	Undefined   Kind = iota
	Nil              // null
	Bool             // Token.Number is 0 or 1
	Number           // Token.Number
	String           // Token.Bytes, not checked to be UTF-8
	Binary           // Token.Bytes; in Node a Buffer
	ArrayBuffer      // Token.Bytes
	Extension        // Token.Type and Token.Bytes; in JavaScript [type, Buffer]
	Date             // Token.Number, in milliseconds since 1970 UTC
	Array            // Token.Len elements follow
	Map              // Token.Len pairs of key and value follow
)

// Token is a value, or the head of an array or a map.
type Token struct {
	Kind   Kind
	Type   int8
	Number float64
	Len    int
	Bytes  []byte // a part of what is read
}

// Whole reports whether t is a whole number from 0 to limit, and which.
func (t Token) Whole(limit uint64) (n uint64, ok bool) {
	if t.Kind != Number || !(t.Number >= 0 && t.Number <= float64(limit)) {
		return 0, false
	}
	n = uint64(t.Number)
	return n, float64(n) == t.Number
}

func (r *Reader) syntaxError(offset int, problem string) error {
	return fmt.Errorf("%w: %s at offset %d", ErrSyntax, problem, offset)
}

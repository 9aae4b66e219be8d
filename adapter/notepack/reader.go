package notepack

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Reader walks one value from its start to its end. It keeps no copy: what Next
// returns are parts of the bytes it was given. After an error it is of no further
// use.
type Reader struct {
	// Timestamps has timestamps of MessagePack be dates, as notepack.io 3 has them;
	// to version 2 they are unknown extensions.
	Timestamps bool
	// Shared has Value give strings as parts of what is read, which must not change from
	// then on.
	Shared bool

	// Objects has Value give maps as esjson.Object, which keeps their order, and not as
	// map[string]any.
	Objects bool

	src      []byte
	pos      int
	depth    int // arrays and maps that may still be opened within each other
	elements int // elements that may still come
	limits   Limits
}

// NewReader returns a Reader at the start of src, which must not change while it
// is in use.
func NewReader(src []byte, limits Limits) *Reader {
	return &Reader{src: src, depth: limits.Depth, elements: limits.Elements, limits: limits}
}

// Offset is how far the Reader has come.
func (r *Reader) Offset() int { return r.pos }

// End reports an error when anything is left.
func (r *Reader) End() error {
	if left := len(r.src) - r.pos; left > 0 {
		return r.syntaxError(r.pos, fmt.Sprintf("%d trailing bytes", left))
	}
	return nil
}

// Next takes a value, or the head of an array or a map: its elements are taken
// next, then Leave.
func (r *Reader) Next() (Token, error) {
	start := r.pos
	head, err := r.take(1)
	if err != nil {
		return Token{}, err
	}
	switch c := head[0]; {
	case c < 0x80:
		return Token{Kind: Number, Number: float64(c)}, nil
	case c < 0x90:
		return r.open(Map, uint64(c&0x0f))
	case c < 0xa0:
		return r.open(Array, uint64(c&0x0f))
	case c < 0xc0:
		return r.bytes(String, uint64(c&0x1f))
	case c == 0xc0:
		return Token{Kind: Nil}, nil
	case c == 0xc1:
		return Token{}, r.syntaxError(start, "the byte 0xc1, which is never used")
	case c <= 0xc3:
		return Token{Kind: Bool, Number: float64(c & 1)}, nil
	case c <= 0xc6:
		return r.sized(1<<(c-0xc4), Binary)
	case c <= 0xc9:
		return r.extension(r.uint(1 << (c - 0xc7)))
	case c <= 0xcb:
		return r.float(4 << (c - 0xca))
	case c <= 0xcf:
		n, err := r.uint(1 << (c - 0xcc))
		return Token{Kind: Number, Number: float64(n)}, err
	case c <= 0xd3:
		n, err := r.int(1 << (c - 0xd0))
		return Token{Kind: Number, Number: float64(n)}, err
	case c <= 0xd8:
		return r.fixedExtension(1 << (c - 0xd4))
	case c <= 0xdb:
		return r.sized(1<<(c-0xd9), String)
	case c <= 0xdd:
		return r.sized(2<<(c-0xdc), Array)
	case c <= 0xdf:
		return r.sized(2<<(c-0xde), Map)
	default:
		return Token{Kind: Number, Number: float64(int8(c))}, nil
	}
}

// Leave is called behind the last element of an array or a map.
func (r *Reader) Leave() { r.depth++ }

// take returns the next n bytes.
func (r *Reader) take(n uint64) ([]byte, error) {
	if left := len(r.src) - r.pos; n > uint64(left) {
		return nil, r.syntaxError(r.pos, fmt.Sprintf("%d bytes where %d belong", left, n))
	}
	part := r.src[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return part, nil
}

// sized takes a length of size bytes and what it is the length of.
func (r *Reader) sized(size uint64, kind Kind) (Token, error) {
	n, err := r.uint(size)
	switch {
	case err != nil:
		return Token{}, err
	case kind == Array || kind == Map:
		return r.open(kind, n)
	}
	return r.bytes(kind, n)
}

func (r *Reader) bytes(kind Kind, n uint64) (Token, error) {
	part, err := r.take(n)
	return Token{Kind: kind, Bytes: part}, err
}

// open enters an array or a map.
func (r *Reader) open(kind Kind, n uint64) (Token, error) {
	elements := n
	if kind == Map {
		elements = 2 * n
	}
	if left := uint64(len(r.src) - r.pos); elements > left {
		return Token{}, r.syntaxError(r.pos, fmt.Sprintf("%d elements announced in the last %d bytes", elements, left))
	}
	if err := r.enter(elements); err != nil {
		return Token{}, err
	}
	return Token{Kind: kind, Len: int(n)}, nil
}

// enter goes a level deeper, to so many elements.
func (r *Reader) enter(elements uint64) error {
	if elements > uint64(r.elements) {
		return fmt.Errorf("%w: more than %d", ErrElements, r.limits.Elements)
	}
	if r.depth == 0 {
		return fmt.Errorf("%w: more than %d levels at offset %d", ErrDepth, r.limits.Depth, r.pos)
	}
	r.elements -= int(elements)
	r.depth--
	return nil
}

// extension takes the type and the bytes of an extension that tells its length.
func (r *Reader) extension(n uint64, err error) (Token, error) {
	if err != nil {
		return Token{}, err
	}
	t, err := r.int(1)
	if err != nil {
		return Token{}, err
	}
	switch {
	case t == 0:
		return r.bytes(ArrayBuffer, n)
	case t == timestamp && n == 12 && r.Timestamps:
		return r.timestamp96()
	}
	return r.unknown(t, n)
}

// fixedExtension takes an extension of one of five lengths. Of type 0, notepack's
// own, are undefined and dates.
func (r *Reader) fixedExtension(n uint64) (Token, error) {
	t, err := r.int(1)
	if err != nil {
		return Token{}, err
	}
	switch {
	case t == 0 && n == 1:
		_, err := r.take(1)
		return Token{Kind: Undefined}, err
	case t == 0 && n == 8:
		ms, err := r.int(8)
		return Token{Kind: Date, Number: float64(ms)}, err
	case t == timestamp && n == 4 && r.Timestamps:
		s, err := r.uint(4)
		return date(int64(s), 0), err
	case t == timestamp && n == 8 && r.Timestamps:
		both, err := r.uint(8)
		return date(int64(both&(1<<34-1)), both>>34), err
	}
	return r.unknown(t, n)
}

// timestamp is MessagePack's own extension.
const timestamp = -1

func (r *Reader) timestamp96() (Token, error) {
	ns, err := r.uint(4)
	if err != nil {
		return Token{}, err
	}
	s, err := r.int(8)
	return date(s, ns), err
}

// date is what JavaScript makes of a timestamp.
func date(s int64, ns uint64) Token {
	return Token{Kind: Date, Number: math.Trunc(float64(s)*1e3 + float64(ns)/1e6)}
}

// unknown takes the bytes of an extension that has no meaning here. It is an array
// of two in JavaScript, and counts as one.
func (r *Reader) unknown(t int64, n uint64) (Token, error) {
	if err := r.enter(2); err != nil {
		return Token{}, err
	}
	r.Leave()
	part, err := r.take(n)
	return Token{Kind: Extension, Type: int8(t), Bytes: part}, err
}

func (r *Reader) float(size uint64) (Token, error) {
	part, err := r.take(size)
	switch {
	case err != nil:
		return Token{}, err
	case size == 4:
		return Token{Kind: Number, Number: float64(math.Float32frombits(binary.BigEndian.Uint32(part)))}, nil
	}
	return Token{Kind: Number, Number: math.Float64frombits(binary.BigEndian.Uint64(part))}, nil
}

// uint takes an unsigned number of size bytes.
func (r *Reader) uint(size uint64) (uint64, error) {
	part, err := r.take(size)
	n := uint64(0)
	for _, c := range part {
		n = n<<8 | uint64(c)
	}
	return n, err
}

// int takes a signed number of size bytes.
func (r *Reader) int(size uint64) (int64, error) {
	n, err := r.uint(size)
	unused := 64 - 8*size
	return int64(n<<unused) >> unused, err
}

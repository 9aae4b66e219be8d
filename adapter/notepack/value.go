package notepack

import (
	"bytes"
	"math"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/zishang520/engine.io/v2/types"

	"nudge/adapter/esjson"
)

// prototype is the name that sets an object's prototype in JavaScript where this
// one would make a property. A decoded object has no such property there, and has
// none here.
const prototype = "__proto__"

// maxDate is how many milliseconds from 1970 JavaScript's dates reach.
const maxDate = 8_640_000_000_000_000

// Skip takes a value and makes nothing of it.
func (r *Reader) Skip() error {
	t, err := r.Next()
	if err != nil {
		return err
	}
	return r.SkipRest(t)
}

// SkipRest takes what belongs to t and follows it.
func (r *Reader) SkipRest(t Token) error {
	if t.Kind != Array && t.Kind != Map {
		return nil
	}
	for range t.Len {
		if t.Kind == Map {
			if _, err := r.key(); err != nil {
				return err
			}
		}
		if err := r.Skip(); err != nil {
			return err
		}
	}
	r.Leave()
	return nil
}

// Key takes a key of a map, as the name of the property that JavaScript makes of
// it.
func (r *Reader) Key() (string, error) {
	t, err := r.key()
	if err != nil {
		return "", err
	}
	switch t.Kind {
	case Number:
		return esjson.NumberText(t.Number), nil
	case Bool:
		if t.Number == 1 {
			return "true", nil
		}
		return "false", nil
	case Nil:
		return "null", nil
	case Undefined:
		return "undefined", nil
	}
	return t.Text(), nil
}

// key is Key that makes no text of it.
func (r *Reader) key() (Token, error) {
	start := r.pos
	t, err := r.Next()
	if err != nil {
		return Token{}, err
	}
	switch t.Kind {
	case String, Number, Bool, Nil, Undefined:
		return t, nil
	}
	return Token{}, r.syntaxError(start, "a map's key that names no property")
}

// Text is a String as UTF-8: what is not stands as U+FFFD, as in JavaScript.
func (t Token) Text() string {
	if utf8.Valid(t.Bytes) {
		return string(t.Bytes)
	}
	return string(esjson.AppendValid(nil, t.Bytes))
}

// Value takes a value as a Go value, which shares no memory with what is read but for
// strings where that is asked for:
// nil, bool, float64, string, time.Time (UTC), []any, map[string]any, and a
// types.BufferInterface for binary. Undefined is nil, but a property that is
// undefined is not there, as in JSON. An extension is []any{type, binary}, a date
// beyond JavaScript's is nil. The last of several equal keys counts.
func (r *Reader) Value() (any, error) {
	t, err := r.Next()
	if err != nil {
		return nil, err
	}
	return r.ValueRest(t)
}

// ValueRest takes the value that t is the head of.
func (r *Reader) ValueRest(t Token) (any, error) {
	switch t.Kind {
	case Bool:
		return t.Number == 1, nil
	case Number:
		return t.Number, nil
	case String:
		if r.Shared && utf8.Valid(t.Bytes) {
			return unsafe.String(unsafe.SliceData(t.Bytes), len(t.Bytes)), nil
		}
		return t.Text(), nil
	case Binary, ArrayBuffer:
		return t.buffer(), nil
	case Extension:
		return []any{float64(t.Type), t.buffer()}, nil
	case Date:
		if math.Abs(t.Number) <= maxDate {
			return time.UnixMilli(int64(t.Number)).UTC(), nil
		}
	case Array:
		return r.list(t)
	case Map:
		return r.object(t)
	}
	return nil, nil
}

func (t Token) buffer() types.BufferInterface { return types.NewBytesBuffer(bytes.Clone(t.Bytes)) }

func (r *Reader) list(t Token) ([]any, error) {
	out := make([]any, t.Len)
	for i := range out {
		var err error
		if out[i], err = r.Value(); err != nil {
			return nil, err
		}
	}
	r.Leave()
	return out, nil
}

func (r *Reader) object(t Token) (any, error) {
	if r.Objects {
		return r.ordered(t)
	}
	out := map[string]any{}
	err := r.members(t, func(key string, value any) { out[key] = value }, func(key string) { delete(out, key) })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ordered is object that keeps the order.
func (r *Reader) ordered(t Token) (any, error) {
	var out esjson.ObjectBuilder
	if err := r.members(t, out.Set, out.Remove); err != nil {
		return nil, err
	}
	return out.Object(), nil
}

// members takes those of an object, and has each set, or removed where it is undefined.
func (r *Reader) members(t Token, set func(key string, value any), remove func(key string)) error {
	for range t.Len {
		key, err := r.Key()
		if err != nil {
			return err
		}
		head, err := r.Next()
		if err != nil {
			return err
		}
		value, err := r.ValueRest(head)
		switch {
		case err != nil:
			return err
		case head.Kind == Undefined:
			remove(key)
		case key != prototype:
			set(key, value)
		}
	}
	r.Leave()
	return nil
}

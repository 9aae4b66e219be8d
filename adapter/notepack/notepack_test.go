package notepack

import (
	"errors"
	"math"
	"reflect"
	"testing"
	"time"
)

var enough = Limits{Depth: 4, Elements: 10}

// TestRead has what the reference's encoder never writes: other encoders do.
// Package parser compares the rest with the reference itself.
func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, in, json string
		value          any
	}{
		{"long forms of small numbers", "\x95\xcf\x00\x00\x00\x00\x00\x00\x00\x01\xcd\x00\x02\xd3\xff\xff\xff\xff\xff\xff\xff\xff\xd1\x00\x03\xd0\x80", "[1,2,-1,3,-128]", []any{1.0, 2.0, -1.0, 3.0, -128.0}},
		{"single precision", "\xca\x3f\xc0\x00\x00", "1.5", 1.5},
		{"past 2^53", "\xcf\x00\x20\x00\x00\x00\x00\x00\x01", "9007199254740992", 9007199254740992.0},
		{"long forms of lengths", "\xdd\x00\x00\x00\x02\xdb\x00\x00\x00\x01a\xde\x00\x01\xda\x00\x01b\xd9\x01c", `["a",{"b":"c"}]`, []any{"a", map[string]any{"b": "c"}}},
		{"keys that are no strings", "\x85\x01\x00\xc3\x01\xc0\x02\xd4\x00\x00\x03\xc2\x04", `{"1":0,"true":1,"null":2,"undefined":3,"false":4}`, map[string]any{"1": 0.0, "true": 1.0, "null": 2.0, "undefined": 3.0, "false": 4.0}},
		{"a date in year -1", "\xd7\x00\xff\xff\xc7\x75\x45\x73\xb4\x00", `"-000001-12-17T08:00:01.024Z"`, time.UnixMilli(-62168486398976).UTC()},
		{"a date beyond", "\xd7\x00\x7f\xff\xff\xff\xff\xff\xff\xff", "null", nil},
		{"a prototype", "\x82\xa9__proto__\x81\xa1x\x01\xa1y\x02", `{"y":2}`, map[string]any{"y": 2.0}},
		{"equal keys", "\x82\xa1x\x01\xa1x\x02", `{"x":1,"x":2}`, map[string]any{"x": 2.0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			value, err := NewReader([]byte(tt.in), enough).Value()
			if err != nil || !reflect.DeepEqual(value, tt.value) {
				t.Errorf("Value is %v, %v, want %v", value, err, tt.value)
			}
			r := NewReader([]byte(tt.in), enough)
			text, err := r.AppendJSON(nil)
			if err != nil || string(text) != tt.json || r.End() != nil {
				t.Errorf("JSON is %s, %v, %v, want %s", text, err, r.End(), tt.json)
			}
			r = NewReader([]byte(tt.in), enough)
			if err := r.Skip(); err != nil || r.Offset() != len(tt.in) {
				t.Errorf("Skip: %v at %d of %d", err, r.Offset(), len(tt.in))
			}
		})
	}
}

// TestNothingIsTakenInPart: every beginning of a value is an error.
func TestNothingIsTakenInPart(t *testing.T) {
	whole := AppendArray(nil, 8)
	whole = AppendDate(AppendBinary(whole, make([]byte, 300)), time.UnixMilli(1))
	whole = AppendNumber(AppendInt(AppendInt(whole, -1<<40), math.MaxInt64), 1.5)
	whole = append(AppendBool(AppendNil(whole), true), 0x81, 0xa1, 'k', 0xc8, 0, 2, 5, 1, 2)
	for n := range whole {
		for name, f := range map[string]func(*Reader) error{
			"Skip":       (*Reader).Skip,
			"Value":      func(r *Reader) error { _, err := r.Value(); return err },
			"AppendJSON": func(r *Reader) error { _, err := r.AppendJSON(nil); return err },
		} {
			if err := f(NewReader(whole[:n], Limits{Depth: 4, Elements: 100})); !errors.Is(err, ErrSyntax) {
				t.Errorf("%s of %d of %d bytes: %v", name, n, len(whole), err)
			}
		}
	}
}

// Package jsvalue writes Go values as the JSON, or the msgpack, that Node writes
// for what they stand for in JavaScript:
//
//   - Strings and numbers in JavaScript's form (NaN and infinities as null),
//     integers exactly, map keys sorted.
//   - Structs, pointers, json.Marshaler and encoding.TextMarshaler as
//     encoding/json treats them, tags respected.
//   - []byte, types.BufferInterface and io.Reader, wherever they are, as binary
//     data; *types.StringBuffer and *strings.Reader as strings.
//   - esjson.Object in its own order.
//   - Raw and json.RawMessage as they are, if valid.
package jsvalue

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zishang520/engine.io/v2/types"

	"nudge/adapter/esjson"
	"nudge/adapter/notepack"
)

// Raw is JSON text, embedded as it is provided that it is valid.
type Raw []byte

// MarshalJSON returns r itself, so that encoding/json embeds it too.
func (r Raw) MarshalJSON() ([]byte, error) { return json.RawMessage(r).MarshalJSON() }

// ObjectEncoder is an encoder of packets that writes esjson.Object, wherever it is in a
// packet's data, as what it is.
type ObjectEncoder interface{ EncodesObjects() }

// Writer writes the text of values, and gathers what is no part of it.
type Writer struct {
	// Buf is the text so far.
	Buf []byte
	// Form is what becomes of what JSON has no form for. Default Attached.
	Form Form
	// Attachments are the binary data taken out of the text, in their order.
	Attachments [][]byte
	// Limits bounds the depth of what is written.
	Limits esjson.Limits

	marks []mark
}

// Form is what becomes of binary data, dates, NaN and infinities.
type Form uint8

const (
	// Attached has binary data as attachments, with a placeholder of the Socket.IO
	// protocol in the text. Dates are as encoding/json has them.
	Attached Form = iota
	// Text has binary data as a Buffer's JSON, dates as encoding/json has them.
	Text
	// Node is all that JSON.stringify gives in Node: Text, with dates in the form of
	// Date.prototype.toISOString.
	Node
	// Packed has null in the text for what JSON has no form for, and its msgpack
	// ready for [Writer.AppendPacked]: dates as notepack.io 2 has them.
	Packed
	// Timestamps is Packed with dates as notepack.io 3 has them.
	Timestamps
)

// packed reports whether the text is on its way to msgpack.
func (f Form) packed() bool { return f == Packed || f == Timestamps }

// mark is the msgpack of a value that JSON has no form for, and where in the text
// null stands in its place.
type mark struct {
	at    int
	value []byte
}

// mark has value stand where the text has come to.
func (w *Writer) mark(value []byte) {
	w.marks = append(w.marks, mark{len(w.Buf), value})
	w.Buf = append(w.Buf, "null"...)
}

// State is how far a Writer has come.
type State struct{ text, attachments, marks int }

// State is where the Writer is now.
func (w *Writer) State() State { return State{len(w.Buf), len(w.Attachments), len(w.marks)} }

// Restore writes text in place of all that was written since.
func (w *Writer) Restore(to State, text string) {
	w.Buf = append(w.Buf[:to.text], text...)
	w.Attachments = w.Attachments[:to.attachments]
	w.marks = w.marks[:to.marks]
}

// Value writes v, which is depth arrays and objects deep. After an error the text is
// of no use, but for [Writer.Restore]. The types that most
// emits are made of are handled here, the others by reflection.
func (w *Writer) Value(v any, depth int) error {
	switch v := v.(type) {
	case nil:
		w.Buf = append(w.Buf, "null"...)
	case string:
		w.Buf = esjson.AppendString(w.Buf, v)
	case bool:
		w.Buf = strconv.AppendBool(w.Buf, v)
	case float64:
		w.number(v)
	case int:
		w.Buf = strconv.AppendInt(w.Buf, int64(v), 10)
	case []byte:
		w.binaryValue(bytes.Clone(v))
	case []any:
		return w.list(v, depth)
	case map[string]any:
		return w.object(v, depth)
	case esjson.Object:
		return w.ordered(v, depth)
	case Raw:
		return w.raw(v, depth)
	case json.RawMessage:
		return w.raw(v, depth)
	default:
		return w.reflected(reflect.ValueOf(v), depth)
	}
	return nil
}

func (w *Writer) list(list []any, depth int) error {
	if list == nil {
		w.Buf = append(w.Buf, "null"...)
		return nil
	}
	if err := w.enter(depth); err != nil {
		return err
	}
	w.Buf = append(w.Buf, '[')
	for i, v := range list {
		if i > 0 {
			w.Buf = append(w.Buf, ',')
		}
		if err := w.Value(v, depth+1); err != nil {
			return err
		}
	}
	w.Buf = append(w.Buf, ']')
	return nil
}

func (w *Writer) object(object map[string]any, depth int) error {
	if object == nil {
		w.Buf = append(w.Buf, "null"...)
		return nil
	}
	if err := w.enter(depth); err != nil {
		return err
	}
	keys := make([]string, 0, len(object))
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	w.Buf = append(w.Buf, '{')
	for i, key := range keys {
		if i > 0 {
			w.Buf = append(w.Buf, ',')
		}
		w.Buf = esjson.AppendString(w.Buf, key)
		w.Buf = append(w.Buf, ':')
		if err := w.Value(object[key], depth+1); err != nil {
			return err
		}
	}
	w.Buf = append(w.Buf, '}')
	return nil
}

// ordered writes an object in its own order.
func (w *Writer) ordered(object esjson.Object, depth int) error {
	if err := w.enter(depth); err != nil {
		return err
	}
	w.Buf = append(w.Buf, '{')
	for i, p := range object {
		if i > 0 {
			w.Buf = append(w.Buf, ',')
		}
		w.Buf = append(esjson.AppendString(w.Buf, p.Key), ':')
		if err := w.Value(p.Value, depth+1); err != nil {
			return err
		}
	}
	w.Buf = append(w.Buf, '}')
	return nil
}

// enter is where a cycle ends: nothing that encodes nests as deep.
func (w *Writer) enter(depth int) error {
	if depth >= w.Limits.Depth {
		return fmt.Errorf("%w: more than %d levels, or a cycle", esjson.ErrDepth, w.Limits.Depth)
	}
	return nil
}

// raw embeds JSON text as it is, except that no text frame may hold anything but
// UTF-8.
func (w *Writer) raw(text []byte, depth int) error {
	limits := esjson.Limits{Depth: max(w.Limits.Depth-depth, 1)}
	if !utf8.Valid(text) {
		return w.stringified(text, limits)
	}
	s := esjson.NewScanner(text, limits)
	_, err := s.Skip()
	if err == nil {
		err = s.End()
	}
	if err != nil {
		return err
	}
	w.Buf = append(w.Buf, text...)
	return nil
}

func (w *Writer) stringified(text []byte, limits esjson.Limits) error {
	buf, err := esjson.AppendStringify(w.Buf, text, limits)
	w.Buf = buf
	return err
}

func (w *Writer) number(f float64) {
	if w.Form.packed() && (math.IsNaN(f) || math.IsInf(f, 0)) {
		w.mark(notepack.AppendNumber(nil, f))
		return
	}
	w.Buf = esjson.AppendNumber(w.Buf, f)
}

// binaryValue writes what stands for binary data, which is the writer's own from
// here on.
func (w *Writer) binaryValue(b []byte) {
	switch w.Form {
	case Text, Node:
		w.Buf = esjson.AppendBuffer(w.Buf, b)
		return
	case Packed, Timestamps:
		w.mark(notepack.AppendBinary(nil, b))
		return
	}
	w.Buf = append(w.Buf, `{"_placeholder":true,"num":`...)
	w.Buf = strconv.AppendInt(w.Buf, int64(len(w.Attachments)), 10)
	w.Buf = append(w.Buf, '}')
	w.Attachments = append(w.Attachments, b)
}

// special writes v if it is of a type that says itself what it stands for.
func (w *Writer) special(v any, depth int) (done bool, err error) {
	switch v := v.(type) {
	case Raw:
		return true, w.raw(v, depth)
	case json.RawMessage:
		return true, w.raw(v, depth)
	case json.Number:
		return true, w.stringified([]byte(v), w.Limits)
	case *types.StringBuffer:
		w.Buf = esjson.AppendString(w.Buf, v.Bytes())
		return true, nil
	case *strings.Reader:
		text, err := io.ReadAll(v)
		w.Buf = esjson.AppendString(w.Buf, text)
		return true, err
	case types.BufferInterface:
		w.binaryValue(bytes.Clone(v.Bytes()))
		return true, nil
	case io.Reader:
		b, err := ReadAll(v)
		if err == nil {
			w.binaryValue(b)
		}
		return true, err
	case time.Time:
		return w.date(v)
	case *time.Time:
		return w.date(*v)
	case json.Marshaler:
		text, err := v.MarshalJSON()
		if err != nil {
			return true, err
		}
		return true, w.stringified(text, w.Limits)
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		w.Buf = esjson.AppendString(w.Buf, text)
		return true, err
	}
	return false, nil
}

// date writes a time as the Date that msgpack has; JSON has its text only.
func (w *Writer) date(t time.Time) (done bool, err error) {
	switch w.Form {
	case Packed:
		w.mark(notepack.AppendDate(nil, t))
		return true, nil
	case Timestamps:
		w.mark(notepack.AppendTimestamp(nil, t))
		return true, nil
	case Node:
		w.Buf = notepack.AppendDateJSON(w.Buf, t)
		return true, nil
	}
	text, err := t.MarshalJSON()
	if err == nil {
		w.Buf = append(w.Buf, text...)
	}
	return true, err
}

// ReadAll reads r to its end and closes it if that can be.
func ReadAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(r)
	if c, ok := r.(io.Closer); ok {
		if closeErr := c.Close(); err == nil {
			err = closeErr
		}
	}
	return b, err
}

package parser

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

	"nudge/server/internal/esjson"
	"nudge/server/internal/msgpack"
)

// writer writes the JSON of one packet and gathers what is no part of it.
type writer struct {
	buf         []byte
	binary      binaryForm
	attachments [][]byte
	marks       []mark
	limits      esjson.Limits
}

// binaryForm is what becomes of binary data.
type binaryForm uint8

const (
	attached binaryForm = iota // an attachment, with a placeholder in the text
	inText                     // a Buffer's JSON
	packed                     // a mark, as for all that JSON has no form for
)

// mark is the msgpack of a value that JSON has no form for, and where in the text
// null stands in its place.
type mark struct {
	at    int
	value []byte
}

// mark has value stand where the text has come to.
func (w *writer) mark(value []byte) {
	w.marks = append(w.marks, mark{len(w.buf), value})
	w.buf = append(w.buf, "null"...)
}

// state is how far a writer has come.
type state struct{ text, attachments, marks int }

func (w *writer) state() state { return state{len(w.buf), len(w.attachments), len(w.marks)} }

// restore writes text in place of all that was written since.
func (w *writer) restore(to state, text string) {
	w.buf = append(w.buf[:to.text], text...)
	w.attachments = w.attachments[:to.attachments]
	w.marks = w.marks[:to.marks]
}

// value writes v, which is depth arrays and objects deep. The types that most
// emits are made of are handled here, the others by reflection.
func (w *writer) value(v any, depth int) error {
	switch v := v.(type) {
	case nil:
		w.buf = append(w.buf, "null"...)
	case string:
		w.buf = esjson.AppendString(w.buf, v)
	case bool:
		w.buf = strconv.AppendBool(w.buf, v)
	case float64:
		w.number(v)
	case int:
		w.buf = strconv.AppendInt(w.buf, int64(v), 10)
	case []byte:
		w.binaryValue(bytes.Clone(v))
	case []any:
		return w.list(v, depth)
	case map[string]any:
		return w.object(v, depth)
	case Raw:
		return w.raw(v, depth)
	case json.RawMessage:
		return w.raw(v, depth)
	default:
		return w.reflected(reflect.ValueOf(v), depth)
	}
	return nil
}

func (w *writer) list(list []any, depth int) error {
	if list == nil {
		w.buf = append(w.buf, "null"...)
		return nil
	}
	if err := w.enter(depth); err != nil {
		return err
	}
	w.buf = append(w.buf, '[')
	for i, v := range list {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		if err := w.value(v, depth+1); err != nil {
			return err
		}
	}
	w.buf = append(w.buf, ']')
	return nil
}

func (w *writer) object(object map[string]any, depth int) error {
	if object == nil {
		w.buf = append(w.buf, "null"...)
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
	w.buf = append(w.buf, '{')
	for i, key := range keys {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = esjson.AppendString(w.buf, key)
		w.buf = append(w.buf, ':')
		if err := w.value(object[key], depth+1); err != nil {
			return err
		}
	}
	w.buf = append(w.buf, '}')
	return nil
}

// enter is where a cycle ends: nothing that encodes nests as deep.
func (w *writer) enter(depth int) error {
	if depth >= w.limits.Depth {
		return fmt.Errorf("%w: more than %d levels, or a cycle", esjson.ErrDepth, w.limits.Depth)
	}
	return nil
}

// raw embeds JSON text as it is, except that no text frame may hold anything but
// UTF-8.
func (w *writer) raw(text []byte, depth int) error {
	limits := esjson.Limits{Depth: max(w.limits.Depth-depth, 1)}
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
	w.buf = append(w.buf, text...)
	return nil
}

func (w *writer) stringified(text []byte, limits esjson.Limits) error {
	buf, err := esjson.AppendStringify(w.buf, text, limits)
	w.buf = buf
	return err
}

func (w *writer) number(f float64) {
	if w.binary == packed && (math.IsNaN(f) || math.IsInf(f, 0)) {
		w.mark(msgpack.AppendNumber(nil, f))
		return
	}
	w.buf = esjson.AppendNumber(w.buf, f)
}

// binaryValue writes what stands for binary data, which is the writer's own from
// here on.
func (w *writer) binaryValue(b []byte) {
	switch w.binary {
	case inText:
		w.buf = esjson.AppendBuffer(w.buf, b)
		return
	case packed:
		w.mark(msgpack.AppendBinary(nil, b))
		return
	}
	w.buf = append(w.buf, `{"`+placeholderKey+`":true,"`+numberKey+`":`...)
	w.buf = strconv.AppendInt(w.buf, int64(len(w.attachments)), 10)
	w.buf = append(w.buf, '}')
	w.attachments = append(w.attachments, b)
}

// special writes v if it is of a type that says itself what it stands for.
func (w *writer) special(v any, depth int) (done bool, err error) {
	switch v := v.(type) {
	case Raw:
		return true, w.raw(v, depth)
	case json.RawMessage:
		return true, w.raw(v, depth)
	case json.Number:
		return true, w.stringified([]byte(v), w.limits)
	case *types.StringBuffer:
		w.buf = esjson.AppendString(w.buf, v.Bytes())
		return true, nil
	case *strings.Reader:
		text, err := io.ReadAll(v)
		w.buf = esjson.AppendString(w.buf, text)
		return true, err
	case types.BufferInterface:
		w.binaryValue(bytes.Clone(v.Bytes()))
		return true, nil
	case io.Reader:
		b, err := readAll(v)
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
		return true, w.stringified(text, w.limits)
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		w.buf = esjson.AppendString(w.buf, text)
		return true, err
	}
	return false, nil
}

// date writes a time as the Date that msgpack has; JSON has its text only.
func (w *writer) date(t time.Time) (done bool, err error) {
	if w.binary == packed {
		w.mark(msgpack.AppendDate(nil, t))
		return true, nil
	}
	text, err := t.MarshalJSON()
	if err == nil {
		w.buf = append(w.buf, text...)
	}
	return true, err
}

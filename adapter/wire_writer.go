package adapter

import (
	"log/slog"
	"reflect"
	"strconv"
	"unicode/utf8"

	"nudge/adapter/esjson"
	"nudge/adapter/jsvalue"
	"nudge/adapter/notepack"
)

// wireWriter writes one message for Node's adapters, as JSON or as the msgpack of
// notepack.io 3: the parts in the order in which Node's own code names them, so that
// the bytes are Node's.
//
//	w.object(2)
//	w.key("uid").string(uid)
//	w.key("type").number(2)
//	w.end()
type wireWriter struct {
	buf    []byte
	packed bool // msgpack
	open   []byte
	log    *slog.Logger
	levels [8]byte // what open is in, while it is short
}

// usualSize is what most messages fit into.
const usualSize = 256

func newPackedWriter(log *slog.Logger) *wireWriter {
	w := newJSONWriter(log)
	w.packed = true
	return w
}

func newJSONWriter(log *slog.Logger) *wireWriter {
	w := &wireWriter{buf: make([]byte, 0, usualSize), log: log}
	w.open = w.levels[:0]
	return w
}

// object begins an object of n members; each is a key and a value.
func (w *wireWriter) object(n int) *wireWriter {
	w.separate()
	w.open = append(w.open, '}')
	if w.packed {
		w.buf = notepack.AppendMap(w.buf, n)
	} else {
		w.buf = append(w.buf, '{')
	}
	return w
}

// array begins an array of n elements.
func (w *wireWriter) array(n int) *wireWriter {
	w.separate()
	w.open = append(w.open, ']')
	if w.packed {
		w.buf = notepack.AppendArray(w.buf, n)
	} else {
		w.buf = append(w.buf, '[')
	}
	return w
}

// end ends the object or array that began last.
func (w *wireWriter) end() *wireWriter {
	last := len(w.open) - 1
	if !w.packed {
		w.buf = append(w.buf, w.open[last])
	}
	w.open = w.open[:last]
	return w
}

func (w *wireWriter) key(name string) *wireWriter {
	w.string(name)
	if !w.packed {
		w.buf = append(w.buf, ':')
	}
	return w
}

func (w *wireWriter) string(s string) *wireWriter {
	w.separate()
	if w.packed {
		w.buf = notepack.AppendString(w.buf, s)
	} else {
		w.buf = esjson.AppendString(w.buf, s)
	}
	return w
}

func (w *wireWriter) number(n int64) *wireWriter {
	w.separate()
	if w.packed {
		w.buf = notepack.AppendInt(w.buf, n)
	} else {
		w.buf = strconv.AppendInt(w.buf, n, 10)
	}
	return w
}

func (w *wireWriter) bool(b bool) *wireWriter {
	w.separate()
	if w.packed {
		w.buf = notepack.AppendBool(w.buf, b)
	} else {
		w.buf = strconv.AppendBool(w.buf, b)
	}
	return w
}

// value writes any Go value as package jsvalue does. What stands for nothing in
// JavaScript, a func or a cycle, is null and logged.
func (w *wireWriter) value(v any) *wireWriter {
	w.separate()
	before := len(w.buf)
	if err := w.tryValue(v); err != nil {
		w.log.Warn("a value cannot be sent to the other nodes, null stands for it", slog.Any("type", reflect.TypeOf(v)), slog.Any("reason", err))
		w.buf = w.buf[:before]
		if w.packed {
			w.buf = notepack.AppendNil(w.buf)
		} else {
			w.buf = append(w.buf, "null"...)
		}
	}
	return w
}

func (w *wireWriter) tryValue(v any) error {
	limits := esjson.Limits{Depth: wireDepth}
	if !w.packed {
		text := jsvalue.Writer{Buf: w.buf, Form: jsvalue.Node, Limits: limits}
		err := text.Value(v, 0)
		w.buf = text.Buf
		return err
	}
	if s, is := v.(string); is && utf8.ValidString(s) {
		w.buf = notepack.AppendString(w.buf, s) // needs no look at it in between
		return nil
	}
	text := jsvalue.Writer{Form: jsvalue.Timestamps, Limits: limits}
	if err := text.Value(v, 0); err != nil {
		return err
	}
	var err error
	w.buf, err = text.AppendPacked(w.buf)
	return err
}

// values writes a list, each element on its own: one that cannot be sent is null.
func (w *wireWriter) values(list []any) *wireWriter {
	w.array(len(list))
	for _, v := range list {
		w.value(v)
	}
	return w.end()
}

// separate writes the comma before what is neither first in its list nor the value
// of a key.
func (w *wireWriter) separate() {
	if w.packed || len(w.buf) == 0 {
		return
	}
	switch w.buf[len(w.buf)-1] {
	case '{', '[', ':':
	default:
		w.buf = append(w.buf, ',')
	}
}

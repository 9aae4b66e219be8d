package jsvalue

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"

	"nudge/adapter/esjson"
)

var (
	readerType    = reflect.TypeFor[io.Reader]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
	textType      = reflect.TypeFor[encoding.TextMarshaler]()
	numberType    = reflect.TypeFor[json.Number]()
)

// isSpecial reports whether writer.special knows what to do with values of t.
func isSpecial(t reflect.Type) bool {
	return t == numberType || t.Implements(readerType) || t.Implements(marshalerType) || t.Implements(textType)
}

// reflected writes what encoding/json would for v, in JavaScript's form and with
// binary taken out.
func (w *Writer) reflected(v reflect.Value, depth int) error {
	t := v.Type()
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice:
		if v.IsNil() {
			w.Buf = append(w.Buf, "null"...)
			return nil
		}
	}
	if isSpecial(t) && v.CanInterface() {
		if done, err := w.special(v.Interface(), depth); done {
			return err
		}
	}
	if v.CanAddr() && v.Addr().CanInterface() && isSpecial(reflect.PointerTo(t)) {
		if done, err := w.special(v.Addr().Interface(), depth); done {
			return err
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		w.Buf = strconv.AppendBool(w.Buf, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.Buf = strconv.AppendInt(w.Buf, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		w.Buf = strconv.AppendUint(w.Buf, v.Uint(), 10)
	case reflect.Float64:
		w.number(v.Float())
	case reflect.Float32:
		w.number(shortFloat(v.Float()))
	case reflect.String:
		w.Buf = esjson.AppendString(w.Buf, v.String())
	case reflect.Interface:
		return w.reflected(v.Elem(), depth)
	case reflect.Pointer:
		if err := w.enter(depth); err != nil {
			return err
		}
		return w.reflected(v.Elem(), depth+1)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 && !isSpecial(reflect.PointerTo(t.Elem())) {
			w.binaryValue(bytes.Clone(v.Bytes()))
			return nil
		}
		return w.elements(v, depth)
	case reflect.Array:
		return w.elements(v, depth)
	case reflect.Map:
		return w.mapValue(v, depth)
	case reflect.Struct:
		return w.structValue(v, depth)
	default:
		return fmt.Errorf("no JSON stands for a %s", t)
	}
	return nil
}

// shortFloat is the double whose shortest decimal is that of the float32 f came
// from: a Go programmer's float32(0.1) is 0.1, not 0.10000000149011612.
func shortFloat(f float64) float64 {
	// What AppendFloat writes always parses.
	short, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', -1, 32), 64)
	return short
}

func (w *Writer) elements(v reflect.Value, depth int) error {
	if err := w.enter(depth); err != nil {
		return err
	}
	w.Buf = append(w.Buf, '[')
	for i := range v.Len() {
		if i > 0 {
			w.Buf = append(w.Buf, ',')
		}
		if err := w.reflected(v.Index(i), depth+1); err != nil {
			return err
		}
	}
	w.Buf = append(w.Buf, ']')
	return nil
}

func (w *Writer) mapValue(v reflect.Value, depth int) error {
	if err := w.enter(depth); err != nil {
		return err
	}
	type entry struct {
		key   string
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		key, err := mapKey(iter.Key())
		if err != nil {
			return err
		}
		entries = append(entries, entry{key, iter.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	w.Buf = append(w.Buf, '{')
	for i, e := range entries {
		if i > 0 {
			w.Buf = append(w.Buf, ',')
		}
		w.Buf = esjson.AppendString(w.Buf, e.key)
		w.Buf = append(w.Buf, ':')
		if err := w.reflected(e.value, depth+1); err != nil {
			return err
		}
	}
	w.Buf = append(w.Buf, '}')
	return nil
}

// mapKey is the property name that encoding/json gives a map key.
func mapKey(k reflect.Value) (string, error) {
	if k.Kind() == reflect.Interface && !k.IsNil() {
		k = k.Elem() // of a map[any]any
	}
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	if k.Type().Implements(textType) && k.CanInterface() {
		if k.Kind() == reflect.Pointer && k.IsNil() {
			return "", nil
		}
		if m, ok := k.Interface().(encoding.TextMarshaler); ok {
			text, err := m.MarshalText()
			return string(text), err
		}
	}
	switch {
	case k.CanInt():
		return strconv.FormatInt(k.Int(), 10), nil
	case k.CanUint():
		return strconv.FormatUint(k.Uint(), 10), nil
	}
	return "", fmt.Errorf("no property name stands for a %s", k.Type())
}

func (w *Writer) structValue(v reflect.Value, depth int) error {
	if err := w.enter(depth); err != nil {
		return err
	}
	w.Buf = append(w.Buf, '{')
	first := true
	for _, f := range structFields(v.Type()) {
		value, ok := f.of(v)
		if !ok || f.omits(value) {
			continue
		}
		if !first {
			w.Buf = append(w.Buf, ',')
		}
		first = false
		w.Buf = append(w.Buf, f.property...)
		if f.quoted {
			if err := w.quoted(value, depth+1); err != nil {
				return err
			}
			continue
		}
		if err := w.reflected(value, depth+1); err != nil {
			return err
		}
	}
	w.Buf = append(w.Buf, '}')
	return nil
}

// quoted writes a value under the "string" option of its tag: its JSON inside a
// string, but null as it is.
func (w *Writer) quoted(v reflect.Value, depth int) error {
	start := len(w.Buf)
	if err := w.reflected(v, depth); err != nil {
		return err
	}
	if text := string(w.Buf[start:]); text != "null" {
		w.Buf = esjson.AppendString(w.Buf[:start], text)
	}
	return nil
}

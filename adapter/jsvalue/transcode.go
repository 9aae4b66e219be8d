package jsvalue

import (
	"strconv"

	"nudge/adapter/esjson"
	"nudge/adapter/notepack"
)

// AppendPacked appends the msgpack of what has been written in a packed form: one
// whole value.
func (w *Writer) AppendPacked(dst []byte) ([]byte, error) {
	t := transcoder{
		in:      esjson.NewScanner(w.Buf, w.Limits),
		out:     dst,
		marks:   w.marks,
		lengths: lengths(w.Buf),
	}
	err := t.value()
	return t.out, err
}

// transcoder turns JSON into msgpack.
type transcoder struct {
	in      *esjson.Scanner
	out     []byte
	marks   []mark // those to come
	lengths []int  // of the arrays and objects to come
}

func (t *transcoder) value() error {
	kind, err := t.in.Kind()
	if err != nil {
		return err
	}
	if len(t.marks) > 0 && t.marks[0].at == t.in.Offset() {
		t.out = append(t.out, t.marks[0].value...)
		t.marks = t.marks[1:]
		_, err := t.in.Skip()
		return err
	}
	switch kind {
	case esjson.KindArray:
		return t.array()
	case esjson.KindObject:
		return t.object()
	case esjson.KindNumber:
		return t.number()
	}
	value, err := t.in.Value()
	switch v := value.(type) {
	case string:
		t.out = notepack.AppendString(t.out, v)
	case bool:
		t.out = notepack.AppendBool(t.out, v)
	default:
		t.out = notepack.AppendNil(t.out)
	}
	return err
}

// number keeps whole numbers of up to 64 bits exact, though JavaScript rounds
// those past 2^53.
func (t *transcoder) number() error {
	text, err := t.in.Skip()
	if err != nil {
		return err
	}
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		t.out = notepack.AppendInt(t.out, n)
		return nil
	}
	if n, err := strconv.ParseUint(string(text), 10, 64); err == nil {
		t.out = notepack.AppendUint(t.out, n)
		return nil
	}
	// The only error left is that it is out of range, and then f is infinite, as
	// JSON.parse has it.
	f, _ := strconv.ParseFloat(string(text), 64)
	t.out = notepack.AppendNumber(t.out, f)
	return nil
}

// length is that of the array or object that is next.
func (t *transcoder) length() int {
	n := t.lengths[0]
	t.lengths = t.lengths[1:]
	return n
}

func (t *transcoder) array() error {
	t.out = notepack.AppendArray(t.out, t.length())
	if err := t.in.Open(); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := t.in.Next(']', first)
		if err != nil || !more {
			return err
		}
		if err := t.value(); err != nil {
			return err
		}
	}
}

func (t *transcoder) object() error {
	t.out = notepack.AppendMap(t.out, t.length())
	if err := t.in.Open(); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := t.in.Next('}', first)
		if err != nil || !more {
			return err
		}
		key, err := t.in.Key()
		if err != nil {
			return err
		}
		t.out = notepack.AppendString(t.out, key)
		if err := t.value(); err != nil {
			return err
		}
	}
}

// lengths counts the elements of each array and the members of each object in a
// valid text, in the order in which they open: msgpack has the number first, JSON
// nowhere.
func lengths(text []byte) []int {
	var counts, open []int // open are the places in counts of those not closed yet
	empty := false         // nothing has come since the last one opened
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case ' ', '\t', '\n', '\r':
			continue
		case '[', '{':
			open = append(open, len(counts))
			counts = append(counts, 0)
			empty = true
			continue
		case ']', '}':
			if !empty {
				counts[open[len(open)-1]]++
			}
			open = open[:len(open)-1]
		case ',':
			counts[open[len(open)-1]]++
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		}
		empty = false
	}
	return counts
}

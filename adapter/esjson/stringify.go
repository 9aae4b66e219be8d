package esjson

import "slices"

// AppendStringify appends to dst what JSON.stringify(JSON.parse(src)) gives in
// JavaScript: no white space, numbers as doubles, strings with JavaScript's
// escapes (lone surrogates as \udxxx), array-index keys first in ascending order
// and then the others as they first came, the last of several equal keys kept in
// the place of the first. Each maximal invalid part of UTF-8 in src becomes
// U+FFFD. On an error (ErrSyntax, ErrDepth) dst comes back as it was.
func AppendStringify(dst, src []byte, lim Limits) ([]byte, error) {
	w := writer{Scanner: Scanner{src: src, max: lim.depth()}, dst: dst}
	if err := w.value(); err != nil {
		return dst, err
	}
	if err := w.End(); err != nil {
		return dst, err
	}
	if len(w.moved) > 0 {
		return w.rearranged(len(dst)), nil
	}
	return w.dst, nil
}

// writer writes each value as it reads it, objects in the order of the text.
// Objects that JavaScript would order differently are remembered and put right
// in one last pass, so that no byte is moved once per level of nesting.
type writer struct {
	Scanner
	dst     []byte
	members []member // of the objects that are open, innermost last
	table   []int32  // scratch of the search for equal keys
	moved   []rearrangement
}

func (w *writer) value() error {
	switch c := w.peek(); c {
	case '"':
		token, form, err := w.str()
		if err != nil {
			return err
		}
		w.dst = appendQuoted(w.dst, token, form)
	case '{':
		return w.object()
	case '[':
		return w.array()
	case 't', 'f', 'n':
		token, err := w.literal(c)
		if err != nil {
			return err
		}
		w.dst = append(w.dst, token...)
	default:
		token, same, err := w.number()
		if err != nil {
			return err
		}
		if same {
			w.dst = append(w.dst, token...)
		} else {
			w.dst = AppendNumber(w.dst, toNumber(token))
		}
	}
	return nil
}

func (w *writer) array() error {
	if err := w.Open(); err != nil {
		return err
	}
	w.dst = append(w.dst, '[')
	for first := true; ; first = false {
		more, err := w.Next(']', first)
		if err != nil {
			return err
		}
		if !more {
			w.dst = append(w.dst, ']')
			return nil
		}
		if !first {
			w.dst = append(w.dst, ',')
		}
		if err := w.value(); err != nil {
			return err
		}
	}
}

func (w *writer) object() error {
	if err := w.Open(); err != nil {
		return err
	}
	start, base := len(w.dst), len(w.members)
	w.dst = append(w.dst, '{')
	var only member // the first one, which needs no record before there is a second
	count := 0
	for first := true; ; first = false {
		more, err := w.Next('}', first)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if !first {
			w.dst = append(w.dst, ',')
		}
		token, form, err := w.key()
		if err != nil {
			return err
		}
		m := member{span: span{start: len(w.dst)}}
		w.dst = appendQuoted(w.dst, token, form)
		m.keyEnd = len(w.dst)
		m.index = arrayIndex(w.dst[m.start+1 : m.keyEnd-1])
		w.dst = append(w.dst, ':')
		if err := w.value(); err != nil {
			return err
		}
		m.end = len(w.dst)
		switch count++; count {
		case 1:
			only = m
			continue
		case 2:
			w.members = append(slices.Grow(w.members, fewKeys), only)
		}
		w.members = append(w.members, m)
	}
	w.dst = append(w.dst, '}')
	if count < 2 {
		return nil
	}
	if order := w.order(w.members[base:]); order != nil {
		w.moved = append(w.moved, rearrangement{span{start, len(w.dst)}, order})
	}
	w.members = w.members[:base]
	return nil
}

package esjson

import "unsafe"

// Value takes the next value as a Go value: nil, bool, float64, string, []any or
// map[string]any, or Object where that is asked for. A number past the largest double is ±Inf, a lone surrogate is
// U+FFFD, and the last of several equal keys counts.
func (s *Scanner) Value() (any, error) {
	switch c := s.peek(); c {
	case '"':
		token, form, err := s.str()
		if err != nil {
			return nil, err
		}
		if body := token[1 : len(token)-1]; s.Shared && form == formPlain {
			return unsafe.String(unsafe.SliceData(body), len(body)), nil
		}
		return unquote(token, form), nil
	case '{':
		return s.mapValue()
	case '[':
		return s.sliceValue()
	case 't', 'f', 'n':
		if _, err := s.literal(c); err != nil || c == 'n' {
			return nil, err
		}
		return c == 't', nil
	}
	token, _, err := s.number()
	if err != nil {
		return nil, err
	}
	return toNumber(token), nil
}

// fewElements is what a list has room for before it grows: that of an event has its name,
// an argument or two, and in a stream its offset.
const fewElements = 4

func (s *Scanner) sliceValue() (any, error) {
	if err := s.Open(); err != nil {
		return nil, err
	}
	out := []any{}
	for first := true; ; first = false {
		more, err := s.Next(']', first)
		if err != nil {
			return nil, err
		}
		if !more {
			return out, nil
		}
		if first {
			out = make([]any, 0, fewElements)
		}
		v, err := s.Value()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
}

func (s *Scanner) mapValue() (any, error) {
	if err := s.Open(); err != nil {
		return nil, err
	}
	var ordered ObjectBuilder
	out := map[string]any{}
	for first := true; ; first = false {
		more, err := s.Next('}', first)
		if err != nil {
			return nil, err
		}
		if !more && s.Objects {
			return ordered.Object(), nil
		}
		if !more {
			return out, nil
		}
		key, err := s.Key()
		if err != nil {
			return nil, err
		}
		value, err := s.Value()
		if err != nil {
			return nil, err
		}
		if s.Objects {
			ordered.Set(key, value)
		} else {
			out[key] = value
		}
	}
}

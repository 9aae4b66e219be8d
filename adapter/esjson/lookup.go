package esjson

import "unicode/utf8"

// Lookup finds property key of the object in src as JavaScript would after
// JSON.parse: the last of several equal keys counts, and keys are compared by
// value whatever their escapes. value is the part of src that holds it, as it
// stands there. found is false for an object without the key. The whole of src
// is checked: errors are ErrSyntax, ErrDepth, and ErrNotObject for a valid text
// that is another value.
func Lookup(src []byte, key string, lim Limits) (value []byte, found bool, err error) {
	s := Scanner{src: src, max: lim.depth()}
	if s.peek() != '{' {
		if _, err := s.Skip(); err != nil {
			return nil, false, err
		}
		if err := s.End(); err != nil {
			return nil, false, err
		}
		return nil, false, ErrNotObject
	}
	if err := s.Open(); err != nil {
		return nil, false, err
	}
	for first := true; ; first = false {
		more, err := s.Next('}', first)
		if err != nil {
			return nil, false, err
		}
		if !more {
			break
		}
		token, form, err := s.key()
		if err != nil {
			return nil, false, err
		}
		v, err := s.Skip()
		if err != nil {
			return nil, false, err
		}
		if equalValue(token, form, key) {
			value, found = v, true
		}
	}
	if err := s.End(); err != nil {
		return nil, false, err
	}
	return value, found, nil
}

// equalValue reports whether a string token stands for key. A token with a lone
// surrogate stands for no Go string, so it equals none: not even one with U+FFFD
// in its place.
func equalValue(token []byte, form stringForm, key string) bool {
	if form == formPlain {
		return string(token[1:len(token)-1]) == key
	}
	return utf8.ValidString(key) && string(appendQuoted(nil, token, form)) == string(AppendString(nil, key))
}

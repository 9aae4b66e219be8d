package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// decode reads the first argument of an event into a request. What the request has
// no field for is ignored.
func decode(arg []byte, request any) error {
	switch {
	case arg == nil:
		return fmt.Errorf("%w: it takes one argument, an object", ErrInvalid)
	case len(arg) == 0 || arg[0] != '{':
		return fmt.Errorf("%w: its argument is an object", ErrInvalid)
	case !utf8.Valid(arg) || hasLoneSurrogate(arg):
		return fmt.Errorf("%w: a string in it is no valid Unicode", ErrInvalid)
	}
	err := json.Unmarshal(arg, request)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("%w: %q cannot be a %s", ErrInvalid, wrong.Field, wrong.Value)
	case err != nil:
		return fmt.Errorf("%w: it is no JSON", ErrInvalid)
	}
	return nil
}

// hasLoneSurrogate tells whether a JSON text escapes half of a pair alone, which
// encoding/json would quietly replace.
func hasLoneSurrogate(text []byte) bool {
	for {
		at := bytes.IndexByte(text, '\\')
		if at < 0 || at+1 >= len(text) {
			return false
		}
		if text[at+1] != 'u' {
			text = text[at+2:]
			continue
		}
		text = text[at:]
		unit, ok := escapedUnit(text)
		if !ok {
			return false // no JSON at all
		}
		text = text[6:]
		if !utf16.IsSurrogate(unit) {
			continue
		}
		second, ok := escapedUnit(text)
		if !ok || utf16.DecodeRune(unit, second) == utf8.RuneError {
			return true
		}
		text = text[6:]
	}
}

// escapedUnit reads the \uXXXX at the start of text.
func escapedUnit(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(unit), err == nil
}

package esjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"
)

// FuzzStringify holds AppendStringify to what needs no Node to check: it accepts
// what encoding/json accepts (which replaces bytes that are not UTF-8 too, and
// nests to 10,000), its output is valid, and stringifying it again changes
// nothing.
func FuzzStringify(f *testing.F) {
	for _, c := range stringifyCases(f) {
		f.Add(c.source(f))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		out, err := AppendStringify(nil, src, Limits{})
		if errors.Is(err, ErrDepth) {
			return
		}
		if (err == nil) != json.Valid(src) {
			t.Fatalf("error %v, encoding/json valid: %v", err, json.Valid(src))
		}
		s := NewScanner(src, Limits{})
		_, valueErr := s.Value()
		if valueErr == nil {
			valueErr = s.End()
		}
		if (err == nil) != (valueErr == nil) {
			t.Fatalf("AppendStringify: %v, Value: %v", err, valueErr)
		}
		if err != nil {
			return
		}
		if !json.Valid(out) || !utf8.Valid(out) {
			t.Fatalf("not JSON in UTF-8: %q", out)
		}
		again, err := AppendStringify(nil, out, Limits{})
		if err != nil || !bytes.Equal(out, again) {
			t.Fatalf("%q became %q, %v", out, again, err)
		}
	})
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\\n\x00", "é\u2028<", "\xff\xe2\x82", "12345678\x1f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := AppendString(nil, s)
		var back string
		if err := json.Unmarshal(out, &back); err != nil || !utf8.Valid(out) {
			t.Fatalf("%q: %v", out, err)
		}
		if utf8.ValidString(s) && back != s {
			t.Fatalf("%q came back as %q", s, back)
		}
		if again, err := AppendStringify(nil, out, Limits{}); err != nil || !bytes.Equal(out, again) {
			t.Fatalf("%q became %q, %v", out, again, err)
		}
	})
}

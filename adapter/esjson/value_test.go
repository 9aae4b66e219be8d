package esjson

import (
	"errors"
	"math"
	"reflect"
	"testing"
)

func TestValue(t *testing.T) {
	for src, want := range map[string]any{
		`null`:                        nil,
		`true`:                        true,
		` false `:                     false,
		`-1.50`:                       -1.5,
		`1e400`:                       math.Inf(1),
		`"plain"`:                     "plain",
		`"\"\\\/\b\f\n\r\t\u0041é"`:   "\"\\/\b\f\n\r\tAé",
		`"\ud83d\ude00"`:              "😀",
		`"a\ud83dz"`:                  "a\uFFFDz",
		`"\ude00\ud83d"`:              "\uFFFD\uFFFD",
		"\"\xe2\x82\\n\"":             "\uFFFD\n",
		`[]`:                          []any{},
		`[1,[null],{"a":"b"}]`:        []any{1.0, []any{nil}, map[string]any{"a": "b"}},
		`{"a":1,"b":[],"\u0061":"2"}`: map[string]any{"a": "2", "b": []any{}},
	} {
		s := NewScanner([]byte(src), Limits{})
		got, err := s.Value()
		if err == nil {
			err = s.End()
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, %v; want %#v", src, got, err, want)
		}
	}
}

// TestScannerAgrees holds the three walkers of the package to one grammar.
func TestScannerAgrees(t *testing.T) {
	for _, c := range stringifyCases(t) {
		src := c.source(t)
		for name, take := range map[string]func(*Scanner) error{
			"Value": func(s *Scanner) error { _, err := s.Value(); return err },
			"Skip":  func(s *Scanner) error { _, err := s.Skip(); return err },
		} {
			s := NewScanner(src, Limits{})
			err := take(s)
			if err == nil {
				err = s.End()
			}
			if c.Error != errors.Is(err, ErrSyntax) {
				t.Errorf("%s of %q: %v; error wanted: %v", name, src, err, c.Error)
			}
		}
	}
}

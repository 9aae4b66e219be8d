package esjson

import (
	"errors"
	"testing"
)

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		src, key, want string
		found          bool
	}{
		{`{"message":"x"}`, "message", `"x"`, true},
		{` { "a" : [ 1, {} ] , "b" : 2 } `, "a", `[ 1, {} ]`, true},
		{`{"a":1,"a":1.0}`, "a", `1.0`, true},
		{`{"a":1,"\u0061":{"b":null}}`, "a", `{"b":null}`, true},
		{`{"\u0061":1,"a":2}`, "a", `2`, true},
		{`{"\"\\\/\n":true}`, "\"\\/\n", `true`, true},
		{`{"\ud83d\ude00":-1e5}`, "😀", `-1e5`, true},
		{`{"":0}`, "", `0`, true},
		{`{"__proto__":1}`, "__proto__", `1`, true},
		{`{"nested":{"a":1}}`, "a", ``, false},
		{`{}`, "toString", ``, false},
		{`{"a":1}`, "A", ``, false},
		// A lone surrogate is not the character that replaces it elsewhere.
		{`{"\ud83d":1}`, "\uFFFD", ``, false},
		{`{"\ufffd":1}`, "\uFFFD", `1`, true},
		{"{\"\xff\":1}", "\uFFFD", `1`, true},
		{"{\"\xff\":1}", "\xff", ``, false},
	} {
		got, found, err := Lookup([]byte(c.src), c.key, Limits{})
		if err != nil || found != c.found || string(got) != c.want {
			t.Errorf("Lookup(%s, %q) = %q, %v, %v; want %q, %v", c.src, c.key, got, found, err, c.want, c.found)
		}
	}
}

func TestLookupErrors(t *testing.T) {
	for src, want := range map[string]error{
		`[]`:           ErrNotObject,
		` "message" `:  ErrNotObject,
		`null`:         ErrNotObject,
		`12`:           ErrNotObject,
		``:             ErrSyntax,
		`nul`:          ErrSyntax,
		`[1,]`:         ErrSyntax,
		`12 13`:        ErrSyntax,
		`{"a":1`:       ErrSyntax,
		`{"a":1}}`:     ErrSyntax,
		`{"a":1,"b":}`: ErrSyntax,
		`{"a":1,}`:     ErrSyntax,
		`{"a":[[[]]]}`: ErrDepth,
		`[[[[]]]]`:     ErrDepth,
	} {
		value, found, err := Lookup([]byte(src), "a", Limits{Depth: 3})
		if !errors.Is(err, want) || found || value != nil {
			t.Errorf("Lookup(%s) = %q, %v, %v; want %v", src, value, found, err, want)
		}
	}
}

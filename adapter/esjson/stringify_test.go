package esjson

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// stringifyCase is one row of testdata/stringify.json, Node's own answers.
type stringifyCase struct {
	Text  string `json:"text"`
	Hex   string `json:"hex"`
	Out   string `json:"out"`
	Error bool   `json:"error"`
}

func (c stringifyCase) source(t testing.TB) []byte {
	t.Helper()
	if c.Hex == "" {
		return []byte(c.Text)
	}
	src, err := hex.DecodeString(c.Hex)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func stringifyCases(t testing.TB) []stringifyCase {
	t.Helper()
	table, err := os.ReadFile("testdata/stringify.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []stringifyCase
	if err := json.Unmarshal(table, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 200 {
		t.Fatalf("only %d cases in the table", len(cases))
	}
	return cases
}

func TestStringifyTable(t *testing.T) {
	for _, c := range stringifyCases(t) {
		src := c.source(t)
		got, err := AppendStringify([]byte("before"), src, Limits{})
		switch {
		case c.Error:
			if !errors.Is(err, ErrSyntax) {
				t.Errorf("%q: got %q, %v; want ErrSyntax", src, got, err)
			}
			if string(got) != "before" {
				t.Errorf("%q: an error left %q in dst", src, got)
			}
		case err != nil:
			t.Errorf("%q: %v; want %q", src, err, c.Out)
		case string(got) != "before"+c.Out:
			t.Errorf("%q:\n got %q\nwant %q", src, got[len("before"):], c.Out)
		}
	}
}

// TestTableIsNodes makes sure that the table is still what Node says.
func TestTableIsNodes(t *testing.T) {
	table, err := os.ReadFile("testdata/stringify.json")
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := exec.CommandContext(t.Context(), "node", "testdata/generate.mjs").Output()
	if err != nil {
		t.Fatalf("node testdata/generate.mjs (the tests need Node.js on PATH): %v", err)
	}
	if string(fresh) != string(table) {
		t.Error("testdata/stringify.json differs from what testdata/generate.mjs writes")
	}
}

func TestStringifyDepth(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat(`{"a":[`, n) + strings.Repeat("]}", n)) }
	if _, err := AppendStringify(nil, nested(DefaultDepth/2), Limits{}); err != nil {
		t.Errorf("at the default depth: %v", err)
	}
	if _, err := AppendStringify(nil, append([]byte("["), nested(DefaultDepth/2)...), Limits{}); !errors.Is(err, ErrDepth) {
		t.Errorf("past the default depth: %v, want ErrDepth", err)
	}
	if _, err := AppendStringify(nil, []byte(`[[1]]`), Limits{Depth: 2}); err != nil {
		t.Errorf("at depth 2: %v", err)
	}
	_, err := AppendStringify(nil, []byte(`[[[1]]]`), Limits{Depth: 2})
	if !errors.Is(err, ErrDepth) || !strings.Contains(err.Error(), "offset 2") {
		t.Errorf("past depth 2: %v, want ErrDepth at offset 2", err)
	}
	// Siblings are not nesting.
	if _, err := AppendStringify(nil, []byte(`[[],[],[{}],[]]`), Limits{Depth: 3}); err != nil {
		t.Errorf("siblings: %v", err)
	}
}

func TestSyntaxErrorsSayWhere(t *testing.T) {
	for src, want := range map[string]string{
		"":          "invalid JSON: end of text where a value belongs at offset 0",
		"[1,]":      "invalid JSON: ']' where a value belongs at offset 3",
		`{"a" 1}`:   "invalid JSON: '1' where ':' belongs at offset 5",
		`{a:1}`:     "invalid JSON: 'a' where a property name in double quotes belongs at offset 1",
		`[1 2]`:     "invalid JSON: '2' where ',' or ']' belongs at offset 3",
		`{} x`:      "invalid JSON: 'x' where the end belongs at offset 3",
		`"abc`:      "invalid JSON: end of text inside a string at offset 4",
		`"a\x"`:     "invalid JSON: bad escape in a string at offset 2",
		"\"a\nb\"":  "invalid JSON: raw control character in a string at offset 2",
		"[nul]":     "invalid JSON: unknown word at offset 1",
		"-x":        "invalid JSON: 'x' where a digit belongs at offset 1",
		"[1.5e+, 1": "invalid JSON: ',' where a digit belongs at offset 6",
	} {
		if _, err := AppendStringify(nil, []byte(src), Limits{}); err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", src, err, want)
		}
	}
}

package adapter

import (
	"encoding/json"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unordered are the parts of a socket whose order Go does not keep: objects that Node has
// as they were sent, and its rooms.
var unordered = regexp.MustCompile(`"(?:headers|query|auth|bin)":\{[^{}]*\}|"rooms":\[[^\[\]]*\]`)

// inOrder has those parts in the order of the alphabet, as Go writes them.
func inOrder(t *testing.T, text string) string {
	t.Helper()
	return unordered.ReplaceAllStringFunc(text, func(part string) string {
		name, list, _ := strings.Cut(part, ":")
		var v any
		if err := json.Unmarshal([]byte(list), &v); err != nil {
			t.Fatalf("%s: %v", part, err)
		}
		if rooms, is := v.([]any); is {
			slices.SortFunc(rooms, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		}
		sorted, err := json.Marshal(v) // an object with its members in order
		if err != nil {
			t.Fatal(err)
		}
		return name + ":" + string(sorted)
	})
}

// TestSocketsGolden reads the sockets that nodes of Node were seen to answer with, and
// writes them again: but for the order of what has none in Go, the bytes are Node's.
func TestSocketsGolden(t *testing.T) {
	n := 0
	for _, c := range goldenCommands(t) {
		text := string(c.payload(t))
		_, list, found := strings.Cut(text, `"sockets":`)
		if !found {
			continue
		}
		list = list[:strings.LastIndex(list, "]")+1]
		v, err := readJSON([]byte(list))
		if err != nil {
			t.Fatalf("%s: %v", c.Label, err)
		}
		sockets, err := readSockets(v)
		if err != nil {
			t.Fatalf("%s: %v", c.Label, err)
		}
		got := string(newJSONWriter(slog.New(slog.DiscardHandler)).sockets(sockets).buf)
		if want := inOrder(t, list); got != want {
			t.Errorf("%s: wrote\n%s, Node\n%s", c.Label, got, want)
		}
		n++
	}
	if n != 5 {
		t.Errorf("%d answers", n)
	}
}

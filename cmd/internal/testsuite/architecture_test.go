package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// imports is what go list tells of a package: all that it needs, tests aside.
type imports struct {
	ImportPath string
	Standard   bool
	Deps       []string
}

// TestImportsRunOneWay holds the rooms of the house to their doors: cmd →
// server → adapter, and rooms that know nothing of each other.
func TestImportsRunOneWay(t *testing.T) {
	packages := listPackages(t)
	for _, rule := range []struct {
		room string   // the package, and those below it
		may  []string // packages of ours it may need, with those below them
		std  bool     // whether it needs nothing else but the standard library
	}{
		{room: "nudge/frontend", std: true},
		{room: "nudge/adapter", may: []string{"nudge/adapter"}},
		{room: "nudge/server/chat", may: []string{"nudge/server/chat", "nudge/adapter/esjson"}, std: true},
		{room: "nudge/server/engineio", may: []string{"nudge/server/engineio", "nudge/server/internal/emitter", "nudge/server/internal/descriptors", "nudge/server/internal/occasions"}},
		{room: "nudge/server/parser", may: []string{"nudge/server/parser", "nudge/adapter/esjson", "nudge/adapter/notepack", "nudge/adapter/jsvalue", "nudge/server/internal/emitter"}},
		{room: "nudge/adapter/notepack", may: []string{"nudge/adapter/notepack", "nudge/adapter/esjson"}},
		{room: "nudge/server/store", may: []string{"nudge/server/store", "nudge/server/chat", "nudge/adapter/esjson"}},
		{room: "nudge/adapter/jsvalue", may: []string{"nudge/adapter/esjson", "nudge/adapter/notepack"}},
		{room: "nudge/adapter/esjson", may: []string{"nudge/adapter/esjson"}, std: true},
		{room: "nudge/server", may: []string{"nudge/server", "nudge/adapter", "nudge/frontend"}},
		{room: "nudge/examples", may: []string{"nudge/server", "nudge/adapter", "nudge/frontend", "nudge/examples/benchmark/internal"}},
	} {
		t.Run(rule.room, func(t *testing.T) {
			members := 0
			for path, p := range packages {
				if !within(path, rule.room) || p.Standard {
					continue
				}
				members++
				for _, dep := range p.Deps {
					switch {
					case packages[dep].Standard:
					case within(dep, "nudge"):
						if !slices.ContainsFunc(rule.may, func(may string) bool { return within(dep, may) }) {
							t.Errorf("%s must not need %s", path, dep)
						}
					case rule.std:
						t.Errorf("%s must not need %s: standard library only", path, dep)
					}
				}
			}
			if members == 0 {
				t.Errorf("no package %s: the rule holds nothing", rule.room)
			}
		})
	}
}

// within tells whether path is room or lies below it.
func within(path, room string) bool {
	return path == room || strings.HasPrefix(path, room+"/")
}

func listPackages(t *testing.T) map[string]imports {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Standard,Deps", "nudge/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	packages := make(map[string]imports)
	for stream := json.NewDecoder(bytes.NewReader(out)); ; {
		var p imports
		switch err := stream.Decode(&p); {
		case errors.Is(err, io.EOF):
			return packages
		case err != nil:
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}

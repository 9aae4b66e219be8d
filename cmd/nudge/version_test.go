package main

import (
	"encoding/json"
	"runtime"
	"runtime/debug"
	"testing"
)

func TestDescribeBuild(t *testing.T) {
	recorded := &debug.BuildInfo{
		Main:     debug.Module{Version: "v1.2.3"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}},
	}
	suffix := " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
	tests := []struct {
		name            string
		info            *debug.BuildInfo
		version, commit string // as -ldflags set them
		want            string
	}{
		{"nothing recorded", nil, "", "", "nudge unknown (commit unknown)"},
		{"no repository", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "", "", "nudge (devel) (commit unknown)"},
		{"recorded", recorded, "", "", "nudge v1.2.3 (commit abc, modified)"},
		{"set", recorded, "v2.0.0", "def", "nudge v2.0.0 (commit def)"},
		{"version set", recorded, "v2.0.0", "", "nudge v2.0.0 (commit abc, modified)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			version, commit = tt.version, tt.commit
			defer func() { version, commit = "", "" }()
			if got := describeBuild(tt.info).String(); got != tt.want+suffix {
				t.Errorf("got %q, want %q", got, tt.want+suffix)
			}
		})
	}
}

func TestVersionJSON(t *testing.T) {
	r := runHere(t, nil, "", "version", "--json")
	var got map[string]any
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil || r.code != exitOK {
		t.Fatalf("code %d, stderr %q, stdout %q: %v", r.code, r.stderr, r.stdout, err)
	}
	for _, key := range []string{"version", "commit", "modified", "go", "platform"} {
		if _, ok := got[key]; !ok {
			t.Errorf("no %q in %s", key, r.stdout)
		}
	}
	if got["go"] != runtime.Version() {
		t.Errorf("go is %v, want %s", got["go"], runtime.Version())
	}
}

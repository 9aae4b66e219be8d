package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestMixedClusterExample runs the example's script, which checks both ways
// itself, and compares what it prints with what its README promises.
func TestMixedClusterExample(t *testing.T) {
	p := start(t, "run.mjs", peerDir, nil, nil, []string{"NUDGE_BIN=" + nudgeBinary}, "node", "run.mjs")
	p.wait(t, time.Minute)
	want := `Node's client says "hello from the Node side": received once by Node's client and Go's client
Go's client says "hello from the Go side": received once by Node's client and Go's client
both ways: ok
`
	if got := p.out.String(); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
	readme, err := os.ReadFile(filepath.Join(peerDir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```\n"+want+"```") {
		t.Error("its README promises something else")
	}
}

// TestMinimalExample runs the program, asks it for the time, and has it relay a
// message.
func TestMinimalExample(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "minimal")
	if out, err := exec.Command("go", "build", "-o", binary, "nudge/examples/minimal").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	s := &server{port: redistest.FreePort(t)}
	addr := strings.TrimPrefix(s.setURL(), "http://")
	s.process = start(t, "minimal", t.TempDir(), nil, nil, []string{"ADDR=" + addr}, binary)
	eventually(t, startWithin, "it listens", func() bool {
		res, err := httpClient.Get(s.url + "/healthz")
		if err != nil {
			return false
		}
		return res.Body.Close() == nil
	})
	p := newPuppet(t)
	p.open(t, "a", s, nil)
	var answer []string
	if err := json.Unmarshal(p.begin(t, "ask", "a", with{"event": "time"}).value(t), &answer); err != nil || len(answer) != 1 {
		t.Fatalf("answered %q, %v", answer, err)
	}
	if _, err := time.Parse(time.RFC3339, answer[0]); err != nil {
		t.Error(err)
	}
	p.call(t, "emit", "a", with{"event": "time"}, nil) // with nothing to answer it must not fail
	p.say(t, "a", "x")
	if got := p.messages(t, "a", 1); got[0] != helloRelayed {
		t.Errorf("received %q, want %q", got[0], helloRelayed)
	}
	_ = s.cmd.Process.Signal(syscall.SIGINT)
	s.wait(t, endWithin)
}

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

// TestMixedClusterExample runs the example's script, which checks both ways itself.
func TestMixedClusterExample(t *testing.T) {
	runExample(t, peerDir, `Node's client says "hello from the Node side": received once by Node's client and Go's client
Go's client says "hello from the Go side": received once by Node's client and Go's client
both ways: ok
`)
}

// TestClusterExample runs the example's script, which checks itself who gets what.
func TestClusterExample(t *testing.T) {
	runExample(t, filepath.Join(filepath.Dir(peerDir), "cluster"), `fetchSockets on Node: 3 sockets on 3 nodes
Node emits to the room: one on Go, two on Go
nudge emit to the room: one on Go, two on Go
nudge emit to all: one on Go, two on Go, three on Node
disconnectSockets on Node: one on Go is gone
`)
}

// runExample runs the script of an example, and compares what it prints with what is
// wanted, and with what its README promises.
func runExample(t *testing.T, dir, want string) {
	t.Helper()
	p := start(t, "run.mjs", dir, nil, nil, []string{"NUDGE_BIN=" + nudgeBinary}, "node", "run.mjs")
	p.wait(t, time.Minute)
	if got := p.out.String(); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```\n"+want+"```") {
		t.Error("its README promises something else")
	}
}

// TestEmitterExample runs the program beside a server: its client gets what is for all,
// and not what is for a room that it is not in.
func TestEmitterExample(t *testing.T) {
	redis := redistest.Start(t)
	s := startNudgeReady(t, redis.URL())
	p := newPuppet(t)
	p.open(t, "a", s, nil)
	binary := filepath.Join(t.TempDir(), "emitter")
	if out, err := exec.Command("go", "build", "-o", binary, "nudge/examples/emitter").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for range 2 {
		start(t, "emitter", t.TempDir(), nil, nil, []string{"REDIS_URL=" + redis.URL()}, binary).wait(t, endWithin)
	}
	var got []json.RawMessage
	p.call(t, "wait", "a", with{"event": "news", "count": 2}, &got)
	if len(got) != 2 || string(got[0]) != `[{"title":"Hello"}]` {
		t.Errorf("received %s", got)
	}
	if p.call(t, "received", "a", with{"event": "notice"}, &got); len(got) != 0 {
		t.Errorf("received %s, which is for the lobby", got)
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

package adaptertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// callWithin bounds one command of a peer.
const callWithin = 30 * time.Second

// peer is a process of node/peer.mjs: servers and clients of Node that do as they are
// told.
type peer struct {
	t    testing.TB
	cmd  *exec.Cmd
	done chan struct{} // closed when it was reaped

	mu      sync.Mutex
	in      io.WriteCloser
	next    int
	pending map[int]chan peerAnswer
}

type peerAnswer struct {
	ID    int
	Value json.RawMessage
	Error string
}

// with are the arguments of a command, by name.
type with map[string]any

func startPeer(t testing.TB) *peer {
	t.Helper()
	p := &peer{t: t, done: make(chan struct{}), pending: map[int]chan peerAnswer{}}
	p.cmd = exec.Command("node", "peer.mjs")
	p.cmd.Dir = "node"
	var stderr bytes.Buffer
	p.cmd.Stderr = &stderr
	out, stdout, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout = stdout
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	started := make(chan error)
	go func() {
		defer close(p.done)
		release := redistest.DieWithParent(p.cmd)
		defer release()
		err := p.cmd.Start()
		_ = stdout.Close()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ends is for the test to judge
		}
	}()
	if err := <-started; err != nil {
		t.Fatalf("start node: %v", err)
	}
	var reader sync.WaitGroup
	reader.Go(func() { p.read(out) })
	t.Cleanup(func() {
		_ = p.in.Close() // it ends with its input
		select {
		case <-p.done:
		case <-time.After(callWithin):
			t.Error("a peer did not end with its input")
			p.kill()
		}
		reader.Wait()
		_ = out.Close()
		if t.Failed() && stderr.Len() > 0 {
			t.Logf("peer: %s", stderr.String())
		}
	})
	return p
}

func (p *peer) read(out io.Reader) {
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var answer peerAnswer
		if json.Unmarshal(line, &answer) != nil {
			continue // its caller's time runs out
		}
		p.mu.Lock()
		waiting := p.pending[answer.ID]
		delete(p.pending, answer.ID)
		p.mu.Unlock()
		if waiting != nil {
			waiting <- answer
		}
	}
}

// run has the peer run code, with arguments, and reads what it returns into result,
// unless that is nil.
func (p *peer) run(code string, args with, result any) {
	p.t.Helper()
	if err := p.try(code, args, result); err != nil {
		p.t.Fatalf("%s: %v", code, err)
	}
}

func (p *peer) try(code string, args with, result any) error {
	p.mu.Lock()
	p.next++
	answer := make(chan peerAnswer, 1)
	p.pending[p.next] = answer
	line, err := json.Marshal(map[string]any{"id": p.next, "code": code, "args": conceal(args)})
	if err == nil {
		_, err = p.in.Write(append(line, '\n'))
	}
	p.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case a := <-answer:
		if a.Error != "" {
			return fmt.Errorf("%s", a.Error)
		}
		if result == nil || len(a.Value) == 0 {
			return nil
		}
		return json.Unmarshal(a.Value, result)
	case <-p.done:
		return fmt.Errorf("the peer has ended")
	case <-time.After(callWithin):
		return fmt.Errorf("no answer in %s", callWithin)
	}
}

func (p *peer) kill() { _ = p.cmd.Process.Kill() }

// conceal gives binary data the form in which a peer takes it.
func conceal(v any) any {
	switch v := v.(type) {
	case with:
		return conceal(map[string]any(v))
	case map[string]any:
		out := map[string]any{}
		for key := range v {
			out[key] = conceal(v[key])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = conceal(v[i])
		}
		return out
	case []byte:
		return map[string]any{"$bin": fmt.Sprintf("%x", v)}
	}
	return v
}

// text is a value as JSON, for comparison.
func text(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%v: %v", v, err)
	}
	return string(out)
}

func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s in 15 s", what)
		}
	}
}

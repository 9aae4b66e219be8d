package adaptertest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"
)

// callWithin bounds one command of a peer.
const callWithin = 30 * time.Second

// peer is a process of node/peer.mjs: servers and clients of Node that do as they are
// told.
type peer struct {
	*child
	t testing.TB

	mu      sync.Mutex
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
	p := &peer{t: t, pending: map[int]chan peerAnswer{}}
	p.child = startChild(t, "node", nil, p.read, "node", "peer.mjs")
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

package adapter_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

func newEmitter(t *testing.T, url string) *adapter.Emitter {
	t.Helper()
	client, err := adapter.Dial(t.Context(), adapter.DialConfig{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	e, err := adapter.NewEmitter(adapter.EmitterConfig{Client: client})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestEmitterWritesWhatNodeWrites: every call that an emitter of Node was seen to make
// gives Redis the same channel and the same bytes.
func TestEmitterWritesWhatNodeWrites(t *testing.T) {
	redis := redistest.Start(t)
	published := make(chan string, 100)
	listener, err := adapter.Dial(t.Context(), adapter.DialConfig{URL: redis.URL()})
	if err != nil {
		t.Fatal(err)
	}
	dedicated, release := listener.Dedicate()
	dedicated.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(m rueidis.PubSubMessage) { published <- m.Channel + " " + m.Message }})
	if err := dedicated.Do(t.Context(), dedicated.B().Psubscribe().Pattern("*").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { release(); listener.Close() })

	e := newEmitter(t, redis.URL())
	calls := map[string]func(context.Context) error{
		"emitter.emit":           func(ctx context.Context) error { return e.Emit(ctx, "e", 1, []byte{5}) },
		"emitter.to(room1).emit": func(ctx context.Context) error { return e.To("room1").Emit(ctx, "e", 2) },
		"emitter.to([a,b]).except(c).volatile.compress(true)": func(ctx context.Context) error {
			return e.To("a", "b").To("a").Except("c").Volatile().Compress().Emit(ctx, "e", 3)
		},
		"emitter.of(/chat).emit":    func(ctx context.Context) error { return e.Of("chat").Emit(ctx, "e", 4) },
		"emitter.socketsJoin":       func(ctx context.Context) error { return e.To("room1").SocketsJoin(ctx, "j1", "j2") },
		"emitter.socketsLeave":      func(ctx context.Context) error { return e.To("room1").SocketsLeave(ctx, "j1") },
		"emitter.disconnectSockets": func(ctx context.Context) error { return e.To("nobody").DisconnectSockets(ctx, true) },
		"emitter.serverSideEmit":    func(ctx context.Context) error { return e.ServerSideEmit(ctx, "hello", "w") },
	}
	for label, want := range goldenEmits(t) {
		call := calls[label]
		if call == nil {
			t.Errorf("%s: no such call", label)
			continue
		}
		delete(calls, label)
		if err := call(t.Context()); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-published:
			if got != want {
				t.Errorf("%s:\n got %x\nwant %x", label, got, want)
			}
		case <-time.After(15 * time.Second):
			t.Fatalf("%s: nothing published", label)
		}
	}
	if len(calls) != 0 {
		t.Errorf("not among the golden commands: %v", calls)
	}
	if err := e.Emit(t.Context(), "disconnect"); !errors.Is(err, adapter.ErrReserved) {
		t.Errorf("a reserved name: %v", err)
	}
}

// goldenEmits are channel and payload of each call, by its label.
func goldenEmits(t *testing.T) map[string]string {
	t.Helper()
	lines, err := os.ReadFile("adaptertest/testdata/golden.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	emits := map[string]string{}
	for line := range strings.Lines(string(lines)) {
		var c struct {
			Label, Cmd string
			Args       []any
		}
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(c.Label, "emitter.") || c.Cmd != "publish" {
			continue
		}
		payload, _ := c.Args[1].(string)
		if m, is := c.Args[1].(map[string]any); is {
			raw, err := hex.DecodeString(m["hex"].(string))
			if err != nil {
				t.Fatal(err)
			}
			payload = string(raw)
		}
		emits[c.Label] = c.Args[0].(string) + " " + payload
	}
	return emits
}

func TestEmitterTellsWhatFails(t *testing.T) {
	if _, err := adapter.NewEmitter(adapter.EmitterConfig{}); err == nil || !strings.Contains(err.Error(), "Client is missing") {
		t.Errorf("without a client: %v", err)
	}
	redis := redistest.Start(t)
	e := newEmitter(t, redis.URL())
	redis.Stop()
	if err := e.Emit(t.Context(), "e"); err == nil {
		t.Error("emitted without Redis")
	}
}

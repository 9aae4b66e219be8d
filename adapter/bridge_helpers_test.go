package adapter_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"nudge/adapter"
)

// testBridge is a bridge that runs for the length of a test and keeps what it
// delivers.
type testBridge struct {
	*adapter.Bridge
	t    testing.TB
	url  string
	stop context.CancelFunc
	over chan error
	logs *lockedBuffer

	mu  sync.Mutex
	got []string
}

// startBridge runs a bridge; change may alter its config.
func startBridge(t testing.TB, url string, change ...func(*adapter.BridgeConfig)) *testBridge {
	t.Helper()
	b := &testBridge{t: t, url: url, over: make(chan error, 1), logs: &lockedBuffer{}}
	cfg := adapter.BridgeConfig{
		URL:     url,
		Deliver: b.deliver,
		Logger:  slog.New(slog.NewTextHandler(b.logs, nil)),
	}
	for _, c := range change {
		c(&cfg)
	}
	bridge, err := adapter.NewBridge(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Bridge = bridge
	ctx, cancel := context.WithCancel(context.Background())
	b.stop = cancel
	go func() { b.over <- bridge.Run(ctx) }()
	t.Cleanup(func() {
		b.end()
		if t.Failed() {
			t.Logf("bridge: %+v\n%s", b.State(), b.logs)
		}
	})
	return b
}

func (b *testBridge) deliver(payloads [][]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range payloads {
		b.got = append(b.got, string(p))
	}
}

// end stops the bridge, once.
func (b *testBridge) end() {
	if b.stop == nil {
		return
	}
	b.stop()
	b.stop = nil
	select {
	case err := <-b.over:
		if err != nil {
			b.t.Errorf("Run: %v", err)
		}
	case <-time.After(10 * time.Second):
		b.t.Error("Run did not return")
	}
}

func (b *testBridge) received() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.got)
}

func (b *testBridge) receivedCount() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.got)
}

func (b *testBridge) awaitConnected(want bool) {
	b.t.Helper()
	eventually(b.t, fmt.Sprintf("connected=%v", want), func() bool { return b.State().Connected == want })
}

func (b *testBridge) awaitReceived(n int) []string {
	b.t.Helper()
	eventually(b.t, fmt.Sprintf("%d messages received", n), func() bool { return b.receivedCount() >= n })
	return b.received()
}

// publish publishes and waits for the outcome.
func (b *testBridge) publish(payload string) error {
	b.t.Helper()
	done := make(chan error, 1)
	b.Publish([]byte(payload), func(err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-time.After(20 * time.Second):
		b.t.Fatalf("publish %.40q: no outcome", payload)
		return nil
	}
}

func (b *testBridge) drain() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if err := b.Drain(ctx); err != nil {
		b.t.Error(err)
	}
}

func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s in 15 s", what)
		}
	}
}

// outcomes counts what the done functions of many messages were told.
type outcomes struct {
	mu   sync.Mutex
	errs map[string][]error
}

func (o *outcomes) of(payload string) func(error) {
	return func(err error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.errs == nil {
			o.errs = map[string][]error{}
		}
		o.errs[payload] = append(o.errs[payload], err)
	}
}

func (o *outcomes) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.errs)
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

package adapter_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

func TestNewBridgeRefusesABadConfig(t *testing.T) {
	deliver := func([][]byte) {}
	for name, tc := range map[string]struct {
		cfg  adapter.BridgeConfig
		want string
	}{
		"no Deliver":            {adapter.BridgeConfig{}, "Deliver is missing"},
		"bad URL":               {adapter.BridgeConfig{Deliver: deliver, URL: "http://x"}, "scheme is not redis"},
		"negative MaxPayload":   {adapter.BridgeConfig{Deliver: deliver, MaxPayload: -1}, "MaxPayload is negative"},
		"negative QueueLen":     {adapter.BridgeConfig{Deliver: deliver, QueueLen: -1}, "QueueLen is negative"},
		"negative QueueBytes":   {adapter.BridgeConfig{Deliver: deliver, QueueBytes: -1}, "QueueBytes is negative"},
		"negative QueueWait":    {adapter.BridgeConfig{Deliver: deliver, QueueWait: -1}, "QueueWait is negative"},
		"negative FlushTimeout": {adapter.BridgeConfig{Deliver: deliver, FlushTimeout: -1}, "FlushTimeout is negative"},
	} {
		if _, err := adapter.NewBridge(tc.cfg); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, tc.want)
		}
	}
}

func TestRunTwiceIsAnError(t *testing.T) {
	b := startBridge(t, "")
	b.awaitConnected(true)
	if err := b.Run(t.Context()); err == nil {
		t.Error("a second Run returned no error")
	}
}

// kinds are the two kinds of a bridge, which keep the same promises.
var kinds = map[string]func(t *testing.T) string{
	adapter.KindRedis:     func(t *testing.T) string { return redistest.Start(t).URL() },
	adapter.KindInProcess: func(*testing.T) string { return "" },
}

func TestPublishersKeepTheirOrderAndNothingIsDoubled(t *testing.T) {
	const publishers, each = 4, 5000
	for kind, url := range kinds {
		t.Run(kind, func(t *testing.T) {
			bridges := []*testBridge{startBridge(t, url(t), roomy)}
			if kind == adapter.KindRedis {
				bridges = append(bridges, startBridge(t, bridges[0].url, roomy))
			}
			for _, b := range bridges {
				b.awaitConnected(true)
				if got := b.State().Kind; got != kind {
					t.Errorf("kind is %q", got)
				}
			}
			var told outcomes
			var wg sync.WaitGroup
			for p := range publishers {
				wg.Go(func() {
					for i := range each {
						m := fmt.Sprintf("%d:%05d", p, i)
						bridges[p%len(bridges)].Publish([]byte(m), told.of(m))
					}
				})
			}
			wg.Wait()
			for _, b := range bridges {
				checkOrder(t, b.awaitReceived(publishers*each), publishers, each)
			}
			for _, b := range bridges[1:] {
				if !slices.Equal(bridges[0].received(), b.received()) {
					t.Error("two bridges saw different orders")
				}
			}
			for _, b := range bridges {
				b.drain()
			}
			for m, errs := range told.errs {
				if len(errs) != 1 || errs[0] != nil {
					t.Fatalf("%s: outcomes %v", m, errs)
				}
			}
			if told.count() != publishers*each {
				t.Errorf("%d outcomes, want %d", told.count(), publishers*each)
			}
		})
	}
}

func roomy(cfg *adapter.BridgeConfig) { cfg.QueueLen = 100_000 }

func checkOrder(t *testing.T, got []string, publishers, each int) {
	t.Helper()
	if len(got) != publishers*each {
		t.Fatalf("received %d messages, want %d", len(got), publishers*each)
	}
	next := make([]int, publishers)
	for _, m := range got {
		var p, i int
		if _, err := fmt.Sscanf(m, "%d:%d", &p, &i); err != nil {
			t.Fatal(err)
		}
		if i != next[p] {
			t.Fatalf("publisher %d: got message %d, want %d", p, i, next[p])
		}
		next[p]++
	}
}

func TestForeignPublishersAreDelivered(t *testing.T) {
	redis := redistest.Start(t)
	b := startBridge(t, redis.URL(), func(cfg *adapter.BridgeConfig) { cfg.Channel = "ROOM" })
	b.awaitConnected(true)
	if n := redis.Publish("ROOM", []byte(`{"message":"hi"}`)); n != 1 {
		t.Errorf("PUBLISH reached %d subscribers, want 1", n)
	}
	if n := redis.Publish("MESSAGES", []byte("elsewhere")); n != 0 {
		t.Errorf("another channel has %d subscribers", n)
	}
	redis.Publish("ROOM", []byte{})
	redis.Publish("ROOM", []byte("a\x00b\xff"))
	want := []string{`{"message":"hi"}`, "", "a\x00b\uFFFD"}
	if got := b.awaitReceived(len(want)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := b.State().Repaired; n != 1 {
		t.Errorf("counted %d repaired", n)
	}
}

func TestTheClientIsNamed(t *testing.T) {
	redis := redistest.Start(t)
	startBridge(t, redis.URL()).awaitConnected(true)
	if n := strings.Count(redis.Do("CLIENT", "LIST"), "name=nudge "); n != 2 {
		t.Errorf("CLIENT LIST shows %d connections of the bridge, want 2", n)
	}
}

func TestTooLongIsRefusedAndDropped(t *testing.T) {
	for kind, url := range kinds {
		t.Run(kind, func(t *testing.T) {
			b := startBridge(t, url(t), func(cfg *adapter.BridgeConfig) { cfg.MaxPayload = 10 })
			b.awaitConnected(true)
			if err := b.publish("01234567890"); !errors.Is(err, adapter.ErrTooLarge) {
				t.Errorf("11 bytes: %v", err)
			}
			if err := b.publish("0123456789"); err != nil {
				t.Errorf("10 bytes: %v", err)
			}
			if n := b.State().TooLarge; n != 1 {
				t.Errorf("counted %d too large", n)
			}
		})
	}
	redis := redistest.Start(t)
	b := startBridge(t, redis.URL())
	b.awaitConnected(true)
	redis.Publish("MESSAGES", make([]byte, 1_000_001))
	redis.Publish("MESSAGES", []byte("short"))
	redis.Publish("MESSAGES", []byte(strings.Repeat("x", 1_000_000)))
	if got := b.awaitReceived(2); got[0] != "short" || len(got[1]) != 1_000_000 {
		t.Errorf("got %.20q", got)
	}
	if n := b.State().DroppedTooLong; n != 1 {
		t.Errorf("counted %d too long", n)
	}
}

func TestTheQueueIsBounded(t *testing.T) {
	redis := redistest.New(t) // down, so that everything waits
	for name, tc := range map[string]struct {
		bound func(*adapter.BridgeConfig)
		fits  int
	}{
		"messages": {func(cfg *adapter.BridgeConfig) { cfg.QueueLen = 3 }, 3},
		"bytes":    {func(cfg *adapter.BridgeConfig) { cfg.QueueBytes = 25 }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBridge(t, redis.URL(), tc.bound)
			var told outcomes
			for i := range 5 {
				m := fmt.Sprintf("message %d.", i)
				b.Publish([]byte(m), told.of(m))
			}
			if n := told.count(); n != 5-tc.fits {
				t.Errorf("%d were refused at once, want %d", n, 5-tc.fits)
			}
			if s := b.State(); s.Refused != uint64(5-tc.fits) || s.Queued != tc.fits || s.QueuedBytes != tc.fits*10 {
				t.Errorf("state %+v", s)
			}
			b.end()
			for m, errs := range told.errs {
				want := adapter.ErrClosed
				if m >= fmt.Sprintf("message %d.", tc.fits) {
					want = adapter.ErrQueueFull
				}
				if len(errs) != 1 || !errors.Is(errs[0], want) {
					t.Errorf("%s: outcomes %v, want %v", m, errs, want)
				}
			}
			if told.count() != 5 {
				t.Errorf("%d outcomes, want 5", told.count())
			}
			if err := b.publish("late"); !errors.Is(err, adapter.ErrClosed) {
				t.Errorf("published after the end: %v", err)
			}
		})
	}
}

func TestAMessageWaitsNoLongerThanQueueWait(t *testing.T) {
	redis := redistest.New(t)
	b := startBridge(t, redis.URL(), func(cfg *adapter.BridgeConfig) { cfg.QueueWait = 200 * time.Millisecond })
	start := time.Now()
	err := b.publish("x")
	if took := time.Since(start); took < 200*time.Millisecond || took > time.Second {
		t.Errorf("told after %s", took)
	}
	if !errors.Is(err, adapter.ErrUnavailable) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("outcome %v", err)
	}
	if s := b.State(); s.Unavailable != 1 || s.Queued != 0 {
		t.Errorf("state %+v", s)
	}
}

func TestASlowDeliverHurtsNobodyElse(t *testing.T) {
	redis := redistest.Start(t)
	release, entered := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var slow *testBridge
	slow = startBridge(t, redis.URL(), func(cfg *adapter.BridgeConfig) {
		cfg.QueueBytes = 10_000
		cfg.Deliver = func(p [][]byte) {
			once.Do(func() { close(entered); <-release })
			slow.deliver(p)
		}
	})
	fast := startBridge(t, redis.URL())
	slow.awaitConnected(true)
	fast.awaitConnected(true)
	redis.Publish("MESSAGES", []byte("first"))
	<-entered
	const n = 1000
	var told outcomes
	for i := range n {
		m := fmt.Sprintf("%0100d", i)
		fast.Publish([]byte(m), told.of(m))
	}
	fast.awaitReceived(1 + n)
	fast.drain()
	// While it is held up, QueueBytes have room for 60 messages of 100 bytes, each
	// with 64 of overhead; all others must have come and gone before it goes on.
	const kept = 10_000 / (100 + 64)
	eventually(t, "overflow", func() bool { return slow.State().DroppedOverflow == n-kept })
	if !slow.State().Connected {
		t.Error("the slow bridge lost its connection")
	}
	close(release)
	slow.drain()
	s := slow.State()
	if s.Delivered != 1+kept || int(s.Delivered) != slow.receivedCount() {
		t.Errorf("delivered %d and dropped %d of %d", s.Delivered, s.DroppedOverflow, 1+n)
	}
	if !slices.IsSorted(slow.received()[1:]) {
		t.Error("what was kept is out of order")
	}
	if lines := strings.Count(slow.logs.String(), "more arrive than are delivered"); lines != 1 {
		t.Errorf("said so %d times, want once", lines)
	}
}

func TestDrainWaitsForDelivery(t *testing.T) {
	for kind, url := range kinds {
		t.Run(kind, func(t *testing.T) {
			b := startBridge(t, url(t))
			b.awaitConnected(true)
			var told outcomes
			for i := range 1000 {
				m := fmt.Sprint(i)
				b.Publish([]byte(m), told.of(m))
			}
			b.drain()
			if told.count() != 1000 || b.receivedCount() != 1000 {
				t.Errorf("drained with %d done and %d delivered", told.count(), b.receivedCount())
			}
		})
	}
}

func TestEndingFlushesWhatWaits(t *testing.T) {
	redis := redistest.Start(t)
	other := startBridge(t, redis.URL())
	b := startBridge(t, redis.URL())
	other.awaitConnected(true)
	b.awaitConnected(true)
	var told outcomes
	for i := range 2000 {
		m := fmt.Sprint(i)
		b.Publish([]byte(m), told.of(m))
	}
	b.end()
	other.awaitReceived(2000)
	for m, errs := range told.errs {
		if len(errs) != 1 || errs[0] != nil {
			t.Fatalf("%s: outcomes %v", m, errs)
		}
	}
	if told.count() != 2000 || b.receivedCount() != 2000 {
		t.Errorf("%d done, %d delivered", told.count(), b.receivedCount())
	}
	eventually(t, "closed connections", func() bool {
		return strings.Count(redis.Do("CLIENT", "LIST"), "name=nudge ") == 2
	})
}

// faultyHandler panics on the first warning.
type faultyHandler struct {
	slog.Handler
	once *sync.Once
}

func (h faultyHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level == slog.LevelWarn {
		h.once.Do(func() { panic("the log is full") })
	}
	return h.Handler.Handle(ctx, r)
}

func (h faultyHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return faultyHandler{h.Handler.WithAttrs(attrs), h.once}
}

func TestAFaultInTheReaderCostsOneMessage(t *testing.T) {
	redis := redistest.Start(t)
	b := startBridge(t, redis.URL(), func(cfg *adapter.BridgeConfig) {
		cfg.MaxPayload = 10
		cfg.Logger = slog.New(faultyHandler{cfg.Logger.Handler(), &sync.Once{}})
	})
	b.awaitConnected(true)
	redis.Publish("MESSAGES", []byte("long enough to be warned of"))
	redis.Publish("MESSAGES", []byte("next"))
	b.awaitReceived(1)
	b.drain()
	if logs := b.logs.String(); !strings.Contains(logs, "the log is full") {
		t.Errorf("the fault is not told:\n%s", logs)
	}
	if s := b.State(); !s.Connected || s.Lost != 0 {
		t.Errorf("state %+v", s)
	}
}

func TestStateTellsSinceWhen(t *testing.T) {
	redis := redistest.New(t)
	b := startBridge(t, redis.URL())
	eventually(t, "reason", func() bool { return b.State().LastError != "" })
	before := b.State().Since
	redis.Start()
	b.awaitConnected(true)
	up := b.State()
	redis.Kill()
	b.awaitConnected(false)
	down := b.State()
	if !before.Before(up.Since) || !up.Since.Before(down.Since) {
		t.Errorf("since %s, %s, %s", before, up.Since, down.Since)
	}
	if up.Connects != 1 || up.Lost != 0 || down.LastError == "" {
		t.Errorf("states %+v, %+v", up, down)
	}
}

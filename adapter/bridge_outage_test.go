package adapter_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

func TestRedisDownAtStart(t *testing.T) {
	redis := redistest.New(t)
	b := startBridge(t, redis.URL())
	var told outcomes
	for i := range 10 {
		m := fmt.Sprint(i)
		b.Publish([]byte(m), told.of(m))
	}
	eventually(t, "reason", func() bool { return b.State().LastError != "" })
	if s := b.State(); s.Connected || !strings.Contains(s.LastError, "refused") {
		t.Errorf("state %+v", s)
	}
	redis.Start()
	start := time.Now()
	b.awaitConnected(true)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("connected %s after Redis was there", took)
	}
	for i, m := range b.awaitReceived(10) {
		if m != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, m)
		}
	}
	b.drain()
	if n := b.State().Published; n != 10 {
		t.Errorf("%d published", n)
	}
	if lines := strings.Count(b.logs.String(), "not connected to Redis"); lines != 1 {
		t.Errorf("said %d times that Redis is away, want once:\n%s", lines, b.logs)
	}
}

// traffic publishes numbered messages from several goroutines until it is
// stopped.
type traffic struct {
	told outcomes
	stop chan struct{}
	wg   sync.WaitGroup
	mu   sync.Mutex
	sent []string
}

func startTraffic(bridges ...*testBridge) *traffic {
	tr := &traffic{stop: make(chan struct{})}
	for p, b := range bridges {
		tr.wg.Go(func() {
			tick := time.NewTicker(200 * time.Microsecond)
			defer tick.Stop()
			for i := 0; ; i++ {
				select {
				case <-tr.stop:
					return
				case <-tick.C:
				}
				m := fmt.Sprintf("%d:%07d", p, i)
				tr.mu.Lock()
				tr.sent = append(tr.sent, m)
				tr.mu.Unlock()
				b.Publish([]byte(m), tr.told.of(m))
			}
		})
	}
	return tr
}

// end stops the traffic and returns when all of it is where it will be: a
// last message, from elsewhere, is behind it on the channel.
func (tr *traffic) end(t *testing.T, redis *redistest.Server, bridges ...*testBridge) {
	t.Helper()
	close(tr.stop)
	tr.wg.Wait()
	for _, b := range bridges {
		b.drain()
		b.awaitConnected(true)
	}
	redis.Publish("MESSAGES", []byte(lastMessage))
	for _, b := range bridges {
		eventually(t, "last message", func() bool {
			got := b.received()
			return len(got) > 0 && got[len(got)-1] == lastMessage
		})
	}
}

const lastMessage = "~"

// check holds the promises against what was told and what was received:
// acknowledged messages are at their own bridge, and with everywhere at every
// bridge, exactly once; nothing is anywhere twice; nobody's messages are out
// of order; what was not sent is nowhere; what is unknown is counted.
func (tr *traffic) check(t *testing.T, everywhere bool, bridges ...*testBridge) {
	t.Helper()
	seen := make([]map[string]int, len(bridges))
	for i, b := range bridges {
		seen[i] = map[string]int{}
		last := map[string]string{}
		for _, m := range b.received() {
			seen[i][m]++
			if p := m[:1]; m <= last[p] {
				t.Errorf("bridge %d received %s after %s", i, m, last[p])
			} else {
				last[p] = m
			}
		}
	}
	var acked, unsent, unknown, missed uint64
	for _, m := range tr.sent {
		errs := tr.told.errs[m]
		if len(errs) != 1 {
			t.Fatalf("%s: outcomes %v", m, errs)
		}
		own := int(m[0] - '0')
		for i := range bridges {
			switch n := seen[i][m]; {
			case n > 1:
				t.Errorf("%s was received %d times by bridge %d", m, n, i)
			case errs[0] == nil && n == 0 && i == own:
				t.Errorf("%s was acknowledged and its own bridge did not receive it", m)
			case errs[0] == nil && n == 0 && everywhere:
				t.Errorf("%s was acknowledged and bridge %d did not receive it", m, i)
			case errs[0] == nil && n == 0:
				missed++
			case errors.Is(errs[0], adapter.ErrUnavailable) && n != 0:
				t.Errorf("%s was said not to be sent and was received by bridge %d", m, i)
			}
		}
		switch {
		case errs[0] == nil:
			acked++
		case errors.Is(errs[0], adapter.ErrUnknown):
			unknown++
		default:
			unsent++
		}
	}
	var counted adapter.BridgeState
	for _, b := range bridges {
		s := b.State()
		counted.Published += s.Published
		counted.Unknown += s.Unknown
		counted.Unavailable += s.Unavailable + s.Refused
	}
	if counted.Published != acked || counted.Unknown != unknown || counted.Unavailable != unsent {
		t.Errorf("counted %d published, %d unknown, %d not sent; told %d, %d, %d",
			counted.Published, counted.Unknown, counted.Unavailable, acked, unknown, unsent)
	}
	if acked == 0 {
		t.Error("nothing was acknowledged")
	}
	t.Logf("of %d messages %d were acknowledged, %d unknown, %d not sent; %d acknowledged ones missed a bridge that was cut off",
		len(tr.sent), acked, unknown, unsent, missed)
}

// awaitResumed measures how long it takes until a message published now is
// back at every bridge.
func awaitResumed(t *testing.T, since time.Time, within time.Duration, bridges ...*testBridge) {
	t.Helper()
	before := make([]uint64, len(bridges))
	for i, b := range bridges {
		before[i] = b.State().Published
	}
	for i, b := range bridges {
		eventually(t, "traffic again", func() bool { return b.State().Connected && b.State().Published > before[i] })
	}
	took := time.Since(since)
	t.Logf("resumed after %s", took.Round(time.Millisecond))
	if took > within {
		t.Errorf("resumed after %s, want %s", took, within)
	}
}

func TestRedisRestartedInTheMiddle(t *testing.T) {
	for name, end := range map[string]func(*redistest.Server){
		"SIGTERM": (*redistest.Server).Stop,
		"SIGKILL": (*redistest.Server).Kill,
	} {
		t.Run(name, func(t *testing.T) {
			redis := redistest.Start(t)
			bridges := []*testBridge{startBridge(t, redis.URL(), roomy), startBridge(t, redis.URL(), roomy)}
			for _, b := range bridges {
				b.awaitConnected(true)
			}
			tr := startTraffic(bridges...)
			bridges[0].awaitReceived(1000)
			end(redis)
			for _, b := range bridges {
				b.awaitConnected(false)
			}
			redis.Start()
			awaitResumed(t, time.Now(), 2*time.Second, bridges...)
			tr.end(t, redis, bridges...)
			// Two bridges do not come back at the same moment, and what the
			// first one publishes before the other is there is not kept for it.
			tr.check(t, false, bridges...)
		})
	}
}

func TestRedisFrozen(t *testing.T) {
	t.Parallel() // most of it is waiting
	for name, tc := range map[string]struct {
		freeze func(*testing.T, []*testBridge)
		cut    bool
	}{
		"for a moment": {func(t *testing.T, b []*testBridge) { time.Sleep(500 * time.Millisecond) }, false},
		"until noticed": {func(t *testing.T, b []*testBridge) {
			start := time.Now()
			for _, b := range b {
				b.awaitConnected(false)
			}
			took := time.Since(start)
			t.Logf("noticed after %s", took.Round(time.Millisecond))
			if took > 5*time.Second {
				t.Errorf("noticed after %s", took)
			}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redis := redistest.Start(t)
			bridges := []*testBridge{startBridge(t, redis.URL(), roomy), startBridge(t, redis.URL(), roomy)}
			for _, b := range bridges {
				b.awaitConnected(true)
			}
			tr := startTraffic(bridges...)
			bridges[0].awaitReceived(500)
			redis.Pause()
			tc.freeze(t, bridges)
			redis.Resume()
			awaitResumed(t, time.Now(), 2*time.Second, bridges...)
			tr.end(t, redis, bridges...)
			if !tc.cut {
				for _, b := range bridges {
					if s := b.State(); s.Lost != 0 || s.Unknown != 0 {
						t.Errorf("a short freeze cost a connection: %+v", s)
					}
				}
			}
			tr.check(t, !tc.cut, bridges...)
		})
	}
}

func TestConnectionsKilled(t *testing.T) {
	for _, kind := range []string{"pubsub", "normal"} {
		t.Run(kind, func(t *testing.T) {
			redis := redistest.Start(t)
			bridges := []*testBridge{startBridge(t, redis.URL(), roomy), startBridge(t, redis.URL(), roomy)}
			for _, b := range bridges {
				b.awaitConnected(true)
			}
			tr := startTraffic(bridges...)
			for round := 1; round <= 5; round++ {
				bridges[0].awaitReceived(round * 300)
				if n := redis.Do("CLIENT", "KILL", "TYPE", kind); n == "0" {
					t.Fatal("nothing was killed")
				}
				killed := time.Now()
				if kind == "pubsub" {
					for _, b := range bridges {
						eventually(t, "new subscription", func() bool { return b.State().Connects == uint64(round+1) })
					}
				}
				awaitResumed(t, killed, 2*time.Second, bridges...)
			}
			tr.end(t, redis, bridges...)
			// The subscriptions live on when it is the other connection that is
			// killed, so nobody misses anything.
			tr.check(t, kind == "normal", bridges...)
			for _, b := range bridges {
				if lost := b.State().Lost; (lost > 0) != (kind == "pubsub") {
					t.Errorf("%d subscriptions were lost", lost)
				}
			}
		})
	}
}

func TestWrongPassword(t *testing.T) {
	const wrong = "not-the-secret"
	redis := redistest.Start(t, "--requirepass", "secret")
	b := startBridge(t, "redis://:"+wrong+"@"+redis.Addr(), func(cfg *adapter.BridgeConfig) { cfg.QueueWait = 300 * time.Millisecond })
	err := b.publish("x")
	if !errors.Is(err, adapter.ErrUnavailable) || !strings.Contains(err.Error(), "WRONGPASS") {
		t.Errorf("outcome %v", err)
	}
	s := b.State()
	if s.Connected || !strings.Contains(s.LastError, "WRONGPASS") {
		t.Errorf("state %+v", s)
	}
	if all := b.logs.String() + err.Error() + s.LastError; strings.Contains(all, wrong) {
		t.Errorf("the password is told:\n%s", all)
	}
	redis.Do("CONFIG", "SET", "requirepass", wrong)
	b.awaitConnected(true)
}

func TestARefusedPublishIsNotSent(t *testing.T) {
	redis := redistest.Start(t)
	redis.Do("ACL", "SETUSER", "reader", "on", ">pw", "allchannels", "+subscribe", "+ping", "+hello", "+echo", "+client")
	b := startBridge(t, "redis://reader:pw@"+redis.Addr(), func(cfg *adapter.BridgeConfig) { cfg.QueueWait = 300 * time.Millisecond })
	b.awaitConnected(true)
	if err := b.publish("x"); !errors.Is(err, adapter.ErrUnavailable) || !strings.Contains(err.Error(), "NOPERM") {
		t.Errorf("outcome %v", err)
	}
	if b.State().Connected {
		t.Error("a bridge that cannot publish says that it is connected")
	}
	redis.Publish("MESSAGES", []byte("from elsewhere"))
	b.awaitReceived(1)
	redis.Do("ACL", "SETUSER", "reader", "+publish")
	if err := b.publish("y"); err != nil {
		t.Errorf("after the permission was given: %v", err)
	}
	b.awaitConnected(true)
}

// TestTheOthersAreWaitedFor: what waits for a Redis that is away is published when the
// other subscribers are back, too, one of whom takes a little longer.
func TestTheOthersAreWaitedFor(t *testing.T) {
	redis := redistest.Start(t)
	proxy := redistest.StartProxy(t, redis)
	quick, slow := startBridge(t, redis.URL()), startBridge(t, proxy.URL())
	quick.awaitConnected(true)
	slow.awaitConnected(true)
	// Nothing was published yet: that they are two is known all the same, in a while.
	eventually(t, "two subscribers", func() bool { return adapter.Others(quick.Bridge) == 2 })
	proxy.BlackHole()
	redis.Stop()
	quick.awaitConnected(false)
	done := make(chan error, 1)
	quick.Publish([]byte("meanwhile"), func(err error) { done <- err })
	redis.Start()
	quick.awaitConnected(true)
	eventually(t, "one subscriber", func() bool { return redis.Do("PUBSUB", "NUMSUB", "MESSAGES") == "MESSAGES\n1" })
	proxy.Heal()
	if got := slow.awaitReceived(1); got[0] != "meanwhile" {
		t.Errorf("got %q", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestTheOthersAreNotWaitedForLong: one that is gone for good costs a moment.
func TestTheOthersAreNotWaitedForLong(t *testing.T) {
	redis := redistest.Start(t)
	stays, goes := startBridge(t, redis.URL()), startBridge(t, redis.URL())
	stays.awaitConnected(true)
	goes.awaitConnected(true)
	eventually(t, "two subscribers", func() bool { return adapter.Others(stays.Bridge) == 2 })
	redis.Stop()
	stays.awaitConnected(false)
	goes.end()
	redis.Start()
	stays.awaitConnected(true)
	begun := time.Now()
	for _, m := range []string{"after", "and so on"} {
		if err := stays.publish(m); err != nil {
			t.Errorf("%s: %v", m, err)
		}
	}
	stays.awaitReceived(2)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %s", took) // 2 s are waited, on a machine that does much else
	}
}

// TestABridgeIsBackThoughNothingWaits: one that could not publish, and kept its subscription,
// is connected as soon as it could, also where nothing is left to publish by then.
func TestABridgeIsBackThoughNothingWaits(t *testing.T) {
	redis := redistest.Start(t)
	var away atomic.Bool
	b := startBridge(t, redis.URL(), func(cfg *adapter.BridgeConfig) {
		cfg.QueueWait = 200 * time.Millisecond
		cfg.Configure = func(o *rueidis.ClientOption) {
			o.DialCtxFn = func(ctx context.Context, addr string, d *net.Dialer, _ *tls.Config) (net.Conn, error) {
				if away.Load() {
					return nil, errors.New("away")
				}
				return d.DialContext(ctx, "tcp", addr)
			}
		}
	})
	b.awaitConnected(true)
	away.Store(true)
	redis.Do("CLIENT", "KILL", "TYPE", "normal")
	eventually(t, "message that is not sent", func() bool { return errors.Is(b.publish("late"), adapter.ErrUnavailable) })
	b.awaitConnected(false)
	away.Store(false)
	b.awaitConnected(true)
	if n := b.State().Connects; n != 1 {
		t.Errorf("%d connections were made, the first should have lasted", n)
	}
}

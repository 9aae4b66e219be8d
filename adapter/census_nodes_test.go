package adapter_test

import (
	"context"
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// TestANodeOnItsWayBackIsMissed: one that has lost its subscriptions and has not got them
// back is told of by all that is asked of the nodes.
func TestANodeOnItsWayBackIsMissed(t *testing.T) {
	redis := redistest.Start(t)
	for kind, make := range everyKind {
		t.Run(kind, func(t *testing.T) {
			proxy := redistest.StartProxy(t, redis)
			asks, other := startNode(t, make, redis.URL(), kind), startNode(t, make, proxy.URL(), kind)
			asks.awaitNodes(t, 2)
			_, own := asks.connect(t)
			_, others := other.connect(t)
			fetch := func() (n int, err error) {
				done := newAnswer[[]*socket.RemoteSocket]()
				asks.FetchSockets()(done.take)
				sockets, err := done.await(t)
				return len(sockets), err
			}
			if n, err := fetch(); n != 2 || err != nil {
				t.Fatalf("%d sockets, %v", n, err)
			}
			emits := func() error {
				done := newAnswer[[]any]()
				if err := asks.ServerSideEmit("e", done.take); err != nil {
					t.Fatal(err)
				}
				_, err := done.await(t)
				return err
			}
			acks := func(timeout time.Duration, answer ...*frameConn) answer[[]any] {
				done := newAnswer[[]any]()
				for _, c := range answer {
					c.forget()
				}
				_ = asks.Timeout(timeout).Emit("e", done.take)
				for _, c := range answer {
					c.acknowledge(t)
				}
				return done
			}

			proxy.BlackHole()
			proxy.Cut()
			asks.awaitNodes(t, 1)
			acked := acks(500*time.Millisecond, own)
			n, err := fetch()
			if n != 1 {
				t.Errorf("%d sockets", n)
			}
			for what, err := range map[string]error{"fetchSockets": err, "serverSideEmit": emits()} {
				var incomplete *adapter.IncompleteError
				if !errors.As(err, &incomplete) || incomplete.Request != what || incomplete.Expected != 1 || incomplete.Answered != 0 {
					t.Errorf("%s: %v", what, err)
				}
			}
			if got, err := acked.await(t); len(got) != 1 || err == nil {
				t.Errorf("emit with acknowledgements: %v, %v", got, err)
			}
			proxy.Heal()
			asks.awaitNodes(t, 2)
			if n, err := fetch(); n != 2 || err != nil {
				t.Errorf("when it is back: %d sockets, %v", n, err)
			}
			if got, err := acks(10*time.Second, own, others).await(t); len(got) != 2 || err != nil {
				t.Errorf("when it is back: emit with acknowledgements: %v, %v", got, err)
			}
		})
	}
}

// TestAnEventDoesNotWaitForRedis: to emit with an acknowledgement, which takes a count of
// the nodes, holds up who does it for no more than a moment while Redis hangs.
func TestAnEventDoesNotWaitForRedis(t *testing.T) {
	for kind, make := range everyKind {
		t.Run(kind, func(t *testing.T) {
			redis := redistest.Start(t)
			n := startNode(t, make, redis.URL(), kind)
			n.awaitNodes(t, 1)
			redis.Pause()
			start := time.Now()
			for range 20 {
				if err := n.Timeout(time.Minute).Emit("e", func([]any, error) {}); err != nil {
					t.Fatal(err)
				}
			}
			if took := time.Since(start); took > time.Second { // Redis is waited for 3 s
				t.Errorf("20 of them took %s", took)
			}
			redis.Resume()
		})
	}
}

// acknowledge answers the last event that a client has been sent, once that asks for it.
func (c *frameConn) acknowledge(t testing.TB) {
	t.Helper()
	id := regexp.MustCompile(`^2(\d+)\[`)
	var asked []string
	eventually(t, "event that asks for an answer", func() bool {
		if sent := c.sent(); len(sent) > 0 {
			asked = id.FindStringSubmatch(sent[len(sent)-1])
		}
		return asked != nil
	})
	c.receive("3" + asked[1] + `["answer"]`)
}

// answer is what a callback is called with.
type answer[T any] chan struct {
	value T
	err   error
}

func newAnswer[T any]() answer[T] {
	return make(answer[T], 1)
}

func (a answer[T]) take(value T, err error) {
	a <- struct {
		value T
		err   error
	}{value, err}
}

func (a answer[T]) await(t testing.TB) (T, error) {
	t.Helper()
	select {
	case got := <-a:
		return got.value, got.err
	case <-time.After(15 * time.Second):
		t.Fatal("no answer in 15 s")
		panic("not reached")
	}
}

// TestANodeThatEndsIsNotMissed: its goodbye comes before it is counted no more.
func TestANodeThatEndsIsNotMissed(t *testing.T) {
	redis := redistest.Start(t)
	for kind, make := range everyKind {
		t.Run(kind, func(t *testing.T) {
			asks, ends := startNode(t, make, redis.URL(), kind), startNode(t, make, redis.URL(), kind)
			asks.awaitNodes(t, 2)
			asks.connect(t)
			ends.Close(nil)
			asks.awaitNodes(t, 1)
			done := newAnswer[[]*socket.RemoteSocket]()
			asks.FetchSockets()(done.take)
			if found, err := done.await(t); len(found) != 1 || err != nil {
				t.Errorf("%d sockets, %v", len(found), err)
			}
		})
	}
}

// TestANodeThatSaysGoodbyeIsNotMissed, as nodes do that count each other by heartbeats.
func TestANodeThatSaysGoodbyeIsNotMissed(t *testing.T) {
	redis := redistest.Start(t)
	n := startNode(t, everyKind[adapter.KindStreams], redis.URL(), "")
	n.awaitNodes(t, 1)
	client, err := adapter.Dial(t.Context(), adapter.DialConfig{URL: redis.URL()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	defer client.Close()
	defer leave()
	go func() {
		_ = client.Receive(ctx, client.B().Subscribe().Channel("socket.io#/#").Build(), func(rueidis.PubSubMessage) {})
	}()
	n.awaitNodes(t, 2)
	redis.Do("XADD", "socket.io", "*", "uid", "goes", "nsp", "/", "type", "13")
	leave()
	client.Close()
	n.awaitNodes(t, 1)
	done := newAnswer[[]*socket.RemoteSocket]()
	n.FetchSockets()(done.take)
	if _, err := done.await(t); err != nil {
		t.Error(err)
	}
}

package adapter_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// waiting is k with a RequestTimeout.
func (k wireKind) waiting(timeout time.Duration) func(adapter.ClusterConfig) (*adapter.Cluster, error) {
	return func(cfg adapter.ClusterConfig) (*adapter.Cluster, error) {
		cfg.RequestTimeout = timeout
		return k.make(cfg)
	}
}

// TestAcksAreNotAwaitedForever: a broadcast with acknowledgements that another node does not
// answer waits as long as was asked for, or else as long as any request.
func TestAcksAreNotAwaitedForever(t *testing.T) {
	const short, long = 300 * time.Millisecond, time.Hour
	for _, k := range wireKinds {
		for name, tt := range map[string]struct {
			usual time.Duration
			asked *time.Duration
		}{
			"as asked":      {long, new(short)},
			"as configured": {short, nil},
		} {
			t.Run(k.name+"/"+name, func(t *testing.T) {
				t.Parallel() // most of it is waiting
				redis := redistest.Start(t)
				n := startNode(t, k.waiting(tt.usual), redis.URL(), "")
				other := startScripted(t, k, redis)
				n.awaitNodes(t, 2)
				pending := func() int { return n.cluster.State().PendingRequests }
				begin := time.Now()
				n.adapter().BroadcastWithAck(
					&parser.Packet{Type: parser.EVENT, Data: []any{"e"}},
					&socket.BroadcastOptions{Flags: &socket.BroadcastFlags{Timeout: tt.asked}},
					func(uint64) {}, func([]any, error) {},
				)
				other.asked(t)
				if got := pending(); got != 1 && time.Since(begin) < short {
					t.Errorf("%d requests wait for answers, want 1", got)
				}
				eventually(t, "end of the request", func() bool { return pending() == 0 })
				if took := time.Since(begin); took < short {
					t.Errorf("it has waited %s, want %s", took, short)
				}
			})
		}
	}
}

// TestAnswersAreTakenOnce: what one node answers twice does not stand for another one's,
// where answers say whose they are.
func TestAnswersAreTakenOnce(t *testing.T) {
	for _, k := range wireKinds {
		if k.anonymous {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			redis := redistest.Start(t)
			n := startNode(t, k.make, redis.URL(), "")
			one := startScripted(t, k, redis)
			startScripted(t, k, redis)
			n.awaitNodes(t, 3)
			// answer has two nodes answer, one of them twice: with 1, 2 and 3 in a format.
			answer := func(kind int, format string) {
				t.Helper()
				q := one.asked(t)
				for i, from := range []string{"one", "one", "two"} {
					one.say(t, q, from, typed(kind), fmt.Sprintf(format, i+1))
				}
			}

			fetched := newAnswer[[]*socket.RemoteSocket]()
			n.FetchSockets()(fetched.take)
			answer(k.fetched, `"sockets":[{"id":"%d","handshake":{},"rooms":[],"data":{}}]`)
			sockets, err := fetched.await(t)
			var ids []socket.SocketId
			for _, s := range sockets {
				ids = append(ids, s.Id())
			}
			if !slices.Equal(ids, []socket.SocketId{"1", "3"}) || err != nil {
				t.Errorf("fetched %q, %v", ids, err)
			}

			handled := newAnswer[[]any]()
			if err := n.ServerSideEmit("e", handled.take); err != nil {
				t.Fatal(err)
			}
			answer(k.event, `"packet":%d`)
			if got, err := handled.await(t); !slices.Equal(got, []any{1.0, 3.0}) || err != nil {
				t.Errorf("handlers answered %v, %v", got, err)
			}

			var counts []uint64 // by one call at a time, and all of them before the answer
			acked := newAnswer[[]any]()
			n.adapter().BroadcastWithAck(
				&parser.Packet{Type: parser.EVENT, Data: []any{"e"}},
				&socket.BroadcastOptions{Flags: &socket.BroadcastFlags{}},
				func(n uint64) { counts = append(counts, n) }, acked.take,
			)
			q := one.asked(t)
			for i, from := range []string{"one", "one", "two"} {
				one.say(t, q, from, typed(k.count), fmt.Sprintf(`"clientCount":%d`, i+1))
			}
			one.say(t, q, "two", typed(k.ack), `"packet":"last"`)
			if got, _ := acked.await(t); !slices.Equal(got, []any{"last"}) {
				t.Errorf("a client answered %v", got)
			}
			if want := []uint64{0, 1, 3}; !slices.Equal(counts, want) {
				t.Errorf("counts of clients %v, want %v", counts, want)
			}
		})
	}
}

// TestWhoIsMissingIsNamed: a request that is not complete says which node has not answered,
// where answers say whose they are.
func TestWhoIsMissingIsNamed(t *testing.T) {
	for _, k := range wireKinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			redis := redistest.Start(t)
			n := startNode(t, k.waiting(time.Second), redis.URL(), "")
			answers, silent := startScripted(t, k, redis), startScripted(t, k, redis)
			n.awaitNodes(t, 3)
			var want []string
			if !k.anonymous {
				want = []string{"silent"}
				silent.beat(t, "silent")
				answers.beat(t, "answers")
			}
			check := func(name string, err error) {
				t.Helper()
				var incomplete *adapter.IncompleteError
				if !errors.As(err, &incomplete) {
					t.Fatalf("%s: %v", name, err)
				}
				if i := incomplete; i.Request != name || i.Expected != 2 || i.Answered != 1 || !slices.Equal(i.Missing, want) {
					t.Errorf("%s: %v, want %q to be missing", name, err, want)
				}
			}
			fetched := newAnswer[[]*socket.RemoteSocket]()
			n.FetchSockets()(fetched.take)
			answers.say(t, answers.asked(t), "answers", typed(k.fetched), `"sockets":[]`)
			_, err := fetched.await(t)
			check("fetchSockets", err)

			handled := newAnswer[[]any]()
			if err := n.ServerSideEmit("e", handled.take); err != nil {
				t.Fatal(err)
			}
			answers.say(t, answers.asked(t), "answers", typed(k.event), `"packet":1`)
			_, err = handled.await(t)
			check("serverSideEmit", err)
		})
	}
}

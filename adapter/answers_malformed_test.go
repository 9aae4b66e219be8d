package adapter_test

import (
	"slices"
	"testing"
	"time"

	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// TestAnswersDropWhatIsMalformed: what a node answers to a broadcast with acknowledgements
// that is none of the protocol is dropped and counted, and the next answer is taken.
func TestAnswersDropWhatIsMalformed(t *testing.T) {
	for _, k := range wireKinds {
		t.Run(k.name, func(t *testing.T) {
			redis := redistest.Start(t)
			n := startNode(t, k.make, redis.URL(), "")
			other := startScripted(t, k, redis)
			n.awaitNodes(t, 2)
			done := newAnswer[[]any]()
			_ = n.Timeout(10*time.Second).Emit("e", done.take)
			q := other.asked(t)
			bad := []struct{ kind, fields string }{
				{typed(k.count), ``},
				{typed(k.count), `"clientCount":"x"`},
				{typed(k.count), `"clientCount":"1"`},
				{typed(k.count), `"clientCount":null`},
				{typed(k.count), `"clientCount":-1`},
				{typed(k.count), `"clientCount":1.5`},
				{typed(k.count), `"clientCount":1e300`},
				{typed(k.fetched), `"clientCount":1`},
				{`"type":77`, `"clientCount":1`},
				{`"type":"x"`, `"clientCount":1`},
				{``, `"clientCount":1`},
			}
			for _, a := range bad {
				other.say(t, q, "b", a.kind, a.fields)
			}
			other.say(t, q, "b", typed(k.ack), `"packet":"answer"`)
			other.say(t, q, "b", typed(k.count), `"clientCount":1`)
			got, err := done.await(t)
			if !slices.Equal(got, []any{"answer"}) || err != nil {
				t.Errorf("%v, %v", got, err)
			}
			if s := n.cluster.State(); s.Malformed != uint64(len(bad)) {
				t.Errorf("%d malformed, want %d", s.Malformed, len(bad))
			}
		})
	}
}

// TestAnswersOfAnotherKindAreMalformed: what answers another kind of request is no answer of
// its node, where answers say of what kind they are.
func TestAnswersOfAnotherKindAreMalformed(t *testing.T) {
	for _, k := range wireKinds {
		if k.anonymous {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			redis := redistest.Start(t)
			n := startNode(t, k.make, redis.URL(), "")
			other := startScripted(t, k, redis)
			n.awaitNodes(t, 2)
			const fields = `"packet":1,"sockets":[],"clientCount":1`
			answer := func(good int) {
				t.Helper()
				q := other.asked(t)
				for _, kind := range []int{k.count, k.ack, k.fetched, k.event} {
					if kind != good {
						other.say(t, q, "b", typed(kind), fields)
					}
				}
				other.say(t, q, "b", typed(good), `"packet":2,"sockets":[{"id":"2"}]`)
			}
			handled := newAnswer[[]any]()
			if err := n.ServerSideEmit("e", handled.take); err != nil {
				t.Fatal(err)
			}
			answer(k.event)
			if got, err := handled.await(t); !slices.Equal(got, []any{2.0}) || err != nil {
				t.Errorf("handlers answered %v, %v", got, err)
			}
			fetched := newAnswer[[]*socket.RemoteSocket]()
			n.FetchSockets()(fetched.take)
			answer(k.fetched)
			if got, err := fetched.await(t); len(got) != 1 || err != nil {
				t.Errorf("fetched %d sockets, %v", len(got), err)
			}
			if s := n.cluster.State(); s.Malformed != 6 {
				t.Errorf("%d malformed, want three for each request", s.Malformed)
			}
		})
	}
}

// TestAKeptSessionThatIsMalformed is not restored, and counted.
func TestAKeptSessionThatIsMalformed(t *testing.T) {
	n, cluster, redis := newRecovering(t, adapter.ClusterConfig{})
	eventually(t, "Redis", func() bool { return cluster.State().Connected })
	for i, kept := range []string{"?", "gA==", "wA==", "gqNzaWShYaNwaWQB"} { // no base64; {}; null; {sid: "a", pid: 1}
		redis.Do("SET", "sio:session:p", kept)
		if session, err := n.adapter().RestoreSession("p", "1-0"); err == nil {
			t.Errorf("%s is restored as %+v", kept, session)
		}
		if got := cluster.State().Malformed; got != uint64(i+1) {
			t.Errorf("%d malformed with %s, want %d", got, kept, i+1)
		}
	}
	if _, err := n.adapter().RestoreSession("p", "1-0"); err == nil {
		t.Error("one that is not there is restored")
	}
	if got := cluster.State().Malformed; got != 4 {
		t.Errorf("%d malformed: one that is not there is none", got)
	}
}

package adapter_test

import (
	"slices"
	"testing"
	"time"

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

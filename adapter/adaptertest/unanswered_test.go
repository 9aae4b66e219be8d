package adaptertest

import (
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestUnansweredIsForgotten: a node that asks its clients for another one does not keep
// what they never answer longer than the other one waits, which is on the wire.
func TestUnansweredIsForgotten(t *testing.T) {
	redis := redistest.Start(t)
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			asks, asked := startGoServer(t, k, redis.URL(), k.name), startGoServer(t, k, redis.URL(), k.name)
			c := &cluster{t: t, redis: redis, clients: startPeer(t), ids: map[string]string{}}
			c.connect("mute", asked.url())
			eventually(t, "two nodes", func() bool { return asks.serverCount() == 2 && asked.serverCount() == 2 })
			awaited := func() (n int) {
				for _, s := range asked.io.Sockets().Sockets().Values() {
					n += s.Acks().Len()
				}
				return n
			}
			got := make(chan answers, 1)
			go func() { got <- asks.emitWithAck(target{timeout: time.Second}, "mute") }()
			eventually(t, "question", func() bool { return awaited() == 1 })
			if a := <-got; a.err == "" || len(a.values) != 0 {
				t.Errorf("got %v, %q from a client that does not answer", a.values, a.err)
			}
			eventually(t, "end of the question", func() bool { return awaited() == 0 })
		})
	}
}

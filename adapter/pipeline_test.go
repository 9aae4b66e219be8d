package adapter_test

import (
	"regexp"
	"strconv"
	"testing"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

var readsProcessed = regexp.MustCompile(`total_reads_processed:(\d+)`)

// reads is how often a server has read from a connection.
func reads(t *testing.T, redis *redistest.Server) int {
	t.Helper()
	found := readsProcessed.FindStringSubmatch(redis.Do("INFO", "stats"))
	if found == nil {
		t.Fatal("the server does not say how often it has read")
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPublishesArePipelined: what is published while Redis has not answered yet leaves
// together, and not a message for each answer, of which each takes a read at least.
func TestPublishesArePipelined(t *testing.T) {
	publishes := func(t *testing.T, n *goNode, redis *redistest.Server) {
		t.Helper()
		n.awaitNodes(t, 1)
		publishWhileHeldUp(t, redis, func() { _ = n.Emit("n") }, func() uint64 { return n.cluster.State().Published })
	}
	for _, k := range wireKinds {
		t.Run(k.name, func(t *testing.T) {
			redis := redistest.Start(t)
			publishes(t, startNode(t, k.make, redis.URL(), ""), redis)
		})
	}
	t.Run("sharded, in a Redis Cluster", func(t *testing.T) {
		redis := redistest.StartCluster(t)
		redis.AwaitWhole()
		publishes(t, startNode(t, sharded(adapter.SubscribeDynamic), redis.URL(), ""), redis.Master("socket.io#/#"))
	})
	t.Run("bridge", func(t *testing.T) {
		redis := redistest.Start(t)
		b := startBridge(t, redis.URL())
		b.awaitConnected(true)
		publishWhileHeldUp(t, redis, func() { b.Publish([]byte("n"), func(error) {}) }, func() uint64 { return b.State().Published })
	})
}

// publishWhileHeldUp publishes many messages while the server does not answer.
func publishWhileHeldUp(t *testing.T, redis *redistest.Server, publish func(), published func() uint64) {
	t.Helper()
	const messages, few = 500, 100
	before := reads(t, redis)
	redis.Pause()
	for range messages {
		publish()
	}
	redis.Resume()
	eventually(t, "answers of Redis", func() bool { return published() == messages })
	if took := reads(t, redis) - before; took > few {
		t.Errorf("%d messages took %d reads, want a few", messages, took)
	}
}

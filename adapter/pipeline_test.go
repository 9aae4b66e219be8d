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
	for _, k := range wireKinds {
		t.Run(k.name, func(t *testing.T) {
			redis := redistest.Start(t)
			publishWhileHeldUp(t, startNode(t, k.make, redis.URL(), ""), redis)
		})
	}
	t.Run("sharded, in a Redis Cluster", func(t *testing.T) {
		redis := redistest.StartCluster(t)
		redis.AwaitWhole()
		n := startNode(t, sharded(adapter.SubscribeDynamic), redis.URL(), "")
		publishWhileHeldUp(t, n, redis.Master("socket.io#/#"))
	})
}

// publishWhileHeldUp has a node publish many messages while its server does not answer.
func publishWhileHeldUp(t *testing.T, n *goNode, redis *redistest.Server) {
	t.Helper()
	const messages, few = 500, 100
	n.awaitNodes(t, 1)
	before := reads(t, redis)
	redis.Pause()
	for i := range messages {
		_ = n.Emit("n", i)
	}
	redis.Resume()
	eventually(t, "answers of Redis", func() bool { return n.cluster.State().Published == messages })
	if took := reads(t, redis) - before; took > few {
		t.Errorf("%d messages took %d reads, want a few", messages, took)
	}
}

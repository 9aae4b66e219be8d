package adapter

import (
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestARoomThatAllHaveLeftHoldsUpNoOther: when the subscribed connections have ended, what is
// for a room that nobody comes back to waits for its subscribers a while. What is for the
// other rooms of the same master does not, whether it comes with that or behind it.
func TestARoomThatAllHaveLeftHoldsUpNoOther(t *testing.T) {
	redis := redistest.StartCluster(t)
	redis.AwaitWhole()
	only := func(cfg *ClusterConfig) { cfg.shardsOnly = true }
	one, two := newTestPubsub(t, redis.URL(), only), newTestPubsub(t, redis.URL(), only)
	next := servedBy(redis, redis.Master("shard"), true)
	stay, left := next(), next()
	for redistest.Slot(left.name) == redistest.Slot(stay.name) {
		left = next()
	}
	var got heard
	one.testSubscribe(t, &heard{}, stay)
	two.testSubscribe(t, &got, stay)
	one.publishShard(stay.name, []byte("before"))
	awaitThat(t, "message", func() bool { return got.count() == 1 })

	held := func() int { n, _ := one.queue.size(); return n }
	for _, behind := range []bool{false, true} {
		var gone heard
		s := two.testSubscribe(t, &gone, left)
		one.publishShard(left.name, []byte("before"))
		gone.await(t, left.name+" before")
		s.end()
		sh := one.currentShards()
		for _, c := range sh.all() {
			c.client.Close()
		}
		awaitThat(t, "end of the connection", func() bool { _, last := sh.wayOf(sh.slot(left)); return last.addr == "" })
		awaitThat(t, "subscription", func() bool { return one.confirmedOf([]topic{stay}) == 1 })

		had := got.count()
		start := time.Now()
		one.publishShard(left.name, []byte("after"))
		if behind {
			awaitThat(t, "look for the subscribers", func() bool {
				one.queue.mu.Lock()
				defer one.queue.mu.Unlock()
				return one.queue.queue.len() == 0
			})
		}
		one.publishShard(stay.name, []byte("after"))
		awaitThat(t, "message", func() bool { return got.count() > had })
		if took := time.Since(start); took >= othersWait {
			t.Errorf("behind it %t: a room that all are in waited %s", behind, took)
		} else {
			t.Logf("behind it %t: a room that all are in waited %s", behind, took)
		}
		awaitThat(t, "end of the wait", func() bool { return held() == 0 })
		if took := time.Since(start); took < othersWait {
			t.Errorf("behind it %t: the room that all have left waited only %s", behind, took)
		}
	}
}

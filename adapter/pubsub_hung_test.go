package adapter

import (
	"context"
	"fmt"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// startLastingCluster is a Redis Cluster where no replica takes the place of a master that
// is away, and the others serve on.
func startLastingCluster(t *testing.T) *redistest.Cluster {
	t.Helper()
	redis := redistest.StartCluster(t, "--cluster-replica-no-failover", "yes", "--cluster-require-full-coverage", "no")
	redis.AwaitWhole()
	return redis
}

// servedBy gives names of shard channels that a master serves, or does not.
func servedBy(redis *redistest.Cluster, master *redistest.Server, serves bool) func() topic {
	n := 0
	return func() topic {
		for {
			n++
			if name := fmt.Sprint("room ", n); (redis.Master(name) == master) == serves {
				return topic{topicShard, name}
			}
		}
	}
}

// TestAHungMasterHoldsUpNoOther: what is on the other masters is joined and published as
// ever, from the moment that one hangs until it is back; and so is then what is on that one.
func TestAHungMasterHoldsUpNoOther(t *testing.T) {
	const (
		prompt = 2 * time.Second // of a machine that does much else; an answer is waited for 3 s
		hangs  = 8 * time.Second
	)
	redis := startLastingCluster(t)
	onlyShards := func(cfg *ClusterConfig) { cfg.shardsOnly = true }
	one, two := newTestPubsub(t, redis.URL(), onlyShards), newTestPubsub(t, redis.URL(), onlyShards)
	hung := redis.Master(one.cfg.Key) // that of all that has no shard, too
	away, well := servedBy(redis, hung, true), servedBy(redis, hung, false)
	var lost, got heard
	stuck := away()
	two.testSubscribe(t, &lost, stuck)
	one.publishShard(stuck.name, []byte("before"))
	lost.await(t, stuck.name+" before")
	rooms, strays := make([]topic, 100), make([]topic, 100)
	for i := range rooms {
		rooms[i], strays[i] = well(), away()
	}
	two.mu.Lock()
	before := len(two.topics)
	two.mu.Unlock()

	hung.Pause()
	begun := time.Now()
	slowest := time.Duration(0)
	for i := 0; time.Since(begun) < hangs; i++ {
		one.publishShard(stuck.name, []byte("stuck"))
		stray := two.begin(newLane(two.log, two.lanes), lost.add, strays[i%len(strays)])
		start := time.Now()
		room := rooms[i%len(rooms)]
		ctx, cancel := context.WithTimeout(t.Context(), prompt)
		s, err := two.subscribe(ctx, newLane(two.log, two.lanes), got.add, room)
		cancel()
		if err != nil {
			t.Fatalf("%s after the hang began a room of another master is not joined in %s: %v", time.Since(begun), time.Since(start), err)
		}
		had := got.count()
		one.publishShard(room.name, fmt.Append(nil, i))
		awaitThat(t, "message", func() bool { return got.count() > had })
		slowest = max(slowest, time.Since(start))
		s.end()
		stray.end()
	}
	t.Logf("a join and a message took up to %s", slowest)
	if slowest > prompt {
		t.Errorf("a join and a message took %s", slowest)
	}
	if connected, _, why := two.state.get(); connected || why == "" {
		t.Error("nothing is said of the master that hangs")
	}

	hung.Resume()
	awaitThat(t, "whole cluster", func() bool { connected, _, _ := two.state.get(); return connected })
	awaitThat(t, "end of the rooms that were left", func() bool {
		two.mu.Lock()
		defer two.mu.Unlock()
		return len(two.topics) == before
	})
	had := lost.count()
	awaitThat(t, "message of the master that is back", func() bool {
		one.publishShard(stuck.name, []byte("after"))
		return lost.count() > had
	})
}

// TestAHungMasterLeavesRoomInTheQueue: what waits for it takes half of the queue, and
// messages to the others are sent as ever.
func TestAHungMasterLeavesRoomInTheQueue(t *testing.T) {
	const room = 2 * batchLen
	redis := startLastingCluster(t)
	p := newTestPubsub(t, redis.URL(), func(cfg *ClusterConfig) {
		cfg.shardsOnly, cfg.QueueLen, cfg.QueueWait = true, 2*room, time.Minute
	})
	hung := redis.Master(p.cfg.Key)
	away, well := servedBy(redis, hung, true)(), servedBy(redis, hung, false)()
	var got heard
	p.testSubscribe(t, &got, well)
	hung.Pause()
	for p.count.refused.Load() == 0 {
		p.publishShard(away.name, []byte("stuck"))
	}
	held := func() int { n, _ := p.queue.size(); return n }
	full := time.Now()
	awaitThat(t, "room", func() bool { return held() <= room+batchLen }) // a batch is on its way
	if took := time.Since(full); took > time.Second {
		t.Errorf("the queue was full for %s", took)
	}
	for i := 1; i <= 20; i++ {
		awaitThat(t, "room", func() bool { return held() <= 2*room-2 })
		p.publishShard(away.name, []byte("stuck"))
		p.publishShard(well.name, []byte("well"))
		awaitThat(t, "message", func() bool { return got.count() == i })
	}
	hung.Resume()
}

// TestAClusterThatIsGoneIsLookedForAnew: it may come back at other addresses.
func TestAClusterThatIsGoneIsLookedForAnew(t *testing.T) {
	t.Parallel() // most of it is waiting
	redis := redistest.StartCluster(t)
	redis.AwaitWhole()
	p := newTestPubsub(t, redis.URL(), func(cfg *ClusterConfig) { cfg.shardsOnly = true })
	var got heard
	shard := topic{topicShard, "shard"}
	p.testSubscribe(t, &got, shard)
	first := p.currentShards()
	for _, n := range redis.Nodes() {
		n.Kill()
	}
	awaitThat(t, "end of the session", func() bool { return p.currentShards() != first })
	for _, n := range redis.Nodes() {
		n.Start()
	}
	awaitThat(t, "message", func() bool {
		p.publishShard(shard.name, []byte("x"))
		return got.count() > 0
	})
}

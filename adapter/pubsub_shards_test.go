package adapter

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// currentShards are those of the connection that p has now.
func (p *pubsub) currentShards() *shards {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shards
}

// TestShardsFollowAFailover: what is published while a channel goes from one master to
// another comes to all, in order: none of it is given to the one that is a replica now, which
// takes it.
func TestShardsFollowAFailover(t *testing.T) {
	redis := redistest.StartCluster(t)
	redis.AwaitWhole()
	shard := topic{topicShard, "shard"}
	var got [2]heard
	var nodes [2]*pubsub
	for i := range nodes {
		nodes[i] = newTestPubsub(t, redis.URL())
		nodes[i].testSubscribe(t, &got[i], shard)
	}
	over := make(chan struct{})
	sent := make(chan int)
	go func() {
		after := 200
		n := 0
		for ; after > 0; n++ {
			nodes[0].publishShard(shard.name, fmt.Append(nil, n))
			time.Sleep(time.Millisecond) // the load
			select {
			case <-over:
				after--
			default:
			}
		}
		sent <- n
	}()
	redis.Failover(redis.Master(shard.name))
	close(over)
	all := <-sent
	for i := range got {
		awaitThat(t, "all messages", func() bool { return got[i].count() >= all })
		for n, line := range got[i].all {
			if line != fmt.Sprint(shard.name, " ", n) {
				t.Fatalf("node %d: message %d is %q", i, n, line)
			}
		}
	}
	if n := strings.TrimSpace(redis.Master(shard.name).Do("PUBSUB", "SHARDNUMSUB", shard.name)); n != shard.name+"\n2" {
		t.Errorf("the master counts %q", n)
	}
}

// TestShardsOfASlotThatMigrates: while a slot is being handed on, which with many keys takes
// long, its channels are subscribed to, published on and counted as ever.
func TestShardsOfASlotThatMigrates(t *testing.T) {
	redis := redistest.StartCluster(t)
	redis.AwaitWhole()
	const channel = "shard"
	from := redis.Master(channel)
	var to *redistest.Server
	for i := 0; to == nil; i++ {
		if other := redis.Master(fmt.Sprint(i)); other != from {
			to = other
		}
	}
	nodes := [2]*pubsub{newTestPubsub(t, redis.URL()), newTestPubsub(t, redis.URL())}
	var got heard
	nodes[0].testSubscribe(t, &heard{}, topic{topicChannel, "connected"})

	slot := fmt.Sprint(redistest.Slot(channel))
	to.Do("CLUSTER", "SETSLOT", slot, "IMPORTING", from.Do("CLUSTER", "MYID"))
	from.Do("CLUSTER", "SETSLOT", slot, "MIGRATING", to.Do("CLUSTER", "MYID"))
	nodes[1].testSubscribe(t, &got, topic{topicShard, channel})
	if n, err := nodes[0].subscriberCount(t.Context(), channel, true); n != 1 || err != nil {
		t.Errorf("%d subscribers, %v", n, err)
	}
	nodes[0].publishShard(channel, []byte("1"))
	nodes[0].publishShard(channel, []byte("2"))
	got.await(t, "shard 1", "shard 2")
	redis.MoveSlot(channel, to)
	awaitThat(t, "a subscription at the next master", func() bool {
		n, err := nodes[0].subscriberCount(t.Context(), channel, true)
		return n == 1 && err == nil
	})
	nodes[0].publishShard(channel, []byte("3"))
	got.await(t, "shard 1", "shard 2", "shard 3")
	if one, none := nodes[1].count.moved.Load(), nodes[0].count.moved.Load(); one != 1 || none != 0 {
		t.Errorf("the node that is subscribed counts %d channels that have moved, the other %d", one, none)
	}
}

// TestAForgottenShardSubscriptionIsFound: a master that has lost a subscription and says
// nothing is asked, and the subscription comes back.
func TestAForgottenShardSubscriptionIsFound(t *testing.T) {
	redis := redistest.StartCluster(t)
	p := newTestPubsub(t, redis.URL(), func(cfg *ClusterConfig) { cfg.probeEvery = 50 * time.Millisecond })
	var got heard
	shard := topic{topicShard, "shard"}
	p.testSubscribe(t, &got, shard)

	sh := p.currentShards()
	var conn *shardConn
	for _, c := range sh.all() {
		if len(sh.placedAt(c)) > 0 {
			conn = c
		}
	}
	sh.displace(conn, shard) // so that the end of the subscription is passed over
	sh.unsubscribeAt(t.Context(), conn, []topic{shard})
	sh.place(conn, []topic{shard})

	awaitThat(t, "message", func() bool {
		p.publishShard("shard", []byte("x"))
		return got.count() > 0
	})
}

// TestALostShardConnection: the topics of a connection that ends are subscribed to again,
// also where it is known already that another master has their slot.
func TestALostShardConnection(t *testing.T) {
	redis := redistest.StartCluster(t)
	p := newTestPubsub(t, redis.URL())
	var got heard
	shard := topic{topicShard, "shard"}
	p.testSubscribe(t, &got, shard)
	sh := p.currentShards()
	slot := sh.slot(shard)
	sh.mu.Lock()
	conn := sh.places[shard]
	sh.mu.Unlock()
	for _, n := range redis.Nodes() {
		if n.Addr() != conn.addr {
			sh.learn(slot, n.Addr())
		}
	}
	conn.client.Close()
	awaitThat(t, "message", func() bool {
		p.publishShard(shard.name, []byte("x"))
		return got.count() > 0
	})
}

// TestShardsFollowAHungMaster: its replica has its channels a moment after it has its
// slots, also while nobody has yet heard the end of the connections to it.
func TestShardsFollowAHungMaster(t *testing.T) {
	redis := redistest.StartCluster(t)
	redis.AwaitWhole()
	shard := topic{topicShard, "shard"}
	onlyShards := func(cfg *ClusterConfig) { cfg.shardsOnly = true }
	one, two := newTestPubsub(t, redis.URL(), onlyShards), newTestPubsub(t, redis.URL(), onlyShards)
	var got heard
	one.testSubscribe(t, &heard{}, shard)
	two.testSubscribe(t, &got, shard)
	one.publishShard(shard.name, []byte("before"))
	got.await(t, "shard before")

	redis.Master(shard.name).Pause()
	begun := time.Now()
	stop, last := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-stop:
				last <- n
				return
			case <-time.After(time.Millisecond): // the load
				one.publishShard(shard.name, fmt.Append(nil, n))
			}
		}
	}()
	redis.AwaitMaster(shard.name)
	failedOver := time.Now()
	awaitThat(t, "messages by the next master", func() bool { return got.count() > 100 })
	back := time.Now()
	close(stop)
	all := <-last
	awaitThat(t, "all messages", func() bool { return got.last() == fmt.Sprint(shard.name, " ", all-1) })
	lost := all + 1 - got.count()
	t.Logf("failed over after %s, back after %s; of %d messages %d are lost, of %d the outcome is unknown",
		failedOver.Sub(begun), back.Sub(begun), all, lost, one.count.unknown.Load())
	if unknown := one.count.unknown.Load(); lost > int(unknown) {
		t.Errorf("%d messages are lost, of %d the outcome is unknown", lost, unknown)
	}
}

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
		nodes[i].rollCall(shard)
	}
	awaitThat(t, "two nodes", func() bool { return nodes[0].countNodes(t.Context()) == 2 })

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
		if sh.confirmedAt(c) > 0 {
			conn = c
		}
	}
	p.mu.Lock()
	p.topics[shard].told = false // so that the end of the subscription is passed over
	p.mu.Unlock()
	sh.unsubscribeAt(t.Context(), conn, []topic{shard})
	p.mu.Lock()
	p.topics[shard].told = true
	p.mu.Unlock()

	awaitThat(t, "message", func() bool {
		p.publishShard("shard", []byte("x"))
		return got.count() > 0
	})
}

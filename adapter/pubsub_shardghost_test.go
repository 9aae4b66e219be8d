package adapter

import (
	"context"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestAChannelIsHeardAtItsPlaceAlone: a subscription at a replica whose end was not
// confirmed brings what its master sends, too.
func TestAChannelIsHeardAtItsPlaceAlone(t *testing.T) {
	redis := redistest.StartCluster(t)
	redis.AwaitWhole()
	p := newTestPubsub(t, redis.URL())
	shard := topic{topicShard, "shard"}
	var got heard
	p.testSubscribe(t, &got, shard)
	sh := p.currentShards()
	master := redis.Master(shard.name)
	var replica *redistest.Server
	for i, n := range redis.Nodes()[:3] {
		if n == master {
			replica = redis.Nodes()[i+3]
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := sh.connect(ctx, replica.Addr()); err != nil {
		t.Fatal(err)
	}
	var ghost *shardConn
	for _, conn := range sh.all() {
		if conn.addr == replica.Addr() {
			ghost = conn
		}
	}
	if err := ghost.client.Do(ctx, ghost.client.B().Ssubscribe().Channel(shard.name).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	p.publishShard(shard.name, []byte("once"))
	got.await(t, "shard once")
	// What it had of the first message is there by the time that it has the next one.
	for range 20 {
		if err := ghost.client.Do(ctx, ghost.client.B().Ping().Build()).Error(); err != nil {
			t.Fatal(err)
		}
		p.publishShard(shard.name, []byte("more"))
	}
	awaitThat(t, "messages", func() bool { return got.count() >= 21 })
	if err := ghost.client.Do(ctx, ghost.client.B().Ping().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	if n := got.count(); n != 21 {
		t.Errorf("%d messages, 21 were sent", n)
	}
}

package adapter

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestPubsubInARedisCluster: what one process publishes on many channels, whose slots
// are on different nodes, arrives in its order; subscribers are counted on all nodes;
// and a connection whose node dies moves to another.
func TestPubsubInARedisCluster(t *testing.T) {
	redis := redistest.StartCluster(t)
	one, two := newTestPubsub(t, redis.URL()), newTestPubsub(t, redis.URL())
	// One that is connected to another node.
	elsewhere := newTestPubsub(t, redis.URL(), func(cfg *ClusterConfig) {
		cfg.Key = servedBy(redis, redis.Master(one.cfg.Key), false)().name
	})
	elsewhere.testSubscribe(t, &heard{}, topic{topicChannel, "counted"})
	var got heard
	two.testSubscribe(t, &got, topic{topicPattern, "order-*"}, topic{topicChannel, "counted"})
	one.testSubscribe(t, &heard{}, topic{topicChannel, "counted"})
	const messages = 3000
	for i := range messages {
		one.publish(fmt.Sprintf("order-%d", i%97), fmt.Appendf(nil, "%d", i))
	}
	awaitThat(t, "all messages", func() bool { return got.count() == messages })
	for i, line := range got.all {
		if _, n, _ := strings.Cut(line, " "); n != fmt.Sprint(i) {
			t.Fatalf("message %d is %q", i, line)
		}
	}
	awaitThat(t, "three subscribers, at two nodes", func() bool {
		n, err := one.subscriberCount(t.Context(), "counted", false)
		return err == nil && n == 3
	})
	redis.Master(two.cfg.Key).Kill()
	awaitThat(t, "loss of the connection", func() bool { return two.count.lost.Load() > 0 })
	redis.AwaitMaster(two.cfg.Key)
	awaitThat(t, "another connection", func() bool {
		connected, _, _ := two.state.get()
		other, _, _ := one.state.get()
		return connected && other
	})
	one.publish("order-last", []byte("x"))
	awaitThat(t, "the last message", func() bool { return got.count() > messages })
}

// TestAMasterWithoutAReplicaIsAway: what it takes with it is what it served. Channels are
// those of all nodes: their subscribers are counted, in good time, and reached.
func TestAMasterWithoutAReplicaIsAway(t *testing.T) {
	const prompt = 2 * time.Second // an answer is waited for 3 s
	for name, leave := range map[string]func(*redistest.Server){
		"dead": (*redistest.Server).Kill,
		"hung": (*redistest.Server).Pause,
	} {
		t.Run(name, func(t *testing.T) {
			redis := startLastingCluster(t)
			one, two := newTestPubsub(t, redis.URL()), newTestPubsub(t, redis.URL())
			var got heard
			two.testSubscribe(t, &got, topic{topicChannel, "counted"})
			one.testSubscribe(t, &heard{}, topic{topicChannel, "counted"})
			own := redis.Master(one.cfg.Key)
			counted := func() bool {
				n, err := one.subscriberCount(t.Context(), "counted", false)
				return n == 2 && err == nil
			}
			awaitThat(t, "two subscribers", counted)
			for _, n := range redis.Nodes()[:3] {
				if n != own {
					leave(n)
					break
				}
			}
			for range 3 {
				start := time.Now()
				if n, err := one.subscriberCount(t.Context(), "counted", false); n != 2 || err != nil {
					t.Errorf("without another's master: %d subscribers, %v", n, err)
				}
				if took := time.Since(start); took > prompt {
					t.Errorf("to count took %s", took)
				}
			}
			leave(own)
			awaitThat(t, "loss of the connections", func() bool { return one.count.lost.Load() > 0 && two.count.lost.Load() > 0 })
			awaitThat(t, "two subscribers at the last master", counted)
			one.publish("counted", []byte("x"))
			awaitThat(t, "message", func() bool { return got.count() > 0 })
		})
	}
}

// TestASilentConnectionIsProbedAtItsOwnNode: another master that hangs does not end it.
func TestASilentConnectionIsProbedAtItsOwnNode(t *testing.T) {
	redis := startLastingCluster(t)
	p := newTestPubsub(t, redis.URL(), func(cfg *ClusterConfig) { cfg.probeEvery = 20 * time.Millisecond })
	var got heard
	p.testSubscribe(t, &got, topic{topicChannel, "a"})
	var hung *redistest.Server
	for i := 0; hung == nil; i++ {
		if master := redis.Master(fmt.Sprint(i)); master != redis.Master(p.cfg.Key) {
			hung = master
		}
	}
	hung.Pause()
	defer hung.Resume()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if lost := p.count.lost.Load(); lost > 0 {
			t.Fatalf("the connection ended: %s", p.state.lastError())
		}
	}
}

package adapter_test

import (
	"fmt"
	"sync"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

func TestOrderInARedisCluster(t *testing.T) {
	t.Parallel() // most of it is waiting
	const publishers, each = 4, 2000
	nodes := redistest.StartCluster(t).Nodes()
	bridges := []*testBridge{startBridge(t, nodes[0].URL(), roomy), startBridge(t, nodes[1].URL(), roomy)}
	for _, b := range bridges {
		b.awaitConnected(true)
	}
	var told outcomes
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				m := fmt.Sprintf("%d:%05d", p, i)
				bridges[p%2].Publish([]byte(m), told.of(m))
			}
		})
	}
	wg.Wait()
	for _, b := range bridges {
		checkOrder(t, b.awaitReceived(publishers*each), publishers, each)
	}
	// A subscriber of any node gets what is published at any other.
	for _, n := range nodes {
		n.Publish("MESSAGES", []byte("from elsewhere"))
	}
	for _, b := range bridges {
		b.awaitReceived(publishers*each + len(nodes))
		b.drain()
		if s := b.State(); s.Unknown+s.Unavailable+s.Lost != 0 {
			t.Errorf("state %+v", s)
		}
	}
}

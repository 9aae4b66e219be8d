package adapter_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// startCluster runs a Redis Cluster of three masters.
func startCluster(t *testing.T) []*redistest.Server {
	t.Helper()
	nodes := make([]*redistest.Server, 3)
	for i := range nodes {
		bus := strconv.Itoa(redistest.FreePort(t))
		nodes[i] = redistest.Start(t, "--cluster-enabled", "yes", "--cluster-port", bus)
		first, last := i*16384/len(nodes), (i+1)*16384/len(nodes)-1
		nodes[i].Do("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(first), strconv.Itoa(last))
		if i > 0 {
			nodes[0].Do("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(nodes[i].Port()), bus)
		}
	}
	for _, n := range nodes {
		eventually(t, "cluster", func() bool {
			info := n.Do("CLUSTER", "INFO")
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3")
		})
	}
	return nodes
}

func TestOrderInARedisCluster(t *testing.T) {
	t.Parallel() // most of it is waiting
	const publishers, each = 4, 2000
	nodes := startCluster(t)
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

//go:build unix

package redistest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	clusterMasters = 3
	clusterSlots   = 16384
	// nodeTimeout is after how many milliseconds of silence the nodes of a
	// cluster take one for failed; a replica takes its place a little later.
	nodeTimeout = "2000"
	// formedWithin is how long a cluster or a set of sentinels may take to
	// agree on who is who.
	formedWithin = 30 * time.Second
)

// Cluster is a Redis Cluster of three masters with one replica each. Each of
// its servers can be stopped, killed and frozen by itself. Its methods belong to
// the test's own goroutine.
type Cluster struct {
	tb    testing.TB
	nodes []*Server
	ids   []string // of the nodes, in their order
}

// StartCluster runs a Redis Cluster and returns when all its nodes say that it
// is whole and the replicas hold what their masters do. Further arguments are
// given to every redis-server.
func StartCluster(tb testing.TB, args ...string) *Cluster {
	tb.Helper()
	c := &Cluster{tb: tb}
	buses := make([]string, 0, 2*clusterMasters)
	for range 2 * clusterMasters {
		bus := strconv.Itoa(FreePort(tb))
		buses = append(buses, bus)
		c.nodes = append(c.nodes, New(tb, slices.Concat([]string{
			"--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", nodeTimeout,
			"--repl-diskless-sync-delay", "0",
		}, args)...))
	}
	c.each(func(i int) { c.nodes[i].Start() })
	for i, n := range c.nodes {
		c.ids = append(c.ids, n.Do("CLUSTER", "MYID"))
		n.Do("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
	}
	c.each(func(i int) {
		if i < clusterMasters {
			first, last := i*clusterSlots/clusterMasters, (i+1)*clusterSlots/clusterMasters-1
			c.nodes[i].Do("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(first), strconv.Itoa(last))
		}
		// Everyone meets everyone: faster than to wait for the gossip.
		for j := range i {
			c.nodes[i].Do("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(c.nodes[j].port), buses[j])
		}
	})
	c.await("to know each other", func(i int) bool {
		view := c.nodes[i].Do("CLUSTER", "NODES")
		known := 0
		for _, id := range c.ids {
			if strings.Contains(view, id) {
				known++
			}
		}
		return known == len(c.ids) && !strings.Contains(view, "handshake")
	})
	for i := clusterMasters; i < len(c.nodes); i++ {
		c.nodes[i].Do("CLUSTER", "REPLICATE", c.ids[i-clusterMasters])
	}
	c.AwaitWhole()
	return c
}

// URL is a redis:// URL with the addresses of all nodes.
func (c *Cluster) URL() string {
	u, err := url.Parse(c.nodes[0].URL())
	if err != nil {
		c.tb.Fatalf("redistest: %v", err)
	}
	more := u.Query()
	for _, n := range c.nodes[1:] {
		more.Add("addr", n.Addr())
	}
	u.RawQuery = more.Encode()
	return u.String()
}

// Nodes are all the servers: those that began as masters, then their replicas in
// the same order.
func (c *Cluster) Nodes() []*Server { return slices.Clone(c.nodes) }

// Master is the server that runs and serves the slot of a key or a shard
// channel, by its own word; it fails the test where there is none.
func (c *Cluster) Master(key string) *Server {
	c.tb.Helper()
	if n := c.master(key); n != nil {
		return n
	}
	c.tb.Fatalf("redistest: no node serves %q", key)
	return nil
}

// master is Master, or nil.
func (c *Cluster) master(key string) *Server {
	slot := Slot(key)
	for _, n := range c.running() {
		if c.owner(n, slot) == c.id(n) {
			return n
		}
	}
	return nil
}

// Replica is the running server that follows a master, nil if there is none.
func (c *Cluster) Replica(of *Server) *Server {
	c.tb.Helper()
	for _, n := range c.running() {
		if n != of && n.field("master_port", "INFO", "replication") == strconv.Itoa(of.port) {
			return n
		}
	}
	return nil
}

// AwaitMaster returns the server that serves the slot of a key, once all nodes
// that run agree on it and say that the cluster can be used.
func (c *Cluster) AwaitMaster(key string) *Server {
	c.tb.Helper()
	var found *Server
	eventually(c.tb, "the nodes of the cluster to agree on who serves "+strconv.Quote(key), func() bool {
		if found = c.master(key); found == nil {
			return false
		}
		return !slices.ContainsFunc(c.running(), func(n *Server) bool {
			return n.field("cluster_state", "CLUSTER", "INFO") != "ok" || c.owner(n, Slot(key)) != c.id(found)
		})
	})
	return found
}

// AwaitWhole returns when every node runs, says that the cluster is whole, and
// either is a master or holds what its master does.
func (c *Cluster) AwaitWhole() {
	c.tb.Helper()
	c.await("to be whole", func(i int) bool {
		n := c.nodes[i]
		if n.field("cluster_state", "CLUSTER", "INFO") != "ok" || n.field("cluster_size", "CLUSTER", "INFO") != strconv.Itoa(clusterMasters) {
			return false
		}
		if n.field("role", "INFO", "replication") == "master" {
			return n.field("connected_slaves", "INFO", "replication") == "1"
		}
		return n.field("master_link_status", "INFO", "replication") == "up"
	})
}

// running are the nodes that neither are stopped nor frozen.
func (c *Cluster) running() []*Server {
	return slices.DeleteFunc(c.Nodes(), func(n *Server) bool { return !n.answers() })
}

// each runs f for every node, all at a time.
func (c *Cluster) each(f func(i int)) {
	var wg sync.WaitGroup
	for i := range c.nodes {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// await waits for a condition that holds for every node.
func (c *Cluster) await(what string, met func(i int) bool) {
	c.tb.Helper()
	for i := range c.nodes {
		eventually(c.tb, "nodes of the cluster "+what+", the one at "+c.nodes[i].Addr(), func() bool { return met(i) })
	}
}

// eventually waits for a condition and fails the test where it does not come.
func eventually(tb testing.TB, what string, met func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(formedWithin); !met(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("redistest: waited %s for %s", formedWithin, what)
		}
	}
}

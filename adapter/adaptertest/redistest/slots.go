//go:build unix

package redistest

import (
	"slices"
	"strconv"
	"strings"
)

// Failover makes the replica of a master the master, without a loss of what
// was acknowledged, and returns it when all agree.
func (c *Cluster) Failover(master *Server) *Server {
	c.tb.Helper()
	replica := c.Replica(master)
	if replica == nil {
		c.tb.Fatalf("redistest: %s has no replica", master.Addr())
	}
	replica.Do("CLUSTER", "FAILOVER")
	c.await("to take "+replica.Addr()+" for a master", func(i int) bool {
		n := c.nodes[i]
		return !n.answers() || slices.ContainsFunc(c.view(n), func(v []string) bool {
			return v[0] == c.id(replica) && len(v) > 8 // with slots of its own
		})
	})
	return replica
}

// MoveSlot moves the slot of a key or a shard channel, with its keys, to another
// master, as redis-cli --cluster reshard does. Who is subscribed to a shard
// channel of the slot is told that it no longer is.
func (c *Cluster) MoveSlot(key string, to *Server) {
	c.tb.Helper()
	from, slot := c.Master(key), strconv.Itoa(Slot(key))
	if from == to {
		return
	}
	to.Do("CLUSTER", "SETSLOT", slot, "IMPORTING", c.id(from))
	from.Do("CLUSTER", "SETSLOT", slot, "MIGRATING", c.id(to))
	for {
		keys := from.Do("CLUSTER", "GETKEYSINSLOT", slot, "100")
		if keys == "" {
			break
		}
		migrate := []string{"MIGRATE", "127.0.0.1", strconv.Itoa(to.port), "", "0", "5000"}
		if p := to.password(); p != "" {
			migrate = append(migrate, "AUTH", p)
		}
		from.Do(append(append(migrate, "KEYS"), strings.Split(keys, "\n")...)...)
	}
	to.Do("CLUSTER", "SETSLOT", slot, "NODE", c.id(to))
	from.Do("CLUSTER", "SETSLOT", slot, "NODE", c.id(to))
	for _, n := range c.running() {
		if n != to && n != from && n.field("role", "INFO", "replication") == "master" {
			n.Do("CLUSTER", "SETSLOT", slot, "NODE", c.id(to))
		}
	}
	c.await("to know where slot "+slot+" is", func(i int) bool {
		n := c.nodes[i]
		return !n.answers() || c.owner(n, Slot(key)) == c.id(to)
	})
}

// owner is the id of the node that serves a slot, as another node sees it.
func (c *Cluster) owner(by *Server, slot int) string {
	for _, v := range c.view(by) {
		if len(v) > 8 && holds(v[8:], slot) {
			return v[0]
		}
	}
	return ""
}

// view is what a node says of all, in fields as CLUSTER NODES gives them; nothing
// if it does not answer.
func (c *Cluster) view(by *Server) [][]string {
	reply, err := by.command("CLUSTER", "NODES")
	if err != nil {
		return nil
	}
	var nodes [][]string
	for line := range strings.Lines(reply) {
		if v := strings.Fields(line); len(v) >= 8 {
			nodes = append(nodes, v)
		}
	}
	return nodes
}

func (c *Cluster) id(n *Server) string { return c.ids[slices.Index(c.nodes, n)] }

// holds tells whether a slot is among those of a line of CLUSTER NODES: single
// numbers, ranges, and moves under way in brackets.
func holds(slots []string, slot int) bool {
	for _, s := range slots {
		first, last, isRange := strings.Cut(s, "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err1 == nil && err2 == nil && from <= slot && slot <= to {
			return true
		}
	}
	return false
}

// Slot is the slot of a key or a shard channel in a Redis Cluster: the CRC16
// (polynomial 0x1021, from 0) of what is in its first braces, if anything is, or
// of all of it.
func Slot(key string) int {
	if _, rest, ok := strings.Cut(key, "{"); ok {
		if tag, _, ok := strings.Cut(rest, "}"); ok && tag != "" {
			key = tag
		}
	}
	crc := uint16(0)
	for _, b := range []byte(key) {
		crc ^= uint16(b) << 8
		for range 8 {
			if crc&0x8000 != 0 {
				crc = crc<<1 ^ 0x1021
			} else {
				crc <<= 1
			}
		}
	}
	return int(crc) % clusterSlots
}

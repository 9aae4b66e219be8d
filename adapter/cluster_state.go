package adapter

import (
	"sync"
	"sync/atomic"
	"time"
)

// ClusterState is how a Cluster is, and what it has done so far.
type ClusterState struct {
	// Kind is that of the adapters: "classic", "sharded", "streams".
	Kind string
	// Connected is whether this server is subscribed to all that it should be and
	// able to publish.
	Connected bool
	// Since is when Connected last changed.
	Since time.Time
	// LastError is why the cluster is not connected, or was not when it last was
	// not; it is short and holds no password.
	LastError string

	// Queued and QueuedBytes are the messages that wait to be published.
	Queued, QueuedBytes int
	// WaitingBytes are those of messages of other nodes that wait to be handled.
	WaitingBytes int
	// PendingRequests wait for answers of other nodes.
	PendingRequests int

	// Published counts messages that Redis has taken.
	Published uint64
	// Received counts messages that came, this server's own among them.
	Received uint64
	// Refused counts messages that were not published, as the queue was full.
	Refused uint64
	// TooLarge counts messages that were not published, as they were too long.
	TooLarge uint64
	// Expired counts messages that were not published, as Redis was away for longer
	// than they could wait, or as the server was closed.
	Expired uint64
	// Unavailable counts messages that Redis refused.
	Unavailable uint64
	// Unknown counts messages that were cut off on their way, and may have arrived.
	Unknown uint64
	// Malformed counts messages that were dropped, as they were none of the protocol.
	Malformed uint64
	// DroppedTooLong counts messages that were dropped, as they were too long.
	DroppedTooLong uint64
	// DroppedOverflow counts messages that were dropped, as more came than were
	// handled.
	DroppedOverflow uint64
	// Incomplete counts requests that not all nodes have answered in time.
	Incomplete uint64
	// Gaps counts the times that a stream had been cut shorter than where this node
	// was in it, so that it missed what was cut. LostEntries counts entries of this
	// node that Redis had taken and a failover has lost. Streams alone have both.
	Gaps, LostEntries uint64
	// Connects counts connections made, Lost those that ended unasked: what others
	// publish until the next is there is missed, but by streams.
	Connects, Lost uint64
	// Moved counts channels of which a Redis Cluster has moved the slot: what is
	// published until they are subscribed to where it is now is missed. Sharded alone
	// has it.
	Moved uint64
}

// State returns the state of the cluster. It is cheap.
func (c *Cluster) State() ClusterState {
	p := c.pubsub
	s := ClusterState{Kind: c.cfg.kind, WaitingBytes: int(p.lanes.used.Load()), PendingRequests: c.live.pendingRequests()}
	s.Connected, s.Since, s.LastError = p.state.get()
	p.mu.Lock()
	queue := p.queue
	p.mu.Unlock()
	if queue != nil {
		s.Queued, s.QueuedBytes = queue.size()
	}
	if c.streams != nil {
		c.streams.addState(&s)
	}
	n := &p.count
	s.Published, s.Received, s.Refused, s.TooLarge = n.published.Load(), n.received.Load(), n.refused.Load(), n.tooLarge.Load()
	s.Expired, s.Unavailable, s.Unknown = n.expired.Load(), n.unavailable.Load(), n.unknown.Load()
	s.Malformed, s.DroppedTooLong, s.DroppedOverflow = n.malformed.Load(), n.droppedTooLong.Load(), n.droppedOverflow.Load()
	s.Gaps, s.LostEntries = n.gaps.Load(), n.lostEntries.Load()
	s.Incomplete, s.Connects, s.Lost = n.incomplete.Load(), n.connects.Load(), n.lost.Load()
	s.Moved = n.moved.Load()
	return s
}

type clusterCounters struct {
	published, received, refused, tooLarge, expired, unavailable, unknown,
	malformed, droppedTooLong, droppedOverflow, incomplete, gaps, lostEntries, connects, lost, moved atomic.Uint64
}

// registry are the adapters of a Cluster that are not closed.
type registry struct {
	mu  sync.Mutex
	all map[clusterAdapter]struct{}
}

func (r *registry) add(a clusterAdapter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[clusterAdapter]struct{}{}
	}
	r.all[a] = struct{}{}
}

// remove reports whether the adapter was there.
func (r *registry) remove(a clusterAdapter) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, is := r.all[a]
	delete(r.all, a)
	return is
}

func (r *registry) pendingRequests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for a := range r.all {
		n += a.pendingRequests()
	}
	return n
}

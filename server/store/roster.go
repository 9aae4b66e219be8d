package store

// silentFor is how long a node that says nothing counts as there.
const silentFor = int(peerSilent / peerTick)

// roster is which other nodes there are. It counts time in ticks in which this node
// could hear them: while it hangs, or is cut off, the others grow no more silent, and
// no clock that is set matters. It is not safe for concurrent use.
type roster struct {
	now   int
	known map[string]*peer
}

// peer is another node.
type peer struct {
	seq  uint64 // of the last change that is known here
	seen int    // when it last said something
}

func newRoster() *roster { return &roster{known: map[string]*peer{}} }

// follows tells whether what a node says goes on from what is known of it. Else all of it has
// to be read anew.
func (r *roster) follows(n notice) bool {
	p := r.known[n.Node]
	if p == nil || n.Reset {
		return false
	}
	if n.People != nil {
		return n.Seq == p.seq+1
	}
	return n.Seq == p.seq
}

// heard notes that all is known of a node that it has told up to a notice.
func (r *roster) heard(n notice) { r.known[n.Node] = &peer{seq: n.Seq, seen: r.now} }

func (r *roster) forget(node string) { delete(r.known, node) }

// tick counts on, and forgets the nodes that have said nothing for too long, which it
// returns.
func (r *roster) tick() (gone []string) {
	r.now++
	for node, p := range r.known {
		if r.now-p.seen > silentFor {
			gone = append(gone, node)
			r.forget(node)
		}
	}
	return gone
}

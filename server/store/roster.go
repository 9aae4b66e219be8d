package store

// silentFor is how long a node that says nothing counts as there.
const silentFor = int(peerSilent / peerTick)

// roster is which other nodes there are. It counts time in ticks in which this node
// could hear them: while it hangs, or is cut off, the others grow no more silent, and
// no clock that is set matters. It is not safe for concurrent use.
type roster struct {
	terms terms // of this node
	now   int
	known map[string]*peer
}

// peer is another node.
type peer struct {
	seq  uint64 // of the last change that is known here
	seen int    // when it last said something
	// terms are those of this node as well until it is told of others.
	terms terms
}

func newRoster(own terms) *roster { return &roster{terms: own, known: map[string]*peer{}} }

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

// heard notes that all is known of a node that it has told up to a notice; differs, that
// its terms are others than they were, and than those of this node.
func (r *roster) heard(n notice) (differs bool) {
	p := r.known[n.Node]
	if p == nil {
		p = &peer{terms: r.terms}
		r.known[n.Node] = p
	}
	p.seq, p.seen = n.Seq, r.now
	if n.Terms == nil || *n.Terms == p.terms {
		return false
	}
	p.terms = *n.Terms
	return p.terms != r.terms
}

// unlike is how many nodes have other terms than this one.
func (r *roster) unlike() (count int) {
	for _, p := range r.known {
		if p.terms != r.terms {
			count++
		}
	}
	return count
}

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

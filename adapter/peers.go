package adapter

import (
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// peersKnown bounds the nodes that are remembered: a restarted one has another id.
	peersKnown = 1024
	// longestUID bounds what is remembered of each, as a peer may send anything.
	longestUID = 64
	// peerMemory is how long a node counts as there that has said nothing.
	peerMemory = 10 * time.Minute
)

// peers are the ids of the nodes that have been heard of, so that an error can name
// those that do not answer.
type peers struct {
	mu   sync.Mutex
	last map[string]*time.Time
}

func (p *peers) saw(uid string) {
	if len(uid) > longestUID {
		return
	}
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		p.last = map[string]*time.Time{}
	}
	if at := p.last[uid]; at != nil {
		*at = now
		return
	}
	if len(p.last) >= peersKnown {
		for old, at := range p.last {
			if now.Sub(*at) > peerMemory {
				delete(p.last, old)
			}
		}
		if len(p.last) >= peersKnown {
			return
		}
	}
	at := now
	p.last[strings.Clone(uid)] = &at // uid may be a part of a whole message
}

// without are the nodes heard of lately that are not among those that answered, the
// latest first, at most n.
func (p *peers) without(answered map[string]struct{}, n int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var missing []string
	for uid, at := range p.last {
		if _, did := answered[uid]; !did && time.Since(*at) <= peerMemory {
			missing = append(missing, uid)
		}
	}
	slices.SortFunc(missing, func(a, b string) int { return p.last[b].Compare(*p.last[a]) })
	return missing[:min(n, len(missing))]
}

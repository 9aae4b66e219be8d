package chat

// People is who is on this node, as a peer that knows nothing is told it.
func (c *Chat) People() map[string]*Standing {
	p := c.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make(map[string]*Standing, len(p.here))
	for id := range p.here {
		if s := p.standing(id); s != nil {
			all[id] = s
		}
	}
	return all
}

// PeerPeople takes what another node says of its people; nil: they have left. With
// all, those that it does not mention have, too.
func (c *Chat) PeerPeople(node string, changes map[string]*Standing, all bool) {
	p := c.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	if all {
		for id := range p.all.nodes[node] {
			if changes[id] == nil {
				p.all.set(node, id, nil)
			}
		}
	}
	for id, now := range changes {
		p.all.set(node, id, now)
	}
	p.signal()
}

// PeerGone takes that another node has ended, or gives no sign of life.
func (c *Chat) PeerGone(node string) {
	p := c.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all.removeNode(node)
	p.signal()
}

// PeerTyping takes that someone on another node types.
func (c *Chat) PeerTyping(e TypingEvent) { c.presence.typing(e) }

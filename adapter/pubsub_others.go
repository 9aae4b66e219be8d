package adapter

import (
	"context"
	"time"
)

const (
	// countEvery is how often the nodes are counted.
	countEvery = time.Second
	// othersWait is how long a node that comes back to Redis waits at most, with what it
	// has to publish, for the others to come back; othersLook is how often it looks.
	othersWait, othersLook = 2 * time.Second, 20 * time.Millisecond
)

// rollCall has a topic be one that every node with a namespace is subscribed to, and
// counted by: after all its others. The first namespace stands for the server.
func (p *pubsub) rollCall(t topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if of := p.topics[t]; of != nil {
		of.roll = true
	}
	if p.topics[p.roll] == nil {
		p.roll, p.nodes = t, 0
	}
}

// anotherRoll is a topic that nodes are counted by, and that somebody is subscribed to here;
// empty where there is none. The caller holds mu.
func (p *pubsub) anotherRoll() topic {
	for t, of := range p.topics {
		if of.roll && len(of.all) > 0 {
			return t
		}
	}
	return topic{}
}

// rollLast splits topics into those by which nodes are counted and the others.
func (p *pubsub) rollLast(topics []topic) (others, rolls []topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range topics {
		if of := p.topics[t]; of != nil && of.roll {
			rolls = append(rolls, t)
		} else {
			others = append(others, t)
		}
	}
	return others, rolls
}

// counted remembers how many nodes there are, where it is they that were counted. That
// there are fewer is believed once it has been so for a while: one that is on its way from
// one master of a Redis Cluster to another is not gone.
func (p *pubsub) counted(channel string, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case channel != p.roll.name || n == 0:
	case n >= p.nodes:
		p.nodes, p.fewerSince = n, time.Time{}
	case p.fewerSince.IsZero():
		p.fewerSince = time.Now()
	case time.Since(p.fewerSince) > othersWait:
		p.nodes, p.fewerSince = n, time.Time{}
	}
}

// countNodes is how many nodes there are, 0 where that is not known.
func (p *pubsub) countNodes(ctx context.Context) int64 {
	p.mu.Lock()
	roll := p.roll
	p.mu.Unlock()
	if roll.name == "" {
		return 0
	}
	n, err := p.subscriberCount(ctx, roll.name, roll.kind == topicShard)
	if err != nil {
		return 0
	}
	return n
}

// keepCounting has it known how many nodes there are, for when Redis is back one day.
func (s *session) keepCounting(ctx context.Context) error {
	return every(ctx, countEvery, func() error {
		s.p.countNodes(ctx)
		s.p.countWatched(ctx)
		return nil
	})
}

// awaitOthers waits until as many nodes are back as there were.
func (s *session) awaitOthers(ctx context.Context) {
	s.p.mu.Lock()
	before := s.p.nodes
	s.p.mu.Unlock()
	awaitAsMany(ctx, before, s.p.countNodes)
}

// awaitAsMany waits until there are as many subscribers as before, this one among them, or
// for a while. Pub/sub keeps nothing: what one publishes that is back a moment before the
// others, all that it has held meanwhile, they would miss.
func awaitAsMany(ctx context.Context, before int64, count func(context.Context) int64) {
	if before < 2 {
		return
	}
	limited, cancel := context.WithTimeout(ctx, othersWait)
	defer cancel()
	for count(limited) < before {
		select {
		case <-time.After(othersLook):
		case <-limited.Done():
			return
		}
	}
}

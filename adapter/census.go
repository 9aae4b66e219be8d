package adapter

import (
	"context"
	"sync"
	"time"
)

const (
	// missedFor is how long a node is missed that is not counted any more: one that has
	// lost its connection is back by then, one that has ended is not.
	missedFor = 2 * time.Second
	// comesBack is how long who has a question waits for a node that is missed, and
	// comesLook how often it looks.
	comesBack, comesLook = 250 * time.Millisecond, 20 * time.Millisecond
	// countPatience is how long one who cannot wait does for a count.
	countPatience = 100 * time.Millisecond
	// censusesWatched bounds the namespaces whose nodes are counted all the time.
	censusesWatched = 64
)

// census is how many nodes have a namespace. Redis knows who is subscribed: a node that is
// on its way back to it is not counted, and would be left out without a word. So it is
// kept how many there were lately.
type census struct {
	ask func(ctx context.Context) (int64, error)

	mu       sync.Mutex
	lately   int64 // the most there have been in the last while
	last     int64 // as counted last, -1 where that has not been
	missed   int64 // then
	fewer    time.Time
	goodbyes []time.Time   // of nodes that said so, and may be counted still
	asking   chan struct{} // closed with the answer to the question under way; nil where there is none
	asked    time.Time     // when it was
}

func newCensus(ask func(ctx context.Context) (int64, error)) *census {
	return &census{ask: ask, last: -1}
}

// count counts the nodes, and those that are missed.
func (c *census) count(ctx context.Context) (nodes, missed int64, err error) {
	if nodes, err = c.ask(ctx); err != nil {
		return 0, 0, err
	}
	return nodes, c.note(nodes), nil
}

// settled is count that gives nodes that are missed a moment to come back.
func (c *census) settled(ctx context.Context) (nodes, missed int64, err error) {
	for deadline := time.Now().Add(comesBack); ; {
		nodes, missed, err = c.count(ctx)
		if err != nil || missed == 0 || time.Now().After(deadline) {
			return nodes, missed, err
		}
		select {
		case <-time.After(comesLook):
		case <-ctx.Done():
			return nodes, missed, ctx.Err()
		}
	}
}

// others is how many nodes there are besides this one, and how many more are missed.
func (c *census) others(ctx context.Context) (others, missed int, err error) {
	nodes, gone, err := c.settled(ctx)
	return max(int(nodes)-1, 0), int(gone), err
}

// note remembers a count, and returns how many nodes are missed.
func (c *census) note(nodes int64) (missed int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { c.last, c.missed = nodes, missed }()
	now := time.Now()
	for len(c.goodbyes) > 0 && now.Sub(c.goodbyes[0]) > missedFor {
		c.goodbyes = c.goodbyes[1:]
	}
	missed = c.lately - nodes - int64(len(c.goodbyes))
	switch {
	case nodes >= c.lately:
		c.lately, c.fewer = nodes, time.Time{}
		return 0
	case missed <= 0:
		c.goodbyes = c.goodbyes[c.lately-nodes:] // these are who has gone
		c.lately, c.fewer = nodes, time.Time{}
		return 0
	case c.fewer.IsZero():
		c.fewer = now
	case now.Sub(c.fewer) > missedFor:
		c.lately, c.fewer = nodes, time.Time{}
		return 0
	}
	return missed
}

// goodbye notes that a node has ended.
func (c *census) goodbye() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.goodbyes) < peersKnown {
		c.goodbyes = append(c.goodbyes, time.Now())
	}
}

// promptly is how many nodes there are now, with those that are missed, or, where Redis does
// not say so at once, were when it last did; -1 where it never has. Who asks may be a
// client's event, which must not wait for a Redis that hangs: it does so once, for a moment.
func (c *census) promptly() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asking == nil {
		answer := make(chan struct{})
		c.asking, c.asked = answer, time.Now()
		go func() {
			defer close(answer)
			_, _, _ = c.count(context.Background())
			c.mu.Lock()
			defer c.mu.Unlock()
			c.asking = nil
		}()
	}
	answer, patience := c.asking, countPatience-time.Since(c.asked)
	if patience <= 0 {
		return c.last + c.missed
	}
	c.mu.Unlock()
	select {
	case <-answer:
	case <-time.After(patience):
	}
	c.mu.Lock()
	return c.last + c.missed
}

// watch has the nodes of a namespace counted all the time, until unwatch.
func (p *pubsub) watch(c *census) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.watched) < censusesWatched {
		p.watched[c] = struct{}{}
	}
}

func (p *pubsub) unwatch(c *census) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.watched, c)
}

// countWatched counts the nodes of all namespaces that are watched.
func (p *pubsub) countWatched(ctx context.Context) {
	p.mu.Lock()
	all := make([]*census, 0, len(p.watched))
	for c := range p.watched {
		all = append(all, c)
	}
	p.mu.Unlock()
	for _, c := range all {
		_, _, _ = c.count(ctx)
	}
}

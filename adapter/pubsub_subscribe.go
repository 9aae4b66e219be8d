package adapter

import (
	"context"
	"fmt"

	"github.com/redis/rueidis"
)

// topicsAtOnce is how many topics one command subscribes to.
const topicsAtOnce = 256

// keepSubscribed tells Redis of topics as they come and go.
func (s *session) keepSubscribed(ctx context.Context) error {
	for {
		select {
		case <-s.p.dirty:
			if err := s.synchronise(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// synchronise has the connection subscribed to the topics that are wanted and to
// no others: last to those by which others know that this node is there. In a Redis
// Cluster the shard channels are not among them.
func (s *session) synchronise(ctx context.Context) error {
	if s.shards != nil {
		s.shards.look()
	}
	add, remove := s.p.changes(func(t topic) bool { return s.shards == nil || t.kind != topicShard })
	others, rolls := s.p.rollLast(add)
	if err := s.change(ctx, others, remove); err != nil {
		return err
	}
	return s.change(ctx, rolls, nil)
}

// change subscribes to topics, and then ends the subscriptions to others. Redis confirms
// one command after the other.
func (s *session) change(ctx context.Context, add, remove []topic) error {
	for _, change := range []struct {
		topics  []topic
		command func(kind topicKind, names []string) rueidis.Completed
		done    func([]topic)
	}{
		{add, s.subscribeTo, s.p.confirm},
		{remove, s.unsubscribeFrom, s.p.forget},
	} {
		for _, part := range byKind(change.topics) {
			names := make([]string, len(part))
			for i, t := range part {
				names[i] = t.name
			}
			limited, cancel := context.WithTimeout(ctx, s.timeout)
			err := s.sub.Do(limited, change.command(part[0].kind, names)).Error()
			cancel()
			if err != nil {
				return fmt.Errorf("subscribe: %w", err)
			}
			change.done(part)
		}
	}
	return nil
}

// byKind splits topics into parts of one kind each, of topicsAtOnce at most. Of
// shard channels each is a part: two of them need not be on one node.
func byKind(topics []topic) [][]topic {
	open := map[topicKind]int{}
	var parts [][]topic
	for _, t := range topics {
		at, is := open[t.kind]
		if !is || len(parts[at]) == topicsAtOnce || t.kind == topicShard {
			at = len(parts)
			open[t.kind] = at
			parts = append(parts, nil)
		}
		parts[at] = append(parts[at], t)
	}
	return parts
}

func (s *session) subscribeTo(kind topicKind, names []string) rueidis.Completed {
	switch kind {
	case topicPattern:
		return s.client.B().Psubscribe().Pattern(names...).Build()
	case topicShard:
		return s.client.B().Ssubscribe().Channel(names...).Build()
	}
	return s.client.B().Subscribe().Channel(names...).Build()
}

func (s *session) unsubscribeFrom(kind topicKind, names []string) rueidis.Completed {
	switch kind {
	case topicPattern:
		return s.client.B().Punsubscribe().Pattern(names...).Build()
	case topicShard:
		return s.client.B().Sunsubscribe().Channel(names...).Build()
	}
	return s.client.B().Unsubscribe().Channel(names...).Build()
}

// changes are the topics, of some, that Redis has not been told of, and those that it
// need not know any more: from here on messages of these go to nobody.
func (p *pubsub) changes(some func(topic) bool) (add, remove []topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t := range p.unsettled {
		of := p.topics[t]
		if of != nil && !some(t) {
			continue
		}
		delete(p.unsettled, t)
		switch {
		case of == nil:
		case len(of.all) > 0 && !of.told:
			of.told = true
			add = append(add, t)
		case len(of.all) == 0 && of.told:
			of.untold()
			remove = append(remove, t)
		}
	}
	return add, remove
}

// confirm lets those go on who wait for topics. Those of which the connection has ended
// meanwhile are not confirmed: they are subscribed to again, or nobody wants them.
func (p *pubsub) confirm(topics []topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range topics {
		if of := p.topics[t]; of != nil && of.told && !of.isConfirmed() {
			close(of.confirmed)
		}
	}
}

// forget drops topics that nobody has come to want meanwhile, and has the others
// subscribed to again.
func (p *pubsub) forget(topics []topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range topics {
		if of := p.topics[t]; of != nil && len(of.all) == 0 {
			delete(p.topics, t)
		}
	}
	p.wake()
}

// reset is called with the end of a connection: no subscription counts as
// confirmed, and those who wait for one are let go, but for those who wait for the next run
// already.
func (p *pubsub) reset(queue *outbox) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t, of := range p.topics {
		if len(of.all) == 0 {
			delete(p.topics, t)
			continue
		}
		of.busy = false
		p.unsettled[t] = struct{}{}
		if of.told {
			of.untold()
		}
	}
	if p.queue != queue {
		return
	}
	close(p.failed)
	p.failed = make(chan struct{})
}

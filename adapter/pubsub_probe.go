package adapter

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/rueidis"
)

// keepProbing publishes to the connection's own channel whenever nothing has come
// for a while. What does not come back ends the session: Redis may have dropped the
// subscription and kept the connection. It is published at the node of that connection: in a
// Redis Cluster another one may hang, which is no reason to give this one up.
func (s *session) keepProbing(ctx context.Context) error {
	s.lastHeard.Store(time.Now().UnixNano())
	return every(ctx, s.p.cfg.probeEvery, func() error {
		heard := s.lastHeard.Load()
		if time.Since(time.Unix(0, heard)) < s.p.cfg.probeEvery {
			return nil
		}
		limited, cancel := context.WithTimeout(ctx, s.timeout)
		err := s.pub.Do(limited, s.client.B().Publish().Channel(s.p.probeChannel).Message("").Build()).Error()
		cancel()
		if err != nil {
			return fmt.Errorf("probe: %w", err)
		}
		if !s.heardSince(ctx, heard) {
			return errProbe
		}
		return nil
	})
}

// heardSince waits until something has come, as long as Redis may take to answer.
func (s *session) heardSince(ctx context.Context, before int64) bool {
	for deadline := time.Now().Add(s.timeout); time.Now().Before(deadline) && ctx.Err() == nil; {
		if s.lastHeard.Load() != before {
			return true
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return s.lastHeard.Load() != before || ctx.Err() != nil
}

func (p *pubsub) setClient(client rueidis.Client, shards *shards) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.client, p.shards = client, shards
}

// reaches reports whether Redis is there, in a Redis Cluster at least a part of it.
func (p *pubsub) reaches() bool {
	connected, _, _ := p.state.get()
	p.mu.Lock()
	defer p.mu.Unlock()
	return connected || p.shards != nil
}

// do asks Redis something on a connection of its own. The answer comes within the
// time that Redis may take, or is an error.
func (p *pubsub) do(ctx context.Context, ask func(ctx context.Context, client rueidis.Client) error) error {
	p.mu.Lock()
	client := p.client
	p.mu.Unlock()
	if client == nil {
		return fmt.Errorf("%w: %s", errAway, p.state.lastError())
	}
	limited, cancel := context.WithTimeout(ctx, timeoutOf(p.url))
	defer cancel()
	return scrub(ask(limited, client), p.url.option.Password)
}

// subscriberCount is how many connections are subscribed to a channel, in a Redis
// Cluster on all its nodes that answer; to a shard channel, at the master that serves it.
func (p *pubsub) subscriberCount(ctx context.Context, channel string, shard bool) (int64, error) {
	total := int64(0)
	err := p.do(ctx, func(ctx context.Context, client rueidis.Client) error {
		if shard {
			p.mu.Lock()
			shards := p.shards
			p.mu.Unlock()
			if shards != nil {
				return shards.addCount(ctx, &total, channel)
			}
			return addCount(&total, client.Do(ctx, shardCount(client, channel)))
		}
		var err error
		total, err = countSubscribers(ctx, client, channel)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count the nodes: %w", err)
	}
	p.counted(channel, total)
	return total, nil
}

// countSubscribers counts those of a channel, in a Redis Cluster at all its nodes that
// answer.
func countSubscribers(ctx context.Context, client rueidis.Client, channel string) (n int64, err error) {
	if client.Mode() == rueidis.ClientModeCluster {
		err = addCounts(ctx, &n, client.Nodes(), channel)
	} else {
		err = addCount(&n, client.Do(ctx, channelCount(client, channel)))
	}
	return n, err
}

// countWait is how long the nodes of a Redis Cluster are waited for that have not said how
// many subscribers they have, when another one has.
const countWait = 500 * time.Millisecond

// addCounts adds the subscribers of a channel at all nodes of a Redis Cluster: they may be
// at any, and a message goes to all. A node that does not answer has none that messages
// come to now: who was subscribed there is on the way to another one. So it is passed
// over, and it is an error only that no node answers.
func addCounts(ctx context.Context, total *int64, nodes map[string]rueidis.Client, channel string) error {
	type count struct {
		n   int64
		err error
	}
	counts := make(chan count, len(nodes))
	for _, node := range nodes {
		// One that hangs is not waited for: the client may not let go before its own time.
		go func() {
			var c count
			c.err = addCount(&c.n, node.Do(ctx, channelCount(node, channel)))
			counts <- c
		}()
	}
	last := errNoNodes
	var slow <-chan time.Time
	for range nodes {
		select {
		case c := <-counts:
			if c.err != nil {
				last = c.err
				continue
			}
			*total += c.n
			if slow == nil {
				slow = time.After(countWait)
			}
		case <-slow:
			return nil
		}
	}
	if slow != nil {
		return nil
	}
	return last
}

// channelCount asks for the subscribers of a channel.
func channelCount(client rueidis.Client, channel string) rueidis.Completed {
	return client.B().PubsubNumsub().Channel(channel).Build()
}

// shardCount asks for the subscribers of a shard channel.
func shardCount(client rueidis.Client, channel string) rueidis.Completed {
	return client.B().Arbitrary("PUBSUB", "SHARDNUMSUB").Keys(channel).Build()
}

// addCount adds the number in an answer of PUBSUB NUMSUB for one channel.
func addCount(total *int64, result rueidis.RedisResult) error {
	answer, err := result.ToArray()
	if err != nil {
		return err
	}
	if len(answer) != 2 {
		return fmt.Errorf("PUBSUB NUMSUB answered %d values, 2 belong", len(answer))
	}
	n, err := answer[1].AsInt64()
	*total += n
	return err
}

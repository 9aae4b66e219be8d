package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// session is one connection that is subscribed, one that publishes, and a client
// for what is asked besides. It ends when either fails.
type session struct {
	p       *pubsub
	client  rueidis.Client
	conns   *connSet
	timeout time.Duration // for Redis to answer
	fail    context.CancelCauseFunc

	sub, pub   rueidis.DedicatedClient
	other      rueidis.Client // the node that is connected to in place of the key's, nil while it is that one
	shards     *shards        // nil where all shards are on the same server
	lastHeard  atomic.Int64   // when the subscribed connection brought something
	watching   sync.WaitGroup
	releaseAll []func()
}

// session is connected until something fails or ctx ends.
func (p *pubsub) session(ctx context.Context, queue *outbox) error {
	client, conns, err := dial(ctx, DialConfig{URL: p.cfg.URL, Configure: p.cfg.Configure})
	if err != nil {
		return err
	}
	master := masterOf(client)
	live, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	s := &session{p: p, client: client, conns: conns, timeout: timeoutOf(p.url), fail: fail}
	defer s.close()
	if client.Mode() == rueidis.ClientModeCluster {
		s.shards = newShards(s)
	}
	p.setClient(client, s.shards) // before anyone learns that a topic is confirmed
	defer p.setClient(nil, nil)
	if err := s.open(live); err != nil {
		fail(err)
		return err
	}
	parts := []func(context.Context) error{
		s.keepSubscribed,
		s.keepCounting,
		func(ctx context.Context) error { return keepToMaster(ctx, client, master) },
		func(ctx context.Context) error {
			s.awaitOthers(ctx)
			if s.shards != nil {
				return newShardSender(s.shards, queue).keepPublishing(ctx)
			}
			return s.keepPublishing(ctx, queue)
		},
	}
	if s.sub != nil {
		parts = append(parts, s.keepProbing)
	}
	if s.shards != nil {
		parts = append(parts, s.shards.keepProbing)
	}
	return conns.work(live, fail, parts...)
}

// open makes the connections and has all topics confirmed, or in a Redis Cluster those of
// the masters that are there.
func (s *session) open(ctx context.Context) error {
	stop := context.AfterFunc(ctx, s.conns.closeAll) // Dedicate takes no context
	defer stop()
	if s.shards == nil || !s.p.cfg.shardsOnly {
		if err := s.openPlain(ctx); err != nil {
			return err
		}
	}
	if s.shards == nil {
		s.p.connected()
		return nil
	}
	s.watching.Go(func() { s.shards.keepSubscribed(ctx) })
	if err := s.shards.awaitOpen(ctx); err != nil {
		return err
	}
	s.p.countConnect()
	return nil
}

// openPlain makes the connections for what goes by no shard, and has its topics confirmed.
func (s *session) openPlain(ctx context.Context) error {
	var err error
	if s.sub, err = s.dedicate(ctx, s.hooks()); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	if s.pub, err = s.dedicate(ctx, rueidis.PubSubHooks{OnMessage: func(rueidis.PubSubMessage) {}}); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.sub.Do(limited, s.client.B().Subscribe().Channel(s.p.probeChannel).Build()).Error(); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return s.synchronise(ctx)
}

// dedicate makes a connection. In a Redis Cluster all of them go to the node that
// owns the slot of the key: messages that take one way keep their order. Where that one is
// away any other does, as messages go to all nodes.
func (s *session) dedicate(ctx context.Context, hooks rueidis.PubSubHooks) (rueidis.DedicatedClient, error) {
	dedicated, err := s.dedicateAt(ctx)
	if err != nil {
		return nil, err
	}
	ended := dedicated.SetPubSubHooks(hooks)
	s.watching.Go(func() {
		err, told := <-ended
		if !told || err == nil {
			err = errors.New("the connection ended")
		}
		s.fail(err)
	})
	return dedicated, nil
}

// dedicateAt is dedicate without hooks.
func (s *session) dedicateAt(ctx context.Context) (dedicated rueidis.DedicatedClient, err error) {
	if s.other == nil {
		dedicated, err = s.dedicateOf(ctx, s.client, probe(s.client, s.p.cfg.Key))
		if err == nil || s.shards == nil {
			return dedicated, err
		}
		for _, node := range s.shards.inTurn() {
			if dedicated, err = s.dedicateOf(ctx, node.client, node.client.B().Ping().Build()); err == nil {
				s.other = node.client
				return dedicated, nil
			}
		}
		return nil, err
	}
	return s.dedicateOf(ctx, s.other, s.other.B().Ping().Build())
}

// dedicateOf makes a connection by which Redis answers a command.
func (s *session) dedicateOf(ctx context.Context, client rueidis.Client, command rueidis.Completed) (rueidis.DedicatedClient, error) {
	dedicated, release := client.Dedicate()
	s.releaseAll = append(s.releaseAll, release)
	limited, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return dedicated, dedicated.Do(limited, command).Error()
}

// close cuts all connections, and returns when nothing comes from them any more.
func (s *session) close() {
	s.conns.closeAll() // first, as Close waits for a Redis that hangs
	if s.shards != nil {
		s.shards.strangers.cut()
	}
	for _, release := range s.releaseAll {
		release()
	}
	s.watching.Wait()
	s.client.Close()
}

// hooks are called by the subscribed connection's reader, one at a time.
func (s *session) hooks() rueidis.PubSubHooks {
	return rueidis.PubSubHooks{
		OnMessage: func(m rueidis.PubSubMessage) {
			s.lastHeard.Store(time.Now().UnixNano())
			s.p.receive(m)
		},
		OnSubscription: func(e rueidis.PubSubSubscription) {
			s.lastHeard.Store(time.Now().UnixNano())
			s.p.log.Debug("subscription", slog.String("event", e.Kind), slog.String("channel", e.Channel))
			if s.p.wants(e) {
				s.fail(fmt.Errorf("%w: %s of %s", errNotAllowed, e.Kind, e.Channel))
			}
		},
	}
}

// wants reports whether an event is the end of a subscription that is wanted.
func (p *pubsub) wants(e rueidis.PubSubSubscription) bool {
	t := topic{name: e.Channel}
	switch e.Kind {
	case "unsubscribe":
	case "punsubscribe":
		t.kind = topicPattern
	case "sunsubscribe":
		t.kind = topicShard
	default:
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	of := p.topics[t]
	return e.Channel == p.probeChannel || of != nil && of.told && len(of.all) > 0
}

// receive takes a message off the subscription. It runs in the client's reader, so
// it neither waits nor panics.
func (p *pubsub) receive(m rueidis.PubSubMessage) {
	if m.Channel == p.probeChannel {
		return // that something came is all it says
	}
	if len(m.Message) > p.cfg.MaxPayload {
		p.count.droppedTooLong.Add(1)
		if p.dropping.now() {
			p.log.Warn("dropped a message of another node that is longer than MaxPayload", slog.String("channel", m.Channel), slog.Int("bytes", len(m.Message)), slog.Int("allowed", p.cfg.MaxPayload))
		}
		return
	}
	p.count.received.Add(1)
	for _, s := range p.subscribers(m) {
		if s.lane.put(len(m.Channel)+len(m.Message), func() { s.handle(m.Channel, m.Message) }) {
			continue
		}
		p.count.droppedOverflow.Add(1)
		if p.dropping.now() {
			p.log.Warn("dropping messages of other nodes: more arrive than are handled", slog.Int("waiting_bytes", p.cfg.QueueBytes))
		}
	}
}

// subscribers are those who are to get a message; their slice is never changed.
func (p *pubsub) subscribers(m rueidis.PubSubMessage) []*subscribed {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.Pattern != "" {
		if of := p.topics[topic{topicPattern, m.Pattern}]; of != nil {
			return of.all
		}
		return nil
	}
	for _, kind := range []topicKind{topicChannel, topicShard} {
		if of := p.topics[topic{kind, m.Channel}]; of != nil {
			return of.all
		}
	}
	return nil
}

package adapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

// shardRetry is how long a master that is away is left alone.
const shardRetry = 50 * time.Millisecond

// shards are the subscriptions to shard channels in a Redis Cluster, where each goes
// to the master that serves the channel's slot: a connection to each master that has
// any. Which master that is, is learned from any node.
type shards struct {
	s *session

	strangers strangers

	jobs   sync.WaitGroup
	wake   chan struct{} // holds a token when subscriptions may have to change
	opened chan struct{} // closed when the session may go on: all that can be is subscribed to
	failed error         // the last thing that did before

	mu     sync.Mutex
	turn   int                  // goes round the nodes that are asked
	owners map[uint16]string    // addresses by slot, as far as they are known
	away   map[string]time.Time // until when masters count as away that did not answer
	// delivered are the last messages published, by slot.
	delivered map[uint16]delivery
	conns     map[string]*shardConn
	places    map[topic]*shardConn // where topics are, or are being, subscribed to
	telling   *errands             // with masters, about subscriptions
}

// shardConn is a subscribed connection to one master.
type shardConn struct {
	addr   string
	client rueidis.DedicatedClient
}

func newShards(s *session) *shards {
	return &shards{
		s: s, wake: make(chan struct{}, 1), opened: make(chan struct{}),
		owners: map[uint16]string{}, away: map[string]time.Time{}, delivered: map[uint16]delivery{},
		conns: map[string]*shardConn{}, places: map[topic]*shardConn{}, telling: newErrands(),
	}
}

// subscribeAt subscribes to topics at one master. The result are those that it does
// not serve.
func (sh *shards) subscribeAt(ctx context.Context, conn *shardConn, topics []topic) ([]topic, error) {
	addr, err := conn.addr, error(nil)
	commands := make([]rueidis.Completed, len(topics))
	for i, t := range topics {
		commands[i] = sh.s.client.B().Ssubscribe().Channel(t.name).Build()
	}
	sh.place(conn, topics)
	limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
	defer cancel()
	var done, left, elsewhere []topic
	subscribed := each(limited, conn.client, commands)
	for i, result := range sh.eachServes(limited, conn.client, topics) {
		t := topics[i]
		result = cmp.Or(subscribed[i], result)
		if result == nil {
			done = append(done, t)
			sh.learn(sh.slot(t), addr)
			continue
		}
		left = append(left, t)
		if subscribed[i] == nil {
			elsewhere = append(elsewhere, t)
		}
		if owner, moved := movedTo(result); moved {
			sh.learn(sh.slot(t), owner)
			continue
		}
		err = result
		sh.forget(topics[i : i+1])
	}
	sh.displace(conn, left...)
	sh.unsubscribeAt(limited, conn, elsewhere)
	sh.s.p.confirm(done)
	return left, err
}

// place notes where topics are being subscribed to.
func (sh *shards) place(conn *shardConn, topics []topic) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, t := range topics {
		sh.places[t] = conn
	}
}

// displace notes that topics are not subscribed to by a connection, and reports whether
// any was thought to be.
func (sh *shards) displace(conn *shardConn, topics ...topic) (was bool) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, t := range topics {
		if sh.places[t] == conn {
			delete(sh.places, t)
			was = true
		}
	}
	return was
}

// placeOf is the connection that a topic is, or is being, subscribed to by; nil where there
// is none.
func (sh *shards) placeOf(t topic) *shardConn {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.places[t]
}

// placedAt are the topics of a connection.
func (sh *shards) placedAt(conn *shardConn) []topic {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	var topics []topic
	for t, at := range sh.places {
		if at == conn {
			topics = append(topics, t)
		}
	}
	return topics
}

// unsubscribeAt ends subscriptions at one node. One that fails ends with its connection.
func (sh *shards) unsubscribeAt(ctx context.Context, conn *shardConn, topics []topic) {
	if len(topics) == 0 {
		return
	}
	commands := make([]rueidis.Completed, len(topics))
	for i, t := range topics {
		commands[i] = sh.s.client.B().Sunsubscribe().Channel(t.name).Build()
	}
	_ = each(ctx, conn.client, commands)
}

// each runs commands one after the other in one pipeline, and gives their errors.
func each(ctx context.Context, client rueidis.CommandClient, commands []rueidis.Completed) []error {
	errs := make([]error, len(commands))
	for i, result := range client.DoMulti(ctx, commands...) {
		errs[i] = result.Error()
	}
	return errs
}

// connect makes a subscribed connection to a master.
func (sh *shards) connect(ctx context.Context, addr string) error {
	limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
	defer cancel()
	node, err := sh.node(limited, addr)
	if err != nil {
		return err
	}
	dedicated, release := node.Dedicate()
	conn := &shardConn{addr: addr, client: dedicated}
	if err := dedicated.Do(limited, node.B().Ping().Build()).Error(); err != nil {
		release()
		return err
	}
	sh.mu.Lock()
	sh.conns[addr] = conn
	sh.mu.Unlock()
	ended := dedicated.SetPubSubHooks(sh.hooks(conn))
	sh.s.watching.Go(func() {
		err := <-ended
		release()
		sh.lost(conn, err)
	})
	return nil
}

// hooks are called by the reader of one connection.
func (sh *shards) hooks(conn *shardConn) rueidis.PubSubHooks {
	return rueidis.PubSubHooks{
		OnMessage: func(m rueidis.PubSubMessage) {
			// A master that has become a replica sends on what its new master has sent:
			// who is subscribed at both, as the end at one was not confirmed, would get it
			// twice.
			if sh.placeOf(topic{topicShard, m.Channel}) == conn {
				sh.s.p.receive(m)
			}
		},
		OnSubscription: func(e rueidis.PubSubSubscription) {
			t := topic{topicShard, e.Channel}
			if !sh.s.p.wants(e) || !sh.displace(conn, t) {
				return
			}
			// The slot has moved.
			sh.s.p.count.moved.Add(1)
			sh.forget([]topic{t})
			sh.s.p.unconfirm([]topic{t})
			sh.s.p.wake()
		},
	}
}

// lost is called when a connection has ended: what was subscribed to on it is not any
// more, and is again as soon as can be.
func (sh *shards) lost(conn *shardConn, err error) {
	sh.mu.Lock()
	delete(sh.conns, conn.addr)
	sh.mu.Unlock()
	topics := sh.placedAt(conn)
	sh.displace(conn, topics...)
	sh.forget(topics)
	sh.setAway(conn.addr, err != nil)
	sh.mu.Lock()
	for slot, last := range sh.delivered {
		if last.addr == conn.addr {
			last.addr = "" // the other nodes may have lost theirs, too
			sh.delivered[slot] = last
		}
	}
	sh.mu.Unlock()
	if len(topics) == 0 {
		return
	}
	sh.s.p.count.lost.Add(1)
	sh.s.p.unconfirm(topics)
	if err == nil {
		err = errors.New("the connection ended")
	}
	sh.s.p.shardsAway(fmt.Errorf("shard of %s: %w", conn.addr, err))
	sh.s.p.wake()
}

// confirmedOf is how many of topics Redis has confirmed, and should have still.
func (p *pubsub) confirmedOf(topics []topic) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range topics {
		if of := p.topics[t]; of != nil && of.told && of.isConfirmed() {
			n++
		}
	}
	return n
}

// unconfirm has topics subscribed to again. Those that nobody wants any more are
// dropped: their end is done.
func (p *pubsub) unconfirm(topics []topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range topics {
		of := p.topics[t]
		switch {
		case of == nil:
		case len(of.all) == 0 && !of.busy:
			delete(p.topics, t)
		case of.told:
			p.unsettled[t] = struct{}{}
			of.untold()
		}
	}
}

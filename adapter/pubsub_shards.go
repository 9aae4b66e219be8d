package adapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

const (
	// shardRounds is how often a subscription follows a slot that moves.
	shardRounds = 8
	// shardRetry is how long a master that is away is left alone.
	shardRetry = 50 * time.Millisecond
)

// shards are the subscriptions to shard channels in a Redis Cluster, where each goes
// to the master that serves the channel's slot: a connection to each master that has
// any. Which master that is, is learned from any node.
type shards struct {
	s *session

	mu     sync.Mutex
	turn   int               // goes round the nodes that are asked
	owners map[uint16]string // addresses by slot, as far as they are known
	conns  map[string]*shardConn
}

// shardConn is a subscribed connection to one master.
type shardConn struct {
	addr   string
	client rueidis.DedicatedClient
}

func newShards(s *session) *shards {
	return &shards{s: s, owners: map[uint16]string{}, conns: map[string]*shardConn{}}
}

// splitShards takes the shard channels out of topics.
func splitShards(topics []topic) (others, shards []topic) {
	for _, t := range topics {
		if t.kind == topicShard {
			shards = append(shards, t)
		} else {
			others = append(others, t)
		}
	}
	return others, shards
}

// synchronise has the shard channels subscribed to that are wanted. Once the session
// is open, a master that is away is no error: the channels of the others go on.
func (sh *shards) synchronise(ctx context.Context, add, remove []topic) error {
	if len(remove) > 0 {
		sh.unsubscribe(ctx, remove)
		sh.s.p.forget(remove)
	}
	others, rolls := sh.s.p.rollLast(add)
	err := errors.Join(sh.subscribe(ctx, others), sh.subscribe(ctx, rolls))
	switch {
	case !sh.s.opened || ctx.Err() != nil:
		return err
	case err != nil:
		sh.s.p.shardsAway(err)
		time.AfterFunc(shardRetry, sh.s.p.wake)
	default:
		sh.s.p.shardsBack()
	}
	return nil
}

// subscribe has all topics confirmed, or returns an error. Those that are confirmed
// then are so.
func (sh *shards) subscribe(ctx context.Context, topics []topic) error {
	var last error
	for range shardRounds {
		if len(topics) == 0 {
			return nil
		}
		var left []topic
		for at, part := range sh.byOwner(topics) {
			ask := sh.subscribeAt
			if !at.known {
				ask = sh.locate
			}
			for batch := range slices.Chunk(part, topicsAtOnce) {
				again, err := ask(ctx, at.addr, batch)
				left = append(left, again...)
				if err != nil {
					last = err
				}
			}
		}
		topics = left
		if ctx.Err() != nil {
			break
		}
	}
	if len(topics) == 0 {
		return nil
	}
	if last == nil {
		last = errMoving
	}
	sh.s.p.unconfirm(topics)
	return fmt.Errorf("subscribe: %d shard channels: %w", len(topics), last)
}

// whereabouts are the node to ask about a topic, and whether it is known to be the
// master that serves it.
type whereabouts struct {
	addr  string
	known bool
}

// byOwner sorts topics by the node to ask. For one whose master is not known that is any.
func (sh *shards) byOwner(topics []topic) map[whereabouts][]topic {
	nodes := slices.Sorted(maps.Keys(sh.s.client.Nodes()))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.turn++ // past a node that is away
	parts := map[whereabouts][]topic{}
	for i, t := range topics {
		var at whereabouts
		at.addr, at.known = sh.owners[sh.slot(t)]
		if !at.known && len(nodes) > 0 {
			at.addr = nodes[(i+sh.turn)%len(nodes)]
		}
		parts[at] = append(parts[at], t)
	}
	return parts
}

// locate asks any node which masters serve topics: as if they were keys, for a replica
// would take a subscription itself. Messages then came by way of the master, and after
// a failover late ones of the former master behind those of the new one. The result are
// all topics, as none is subscribed to yet.
func (sh *shards) locate(ctx context.Context, addr string, topics []topic) ([]topic, error) {
	conn, err := sh.conn(ctx, addr, topics[0])
	if err != nil {
		return topics, err
	}
	limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
	defer cancel()
	for i, result := range sh.eachServes(limited, conn, topics) {
		if owner, moved := movedTo(result); moved {
			sh.learn(sh.slot(topics[i]), owner)
		} else if result == nil {
			sh.learn(sh.slot(topics[i]), addr)
		} else {
			err = result
		}
	}
	return topics, err
}

// exists is a command that the master alone answers that serves a topic.
func (sh *shards) exists(t topic) rueidis.Completed {
	return sh.s.client.B().Arbitrary("EXISTS").Keys(t.name).Build()
}

// movedTo is the address that an error of Redis sends to.
func movedTo(err error) (addr string, moved bool) {
	if redis, ok := rueidis.IsRedisErr(err); ok {
		return redis.IsMoved()
	}
	return "", false
}

// subscribeAt subscribes to topics at one master. The result are those that it does
// not serve.
func (sh *shards) subscribeAt(ctx context.Context, addr string, topics []topic) ([]topic, error) {
	conn, err := sh.conn(ctx, addr, topics[0])
	if err != nil {
		sh.forget(topics)
		return topics, err
	}
	commands := make([]rueidis.Completed, len(topics))
	for i, t := range topics {
		commands[i] = sh.s.client.B().Ssubscribe().Channel(t.name).Build()
	}
	limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
	defer cancel()
	var done, left, elsewhere []topic
	subscribed := each(limited, conn.client, commands)
	for i, result := range sh.eachServes(limited, conn, topics) {
		t := topics[i]
		result = cmp.Or(subscribed[i], result)
		if result == nil {
			done = append(done, t)
			sh.learn(sh.slot(t), addr)
			continue
		}
		left = append(left, t)
		if owner, moved := movedTo(result); moved {
			if subscribed[i] == nil {
				elsewhere = append(elsewhere, t)
			}
			sh.learn(sh.slot(t), owner)
			continue
		}
		err = result
		sh.forget(topics[i : i+1])
	}
	sh.unsubscribeAt(limited, conn, elsewhere)
	sh.s.p.confirm(done)
	return left, err
}

// eachServes asks a node, by its connection, whether it is the master that serves topics.
// A node that has just become a replica takes subscriptions like its master, as messages
// come to replicas as well; but its subscribers are counted by nobody, and it tells them
// nothing when the slot goes on to another master.
func (sh *shards) eachServes(ctx context.Context, conn *shardConn, topics []topic) []error {
	commands := make([]rueidis.Completed, len(topics))
	for i, t := range topics {
		commands[i] = sh.exists(t)
	}
	return each(ctx, conn.client, commands)
}

// addCount adds the subscribers of a channel at the master that serves it. Others answer as
// well, but count none.
func (sh *shards) addCount(ctx context.Context, total *int64, channel string) error {
	t := topic{topicShard, channel}
	for range shardRounds {
		for at := range sh.byOwner([]topic{t}) {
			node, err := sh.node(ctx, at.addr, t)
			if err != nil {
				sh.forget([]topic{t})
				return err
			}
			results := node.DoMulti(ctx, sh.exists(t), shardCount(node, channel))
			owner, moved := movedTo(results[0].Error())
			switch {
			case moved:
				sh.learn(sh.slot(t), owner)
			case results[0].Error() != nil:
				sh.forget([]topic{t})
				return results[0].Error()
			default:
				sh.learn(sh.slot(t), at.addr)
				return addCount(total, results[1])
			}
		}
	}
	return errMoving
}

// errMoving means that a slot has no master for long enough to ask.
var errMoving = errors.New("the slots move on and on")

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

// unsubscribe ends subscriptions, where their connection is still there.
func (sh *shards) unsubscribe(ctx context.Context, topics []topic) {
	for at, part := range sh.byOwner(topics) {
		sh.mu.Lock()
		conn := sh.conns[at.addr]
		sh.mu.Unlock()
		if conn == nil {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
		sh.unsubscribeAt(limited, conn, part)
		cancel()
	}
}

// slot is that of a topic.
func (sh *shards) slot(t topic) uint16 {
	command := sh.s.client.B().Ssubscribe().Channel(t.name).Build()
	return command.Slot()
}

func (sh *shards) learn(slot uint16, addr string) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.owners[slot] = addr
}

func (sh *shards) forget(topics []topic) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, t := range topics {
		delete(sh.owners, sh.slot(t))
	}
}

// node is the client of one node of the cluster. One that has only just become the master
// of a topic is found by a command to a key that it serves.
func (sh *shards) node(ctx context.Context, addr string, of topic) (rueidis.Client, error) {
	if node := sh.s.client.Nodes()[addr]; node != nil {
		return node, nil
	}
	if err := sh.s.client.Do(ctx, sh.exists(of)).Error(); err != nil {
		return nil, err
	}
	if node := sh.s.client.Nodes()[addr]; node != nil {
		return node, nil
	}
	return nil, fmt.Errorf("there is no master at %s", addr)
}

// conn is the subscribed connection to a master, which is made if there is none.
func (sh *shards) conn(ctx context.Context, addr string, of topic) (*shardConn, error) {
	sh.mu.Lock()
	conn := sh.conns[addr]
	sh.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	limited, cancel := context.WithTimeout(ctx, sh.s.timeout)
	defer cancel()
	node, err := sh.node(limited, addr, of)
	if err != nil {
		return nil, err
	}
	dedicated, release := node.Dedicate()
	conn = &shardConn{addr: addr, client: dedicated}
	if err := dedicated.Do(limited, node.B().Ping().Build()).Error(); err != nil {
		release()
		return nil, err
	}
	sh.mu.Lock()
	sh.conns[addr] = conn
	sh.mu.Unlock()
	ended := dedicated.SetPubSubHooks(sh.hooks())
	sh.s.watching.Go(func() {
		err := <-ended
		release()
		sh.lost(conn, err)
	})
	return conn, nil
}

// hooks are called by the reader of one connection.
func (sh *shards) hooks() rueidis.PubSubHooks {
	return rueidis.PubSubHooks{
		OnMessage: sh.s.p.receive,
		OnSubscription: func(e rueidis.PubSubSubscription) {
			if !sh.s.p.wants(e) {
				return
			}
			// The slot has moved.
			sh.s.p.count.moved.Add(1)
			t := topic{topicShard, e.Channel}
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
	topics := sh.s.p.shardTopics(func(t topic, _ *subscriptions) bool { return sh.owners[sh.slot(t)] == conn.addr })
	sh.mu.Unlock()
	sh.forget(topics)
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

// shardTopics are the shard channels that Redis was told of, for which a condition
// holds.
func (p *pubsub) shardTopics(met func(topic, *subscriptions) bool) []topic {
	p.mu.Lock()
	defer p.mu.Unlock()
	var topics []topic
	for t, of := range p.topics {
		if t.kind == topicShard && of.told && met(t, of) {
			topics = append(topics, t)
		}
	}
	return topics
}

// unconfirm has topics subscribed to again.
func (p *pubsub) unconfirm(topics []topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range topics {
		if of := p.topics[t]; of != nil && of.told {
			of.told = false
			select {
			case <-of.confirmed:
				of.confirmed = make(chan struct{})
			default: // those who wait go on waiting
			}
		}
	}
}

// shardsAway tells that some shards are not subscribed to, once for each reason.
func (p *pubsub) shardsAway(err error) {
	why := reason(scrub(err, p.url.option.Password))
	if p.state.down(why) || p.dropping.now() {
		p.log.Warn("cut off from a part of the cluster, trying on", slog.String("kind", p.cfg.kind), slog.String("reason", why))
	}
}

// shardsBack tells that all shards are subscribed to again.
func (p *pubsub) shardsBack() {
	if away := p.state.up(); away > 0 {
		p.log.Info("joined the cluster again by all shards", slog.String("kind", p.cfg.kind), slog.Duration("after", away.Round(time.Millisecond)))
	}
}

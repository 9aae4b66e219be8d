package adapter

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/zishang520/socket.io/v2/socket"
)

// KindSharded is the kind of [Sharded].
const KindSharded = "sharded"

// SubscriptionMode says what has a channel of its own in Redis: the more there are,
// the fewer messages come to a node that has nobody to give them to, and the more
// there is to subscribe to. All nodes of a cluster have the same.
type SubscriptionMode string

// The modes of Node's createShardedAdapter.
const (
	// SubscribeDynamic gives each room a channel, but not the rooms that are sockets
	// of Node. It is the default, here and there.
	SubscribeDynamic SubscriptionMode = "dynamic"
	// SubscribeDynamicPrivate gives each room and each socket a channel.
	SubscribeDynamicPrivate SubscriptionMode = "dynamic-private"
	// SubscribeStatic has two channels for each namespace, and no others.
	SubscribeStatic SubscriptionMode = "static"
)

// ShardedConfig is the configuration of [Sharded]. The zero value is ready to use.
type ShardedConfig struct {
	ClusterConfig
	// Mode is what has channels of its own. Default [SubscribeDynamic].
	Mode SubscriptionMode
}

// Sharded joins a server to others by the sharded pub/sub of Redis 7, as
// createShardedAdapter of npm's @socket.io/redis-adapter 8 does: nodes of Node and of
// Go make one cluster. In a Redis Cluster it spreads over the masters, where [Classic]
// has each message go to all of them.
//
// Broadcasts reach the sockets of this node whether Redis is there or not. Those of
// the other nodes get them at most once; those that one node sends to the same rooms
// in their order. A node that is cut off misses what is published meanwhile. In a Redis
// Cluster a master that is away, or hangs, costs the rooms whose channels it has, and no
// others: what waits for it may take half of what QueueLen and QueueBytes allow.
//
// A socket that joins a room has joined when the room's channel is subscribed to:
// Join waits for Redis to say so, for a second at most, and not while Redis, or the
// master that has the channel, is away.
func Sharded(cfg ShardedConfig) (*Cluster, error) {
	switch cfg.Mode {
	case "":
		cfg.Mode = SubscribeDynamic
	case SubscribeDynamic, SubscribeDynamicPrivate, SubscribeStatic:
	default:
		return nil, fmt.Errorf("adapter: ShardedConfig.Mode is %q: it is one of %q, %q and %q", cfg.Mode, SubscribeDynamic, SubscribeDynamicPrivate, SubscribeStatic)
	}
	cfg.shardsOnly = true
	return newCluster(KindSharded, cfg.ClusterConfig, func(c *Cluster, l *local) clusterAdapter {
		s := &sharded{
			exchange: newExchange(c, l),
			mode:     cfg.Mode,
			channel:  c.cfg.Key + "#" + l.Nsp().Name() + "#",
			followed: map[socket.Room]*subscribed{},
		}
		s.carrier = s
		s.own = s.channel + s.uid + "#"
		s.tails = []string{s.tail(newJSONWriter(s.log)), s.tail(newPackedWriter(s.log))}
		s.Prototype(s)
		return s
	})
}

// sharded is the adapter of one namespace.
type sharded struct {
	*exchange
	mode    SubscriptionMode
	channel string   // of all nodes; those of rooms have the room and "#" behind
	own     string   // of answers to this node
	tails   []string // what its own messages end with
	joining joining

	mu       sync.Mutex
	subs     []*subscribed
	followed map[socket.Room]*subscribed // rooms that have a channel of their own
	closed   bool
}

var (
	_ clusterAdapter   = (*sharded)(nil)
	_ BatchBroadcaster = (*sharded)(nil)
)

// start subscribes: to the channel of all nodes last, as those who ask count the
// nodes there.
func (s *sharded) start(ctx context.Context) error {
	if err := s.followRooms(); err != nil {
		return err
	}
	own, err1 := s.cluster.pubsub.subscribe(ctx, s.lane, s.onMessage, topic{topicShard, s.own})
	all, err2 := s.cluster.pubsub.subscribe(ctx, s.lane, s.onMessage, topic{topicShard, s.channel})
	s.mu.Lock()
	s.subs = []*subscribed{own, all}
	s.mu.Unlock()
	s.cluster.pubsub.rollCall(topic{topicShard, s.channel})
	if err1 != nil {
		return err1
	}
	return err2
}

// Close leaves the cluster. What waits for answers is told so.
func (s *sharded) Close() {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	for _, sub := range s.followed {
		s.subs = append(s.subs, sub)
	}
	subs := s.subs
	s.subs, s.followed = nil, nil
	s.mu.Unlock()
	if again {
		return
	}
	s.goodbye()
	for _, sub := range subs {
		sub.end()
	}
	s.requests.close()
	s.cluster.closed(s)
}

func (s *sharded) countNodes(ctx context.Context) (int64, error) {
	return s.cluster.pubsub.subscriberCount(ctx, s.channel, true)
}

func (s *sharded) publish(m peerMessage) {
	channel := s.channel
	// Answers to a broadcast come from all nodes, so that they are as many as are
	// counted, and not from those alone where the room is.
	if m.kind == peerBroadcast && !m.asks && len(m.rooms) == 1 && s.hasChannel(m.rooms[0]) && !s.joining.has(m.rooms[0]) {
		channel = s.roomChannel(m.rooms[0])
	}
	s.send(channel, m)
}

func (s *sharded) reply(uid string, m peerMessage) { s.send(s.channel+uid+"#", m) }

// send sends JSON where that can hold the message, as Node does.
func (s *sharded) send(channel string, m peerMessage) {
	w := newJSONWriter(s.log)
	if m.binary {
		w = newPackedWriter(s.log)
	}
	s.cluster.pubsub.publishShard(channel, s.envelope(w, m).buf)
}

// tail is what a message of this node ends with: its sender, behind all that comes
// from users.
func (s *sharded) tail(w *wireWriter) string {
	whole := string(s.envelope(w, peerMessage{data: func(w *wireWriter) { w.object(0).end() }}).buf)
	return whole[strings.LastIndex(whole, s.uid):]
}

func (s *sharded) onMessage(channel, payload string) {
	for _, own := range s.tails {
		if strings.HasSuffix(payload, own) {
			return
		}
	}
	if s.takeSkimmed(payload, !isJSON(payload)) {
		return
	}
	v, err := readWire(payload)
	if err == nil {
		var m received
		if m, err = readPeer(v, len(payload)); err == nil {
			err = s.take(m)
		}
	}
	if err != nil {
		s.cluster.pubsub.malformed(channel, err)
	}
}

package adapter

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"sync"
	"time"
)

// KindStreams is the kind of [Streams].
const KindStreams = "streams"

// Defaults of StreamsConfig.
const (
	defaultStreamLen  = 10_000
	defaultStreamWait = time.Minute
	defaultMissed     = 4 << 20
)

// MaxStreams is the most that StreamsConfig.Count may be.
const MaxStreams = 1024

// StreamsConfig is the configuration of [Streams]. The zero value is ready to use.
type StreamsConfig struct {
	// ClusterConfig is what all kinds have. QueueWait, how long an entry waits for a
	// Redis that is away, is a minute by default here.
	ClusterConfig
	// Stream is the name of the stream, or what the names of several begin with.
	// Default: Key.
	Stream string
	// Count is how many streams there are; a namespace has one of them. All nodes
	// have the same number. Default 1, at most [MaxStreams].
	Count int
	// MaxLen is about how many entries a stream keeps: a node that is cut off for
	// longer than they last has missed some. Default 10,000.
	MaxLen int
	// MaxMissed is how much a client that comes back is given at most of what it has
	// missed, in bytes, with 64 for each event: one that has missed more has a new
	// session. All of it is written at once, so an engine that bounds what waits for a
	// client must have room for it. Default 4 MiB.
	MaxMissed int
	// Sharded has what is not kept in the stream go by the sharded pub/sub of Redis
	// 7, as useShardedPubSub of Node does.
	Sharded bool
}

// Streams joins a server to others by Redis streams, as createAdapter of npm's
// @socket.io/redis-streams-adapter 0.3 does: nodes of Node and of Go make one cluster.
//
// Broadcasts, joins, leaves and disconnects go through the stream. No node misses any
// of it while it, or Redis, is away for less than the stream holds: each reads on from
// where it was, and what this node could not be sure that Redis has taken is looked for
// and, if it is not there, sent again. With a Redis that writes to disk before it
// answers (appendfsync always), this holds over its restarts and crashes. A failover
// loses what the new master had not been sent, and what was on its way: that is counted.
//
// Where the server's ConnectionStateRecovery is set, a client that comes back to any
// node, also when its own was killed, gets the events that it has missed, once and in
// order: those that went through the stream, which are all broadcasts and, by the
// library, the emits of single sockets. What is volatile or asks for an answer is not
// among them, nor what was emitted while Redis was away. Sessions are kept in Redis as
// sockets join and leave: what is set as a socket's data must not be changed then, but
// be set anew.
//
// Acknowledgements, fetchSockets and serverSideEmit go by pub/sub, and are lost to who
// is cut off. Broadcasts reach the sockets of this node whether Redis is there or not.
func Streams(cfg StreamsConfig) (*Cluster, error) {
	for _, n := range []struct {
		field string
		value int
	}{{"Count", cfg.Count}, {"MaxLen", cfg.MaxLen}, {"MaxMissed", cfg.MaxMissed}} {
		if n.value < 0 {
			return nil, fmt.Errorf("adapter: StreamsConfig.%s is negative: leave it 0 for its default", n.field)
		}
	}
	if cfg.Count > MaxStreams {
		return nil, fmt.Errorf("adapter: StreamsConfig.Count is %d: at most %d are sensible", cfg.Count, MaxStreams)
	}
	cfg.Count = cmp.Or(cfg.Count, 1)
	cfg.MaxLen = cmp.Or(cfg.MaxLen, defaultStreamLen)
	cfg.MaxMissed = cmp.Or(cfg.MaxMissed, defaultMissed)
	cfg.QueueWait = cmp.Or(cfg.QueueWait, defaultStreamWait)
	cfg.Stream = cmp.Or(cfg.Stream, cfg.Key, defaultKey)
	cfg.shardsOnly = cfg.Sharded
	c, err := newCluster(KindStreams, cfg.ClusterConfig, func(c *Cluster, l *local) clusterAdapter {
		s := &streams{
			exchange: newExchange(c, l),
			cfg:      cfg,
			channel:  c.cfg.Key + "#" + l.Nsp().Name() + "#",
		}
		s.carrier = s
		s.stream = c.streams.of(s.nsp)
		if opts := l.Nsp().Server().Opts(); opts.GetRawConnectionStateRecovery() != nil {
			s.recovery = newRecovery(s, time.Duration(opts.ConnectionStateRecovery().MaxDisconnectionDuration())*time.Millisecond)
			s.restored = s.restoredElsewhere
		}
		s.Prototype(s)
		return s
	})
	if err != nil {
		return nil, err
	}
	c.streams = newStreamSet(c, cfg)
	return c, nil
}

// streamOf is the name of the stream that a namespace has.
func (cfg StreamsConfig) streamOf(nsp string) string {
	if cfg.Count == 1 {
		return cfg.Stream
	}
	// In Node, too, the remainder of a negative hash is negative: such a namespace
	// has a stream that nobody reads there. Here it is read.
	return fmt.Sprintf("%s-%d", cfg.Stream, int(javaHash(nsp))%cfg.Count)
}

// streams is the adapter of one namespace.
type streams struct {
	*exchange
	cfg      StreamsConfig
	channel  string // of all nodes; those of nodes have the id and "#" behind
	stream   *stream
	recovery *recovery // nil where sessions are not restored

	mu     sync.Mutex
	subs   []*subscribed
	closed bool
}

var (
	_ clusterAdapter   = (*streams)(nil)
	_ BatchBroadcaster = (*streams)(nil)
)

// start reads the stream, and subscribes: to the channel of all nodes last, as those
// who ask count the nodes there.
func (s *streams) start(ctx context.Context) error {
	first := s.stream.join(ctx, s)
	kind := topicChannel
	if s.cfg.Sharded {
		kind = topicShard
	}
	for _, channel := range []string{s.channel + s.uid + "#", s.channel} {
		sub, err := s.cluster.pubsub.subscribe(ctx, s.lane, s.onMessage, topic{kind, channel})
		s.mu.Lock()
		s.subs = append(s.subs, sub)
		s.mu.Unlock()
		if first == nil {
			first = err
		}
	}
	return first
}

// Close leaves the cluster. What waits for answers is told so.
func (s *streams) Close() {
	s.mu.Lock()
	subs, again := s.subs, s.closed
	s.subs, s.closed = nil, true
	s.mu.Unlock()
	if again {
		return
	}
	s.goodbye()
	for _, sub := range subs {
		sub.end()
	}
	s.requests.close()
	if s.recovery != nil {
		s.recovery.close()
	}
	s.stream.leave(s)
	s.cluster.closed(s)
}

func (s *streams) countNodes(ctx context.Context) (int64, error) {
	return s.cluster.pubsub.subscriberCount(ctx, s.channel, s.cfg.Sharded)
}

// kept are the messages that go through the stream, unless they are asked for answers.
var kept = []int64{peerBroadcast, peerJoin, peerLeave, peerDisconnect}

func (s *streams) publish(m peerMessage) {
	if m.asks || !slices.Contains(kept, m.kind) {
		s.send(s.channel, m)
		return
	}
	s.addEntry(m.kind, s.entryData(m))
}

func (s *streams) addEntry(kind int64, data []byte) (taken bool) {
	return s.stream.add(&publication{
		channel: s.nsp, payload: data, entry: &streamEntry{uid: s.uid, kind: kind}, at: time.Now(),
	})
}

func (s *streams) reply(uid string, m peerMessage) { s.send(s.channel+uid+"#", m) }

func (s *streams) send(channel string, m peerMessage) {
	payload := s.envelope(newPackedWriter(s.log), m).buf
	if s.cfg.Sharded {
		s.cluster.pubsub.publishShard(channel, payload)
	} else {
		s.cluster.pubsub.publish(channel, payload)
	}
}

// entryData is the field "data" of an entry: JSON, or msgpack as base64 where there is
// binary data in it.
func (s *streams) entryData(m peerMessage) []byte {
	if !m.binary {
		w := newJSONWriter(s.log)
		m.data(w)
		return w.buf
	}
	w := newPackedWriter(s.log)
	m.data(w)
	return base64.StdEncoding.AppendEncode(nil, w.buf)
}

// entryMessage is the data of an entry without its base64.
type entryMessage struct {
	text   string
	packed bool // msgpack
}

// unwrapEntryData undoes what entryData did around the message.
func unwrapEntryData(data string) (entryMessage, error) {
	if isJSON(data) {
		return entryMessage{text: data}, nil
	}
	packed, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return entryMessage{}, wireError("the data is neither JSON nor base64")
	}
	return entryMessage{text: string(packed), packed: true}, nil
}

func (m entryMessage) read() (any, error) {
	if m.packed {
		return readPacked(bytesOf(m.text))
	}
	return readJSON(bytesOf(m.text))
}

// onMessage handles what comes by pub/sub.
func (s *streams) onMessage(channel, payload string) {
	if s.takeSkimmed(payload, true) {
		return
	}
	v, err := readPacked(bytesOf(payload))
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

// onEntry handles an entry of the stream, in lane.
func (s *streams) onEntry(e readEntry) {
	if s.recovery != nil {
		s.recovery.handled = e.id
	}
	if e.uid == s.uid {
		if s.recovery != nil && e.kind == peerBroadcast {
			s.recovery.returned(e)
		}
		return
	}
	s.deliver(e)
}

// deliver does what an entry of another node says.
func (s *streams) deliver(e readEntry) {
	message, err := unwrapEntryData(e.data)
	if err == nil {
		if e.kind == peerBroadcast && s.takeSkimmedEntry(e.uid, message, s.offsetOf(e)) {
			return
		}
		var m received
		if m, err = s.readUnwrapped(e, message); err == nil {
			err = s.take(m)
		}
	}
	if err != nil {
		s.cluster.pubsub.malformed(s.stream.name, err)
	}
}

// offsetOf is what clients are told of the place of an entry, "" where they need not know.
func (s *streams) offsetOf(e readEntry) string {
	if s.recovery == nil {
		return ""
	}
	return e.id
}

// readEntry reads an entry of this namespace.
func (s *streams) readEntry(e readEntry) (received, error) {
	message, err := unwrapEntryData(e.data)
	if err != nil {
		return received{}, err
	}
	return s.readUnwrapped(e, message)
}

// readUnwrapped is readEntry with what unwrapEntryData has given.
func (s *streams) readUnwrapped(e readEntry, message entryMessage) (received, error) {
	m := received{kind: e.kind, uid: e.uid, nsp: s.nsp, bytes: len(e.data), offset: s.offsetOf(e)}
	if message.text == "" {
		return m, nil
	}
	v, err := message.read()
	if err != nil {
		return m, err
	}
	var ok bool
	if m.data, ok = v.(map[string]any); !ok {
		return m, wireError("the data is no object")
	}
	return m, nil
}

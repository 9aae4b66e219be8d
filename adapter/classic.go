package adapter

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// KindClassic is the kind of [Classic].
const KindClassic = "classic"

// uidLength is that of the ids of nodes and of requests.
const uidLength = 6

// Classic joins a server to others by Redis pub/sub, as createAdapter of npm's
// @socket.io/redis-adapter 8 does: nodes of Node and of Go make one cluster, and
// emitters of @socket.io/redis-emitter 5 and [Emitter] reach them.
//
// Broadcasts reach the sockets of this node whether Redis is there or not. Those of
// the other nodes get them at most once, those of one node in their order; a node
// that is cut off misses what is published meanwhile. Answers of other nodes go to
// the channel of the node that asked alone, which every node of Node listens to.
//
// Nothing in an answer says which node it is from. So where some are missing, an
// [*IncompleteError] says how many, not which; and an answer without a socket that came
// twice, which no node of either kind sends, would stand for two.
func Classic(cfg ClusterConfig) (*Cluster, error) {
	return newCluster(KindClassic, cfg, func(c *Cluster, l *local) clusterAdapter {
		a := &classic{
			local:    l,
			cluster:  c,
			uid:      randomID(uidLength),
			names:    classicNamesOf(c.cfg.Key, l.Nsp().Name()),
			log:      c.cfg.Logger.With(slog.String("namespace", l.Nsp().Name())),
			requests: newRequests(&c.pubsub.count),
		}
		a.own = a.names.response + a.uid + "#"
		a.mark = string(newPackedWriter(a.log).array(3).string(a.uid).buf)
		a.lane = newLane(a.log, c.pubsub.lanes)
		a.events = newLane(a.log, c.pubsub.lanes)
		a.nodes = newCensus(func(ctx context.Context) (int64, error) {
			return c.pubsub.subscriberCount(ctx, a.names.request, false)
		})
		a.Prototype(a)
		return a
	})
}

// classicNames are the names of a namespace's channels.
type classicNames struct {
	broadcast string // and those of single rooms: with the room and "#" behind
	request   string
	response  string
}

func classicNamesOf(key, nsp string) classicNames {
	return classicNames{
		broadcast: key + "#" + nsp + "#",
		request:   key + "-request#" + nsp + "#",
		response:  key + "-response#" + nsp + "#",
	}
}

// channelOf is where a broadcast to rooms goes.
func (n classicNames) channelOf(rooms []socket.Room) string {
	if len(rooms) == 1 {
		return n.broadcast + string(rooms[0]) + "#"
	}
	return n.broadcast
}

// classic is the adapter of one namespace. What other nodes send is handled in their
// order in lane; what they ask of users' own handlers, who may wait for other nodes
// in turn, is in a lane of its own.
type classic struct {
	*local
	cluster  *Cluster
	uid      string
	names    classicNames
	own      string // the channel of answers to this node
	mark     string // what its own broadcasts begin with
	log      *slog.Logger
	lane     *lane
	events   *lane
	requests *requests
	nodes    *census

	mu     sync.Mutex
	subs   []*subscribed
	closed bool
}

var (
	_ clusterAdapter   = (*classic)(nil)
	_ BatchBroadcaster = (*classic)(nil)
)

// start subscribes: to requests last, as those who ask count the nodes there.
func (c *classic) start(ctx context.Context) error {
	var first error
	for _, part := range []struct {
		handle func(channel, payload string)
		topics []topic
	}{
		{c.onBroadcast, []topic{{topicPattern, escapePattern(c.names.broadcast) + "*"}}},
		{c.onResponse, []topic{{topicChannel, c.names.response}, {topicChannel, c.own}}},
		{c.onRequest, []topic{{topicChannel, c.names.request}}},
	} {
		sub, err := c.cluster.pubsub.subscribe(ctx, c.lane, part.handle, part.topics...)
		c.mu.Lock()
		c.subs = append(c.subs, sub)
		c.mu.Unlock()
		if first == nil {
			first = err
		}
	}
	c.cluster.pubsub.rollCall(topic{topicChannel, c.names.request})
	return first
}

// escapePattern is the pattern that matches name alone.
func escapePattern(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`).Replace(name)
}

// Close leaves the cluster. What waits for answers is told so.
func (c *classic) Close() {
	c.mu.Lock()
	subs, again := c.subs, c.closed
	c.subs, c.closed = nil, true
	c.mu.Unlock()
	if again {
		return
	}
	c.publish(c.names.request, c.request(classicGoodbye, "", 0).end())
	for _, s := range subs {
		s.end()
	}
	c.requests.close()
	c.cluster.closed(c)
}

func (c *classic) pendingRequests() int { return c.requests.size() }

// publish sends a message to the other nodes.
func (c *classic) publish(channel string, w *wireWriter) {
	c.cluster.pubsub.publish(channel, w.buf)
}

// Broadcast sends packet to the sockets that match opts, on all nodes.
func (c *classic) Broadcast(packet *parser.Packet, opts *socket.BroadcastOptions) {
	if !isLocal(opts) {
		o := wireOptionsOf(opts)
		// Encoding for clients takes the packet apart: this comes first.
		w := newPackedWriter(c.log).array(3).
			string(c.uid).packet(packet, c.Nsp().Name()).broadcastOptions(o).end()
		c.publish(c.names.channelOf(o.rooms), w)
	}
	c.local.Broadcast(packet, opts)
}

// BroadcastBatch implements BatchBroadcaster. Batches that are not local go out one
// packet after the other.
func (c *classic) BroadcastBatch(packets []*parser.Packet, opts *socket.BroadcastOptions) {
	c.local.batchThrough(c.Broadcast, packets, opts)
}

// onBroadcast hands a broadcast of another node to this one's sockets.
func (c *classic) onBroadcast(channel, payload string) {
	room := strings.TrimSuffix(strings.TrimPrefix(channel, c.names.broadcast), "#")
	if room != "" && !c.hasRoom(socket.Room(room)) {
		return // nobody is in there: it need not be read
	}
	if strings.HasPrefix(payload, c.mark) {
		return
	}
	b, ok := c.skimClassic(payload)
	if !ok {
		var err error
		if b, err = readBroadcast(payload); err != nil {
			c.cluster.pubsub.malformed(channel, err)
			return
		}
	}
	if b.packet != nil && b.packet.Nsp == c.Nsp().Name() {
		c.suit(b.packet)
		c.local.serve(b.packet, b.options)
	}
}

// readBroadcast is skimClassic in full.
func readBroadcast(payload string) (b skimmed, err error) {
	v, err := readPacked(bytesOf(payload))
	if err != nil {
		return b, err
	}
	list, ok := v.([]any)
	if !ok || len(list) < 2 {
		return b, wireError("the message is no list of a node, a packet and options")
	}
	if b.packet, err = readPacket(list[1]); err != nil {
		return b, err
	}
	if len(list) > 2 {
		b.options, err = readOptions(list[2])
	}
	return b, err
}

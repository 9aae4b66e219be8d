package adapter

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// carrier takes messages to other nodes. None of it waits.
type carrier interface {
	// publish sends to all nodes.
	publish(m peerMessage)
	// reply sends to the node that asked.
	reply(uid string, m peerMessage)
	// countNodes is how many nodes have the namespace, this one among them.
	countNodes(ctx context.Context) (int64, error)
}

// exchange is what nodes say to each other in the protocol of Node's ClusterAdapter,
// for one namespace: that of the sharded and the streams adapters, which differ in how
// they carry it. What other nodes send is handled in their order in lane; what they
// ask of users' own handlers, who may wait for other nodes in turn, is in a lane of
// its own.
type exchange struct {
	*local
	carrier
	cluster  *Cluster
	uid      string
	nsp      string
	log      *slog.Logger
	lane     *lane
	events   *lane
	requests *requests
	peers    peers
	nodes    *census
	// restored is told of sockets that go on at another node; nil where sessions are not
	// restored.
	restored func(socket.SocketId)
}

func newExchange(c *Cluster, l *local) *exchange {
	log := c.cfg.Logger.With(slog.String("namespace", l.Nsp().Name()))
	x := &exchange{
		local:    l,
		cluster:  c,
		uid:      randomHex(),
		nsp:      l.Nsp().Name(),
		log:      log,
		lane:     newLane(log, c.pubsub.lanes),
		events:   newLane(log, c.pubsub.lanes),
		requests: newRequests(&c.pubsub.count),
	}
	x.nodes = newCensus(func(ctx context.Context) (int64, error) { return x.countNodes(ctx) })
	return x
}

// randomHex is an id of a node or of a request, as Node makes them.
func randomHex() string {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

func (x *exchange) pendingRequests() int { return x.requests.size() }

// envelope writes a whole message.
func (x *exchange) envelope(w *wireWriter, m peerMessage) *wireWriter {
	w.object(4)
	w.key("type").number(m.kind)
	w.key("data")
	m.data(w)
	w.key("uid").string(x.uid)
	w.key("nsp").string(x.nsp)
	return w.end()
}

// goodbye tells the other nodes of the namespace that this one ends, and is not to be
// missed. Those of Node pass over it.
func (x *exchange) goodbye() {
	x.publish(peerMessage{kind: peerClose, data: func(w *wireWriter) { w.object(0).end() }})
}

// Broadcast sends packet to the sockets that match opts, on all nodes.
func (x *exchange) Broadcast(packet *parser.Packet, opts *socket.BroadcastOptions) {
	if !isLocal(opts) {
		x.publish(x.broadcastMessage(packet, wireOptionsOf(opts), ""))
	}
	x.local.Broadcast(packet, opts)
}

// BroadcastBatch implements BatchBroadcaster. Batches that are not local go out one
// packet after the other.
func (x *exchange) BroadcastBatch(packets []*parser.Packet, opts *socket.BroadcastOptions) {
	x.local.batchThrough(x.Broadcast, packets, opts)
}

// AddSockets makes the sockets that match opts join rooms, on all nodes. Those of this
// node have when it returns, so that an emit to the rooms reaches them.
func (x *exchange) AddSockets(opts *socket.BroadcastOptions, rooms []socket.Room) {
	x.local.AddSockets(opts, rooms)
	if !isLocal(opts) {
		x.publish(roomsMessage(peerJoin, wireOptionsOf(opts), rooms))
	}
}

// DelSockets makes the sockets that match opts leave rooms, as AddSockets does.
func (x *exchange) DelSockets(opts *socket.BroadcastOptions, rooms []socket.Room) {
	if !isLocal(opts) {
		x.publish(roomsMessage(peerLeave, wireOptionsOf(opts), rooms))
	}
	x.local.DelSockets(opts, rooms)
}

// DisconnectSockets disconnects the sockets that match opts, on all nodes.
func (x *exchange) DisconnectSockets(opts *socket.BroadcastOptions, closeConn bool) {
	if !isLocal(opts) {
		x.publish(disconnectMessage(wireOptionsOf(opts), closeConn))
	}
	x.local.DisconnectSockets(opts, closeConn)
}

// ServerCount is how many nodes have this namespace; where Redis does not say so at once,
// how many there were when it last did, -1 where it never has. One that was there in the
// last two seconds counts: an emit that asks for acknowledgements, which the library
// compares with this, is not complete without it.
func (x *exchange) ServerCount() int64 { return x.nodes.promptly() }

func (x *exchange) census() *census { return x.nodes }

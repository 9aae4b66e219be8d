package dispatch

import (
	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server/engineio"
)

// Adapter wraps inner, whose adapters come to install the emitters that end
// turns: on each namespace when it is made, and on each socket when it joins
// its own room, which it does before its client hears of the connection.
func Adapter(inner socket.AdapterConstructor, cfg Config) socket.AdapterConstructor {
	return &adapterConstructor{inner: inner, cfg: cfg.withDefaults()}
}

type adapterConstructor struct {
	inner socket.AdapterConstructor
	cfg   Config
}

// New makes the adapter of a namespace.
func (c *adapterConstructor) New(nsp socket.Namespace) socket.Adapter {
	emitter := nsp.EventEmitter()
	if _, done := emitter.EventEmitter.(*namespaceEmitter); !done {
		emitter.EventEmitter = &namespaceEmitter{EventEmitter: emitter.EventEmitter, cfg: &c.cfg}
	}
	return &adapter{Adapter: c.inner.New(nsp), cfg: &c.cfg}
}

// batchBroadcaster is what this package need know of adapter.BatchBroadcaster.
type batchBroadcaster interface {
	BroadcastBatch(packets []*sio.Packet, opts *socket.BroadcastOptions)
}

type adapter struct {
	socket.Adapter
	cfg *Config
}

// BroadcastBatch implements the BatchBroadcaster of Nudge's own adapters, for
// those that are none as well.
func (a *adapter) BroadcastBatch(packets []*sio.Packet, opts *socket.BroadcastOptions) {
	if batch, ok := a.Adapter.(batchBroadcaster); ok {
		batch.BroadcastBatch(packets, opts)
		return
	}
	for _, packet := range packets {
		a.Broadcast(packet, opts)
	}
}

// AddAll joins rooms. The first of them is a socket's own.
func (a *adapter) AddAll(id socket.SocketId, rooms *types.Set[socket.Room]) {
	if rooms.Has(socket.Room(id)) {
		if s, ok := a.Nsp().Sockets().Load(id); ok {
			install(s, a.cfg)
		}
	}
	a.Adapter.AddAll(id, rooms)
}

// install puts the ordering emitter before a socket's own.
func install(s *socket.Socket, cfg *Config) {
	if _, done := s.EventEmitter.(*socketEmitter); done {
		return
	}
	l := lanesOf(s)
	if l == nil {
		return // another engine's connection: its order is its own
	}
	l.mu.Lock()
	n := l.lane(s.Nsp().Name())
	n.socket = s
	if n.current != nil && n.current.isConnect() {
		n.current.handling = true // "connection" handlers come next
	}
	l.mu.Unlock()
	e := &socketEmitter{EventEmitter: s.EventEmitter, socket: s, lane: n, cfg: cfg}
	s.EventEmitter = e
	s.Use(e.middleware)
}

// lanesOf finds the lanes of a socket's connection.
func lanesOf(s *socket.Socket) *lanes {
	conn, ok := s.Conn().(*engineio.Socket)
	if !ok {
		return nil
	}
	d, ok := conn.Observer().(*decoder)
	if !ok {
		return nil
	}
	return &d.lanes
}

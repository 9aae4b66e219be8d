package dispatch

import (
	"context"
	"errors"
	"fmt"

	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server/engineio"
)

// Adapter wraps inner, whose adapters come to install the emitters that end
// turns: on each namespace when it is made, and on each socket by the namespace's
// first middleware, before anyone else can have it. A recovered socket may skip
// that: it gets its own when it joins its own room, which each socket does before
// its client hears of the connection.
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
		if nsp.Name() == "/" {
			nsp.Fns().Unshift(wrapFirst(&c.cfg)) // the others' are made anew until they are announced
		}
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

// AllRooms gives the rooms of all nodes, where the adapter can ask them for theirs.
func (a *adapter) AllRooms(ctx context.Context) ([]socket.Room, error) {
	if all, ok := a.Adapter.(interface {
		AllRooms(ctx context.Context) ([]socket.Room, error)
	}); ok {
		return all.AllRooms(ctx)
	}
	return nil, fmt.Errorf("rooms of all nodes: %w by this adapter", errors.ErrUnsupported)
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

// Close is called at the end of the server, and of a namespace that was made on
// demand and has become empty.
func (a *adapter) Close() {
	a.Adapter.Close()
	if all := namespacesOf(a.Nsp()); all != nil {
		all.closed(a.Nsp().Name())
	}
}

// wrapFirst is the middleware of a namespace that wraps the emitters of its
// sockets.
func wrapFirst(cfg *Config) socket.NamespaceMiddleware {
	return func(s *socket.Socket, next func(*socket.ExtendedError)) {
		wrap(s, cfg)
		next(nil)
	}
}

// wrap puts the ordering emitter before a socket's own. It returns its lane, or
// nil for another engine's connection: its order is its own.
func wrap(s *socket.Socket, cfg *Config) *lane {
	if e, done := s.EventEmitter.(*socketEmitter); done {
		return e.lane
	}
	l := lanesOf(s)
	if l == nil {
		l = introduce(s)
	}
	if l == nil {
		return nil
	}
	l.mu.Lock()
	n := l.lane(s.Nsp().Name())
	n.beginConnect(s)
	l.mu.Unlock()
	e := &socketEmitter{EventEmitter: s.EventEmitter, socket: s, lane: n, cfg: cfg}
	s.EventEmitter = e
	s.Use(e.middleware)
	return n
}

// install ties a socket to its lane: it is connected.
func install(s *socket.Socket, cfg *Config) {
	n := wrap(s, cfg)
	if n == nil {
		return
	}
	n.all.mu.Lock()
	defer n.all.mu.Unlock()
	if n.socket == s {
		return // it left its own room, and is back
	}
	n.socket = s
	if n.current != nil && n.current.isConnect() {
		n.current.handling = true // "connection" handlers come next
	}
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

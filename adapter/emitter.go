package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/redis/rueidis"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// ErrReserved means that an event has a name that Socket.IO keeps for itself.
var ErrReserved = errors.New("a reserved event name")

// emitterUID is who says what an emitter sends, by its protocol.
const emitterUID = "emitter"

// EmitterConfig is what an Emitter is made from. Only Client is required.
type EmitterConfig struct {
	// Client is the Redis that the servers are joined by, as [Dial] makes one. What is
	// emitted one after the other keeps its order; in a Redis Cluster, whose nodes pass
	// on messages on their own, what is emitted to the same rooms does.
	Client rueidis.Client
	// Key is that of the servers' adapters. Default "socket.io".
	Key string
	// Logger is told of values that cannot be sent. Default slog.Default().
	Logger *slog.Logger
}

// Emitter reaches the clients of servers with the classic adapter, of Go and of Node,
// from a program that is no server: as npm's @socket.io/redis-emitter 5 does. Its
// methods that end in a message to Redis return when Redis has taken it, or with the
// error why not. It is safe for concurrent use.
//
//	emitter, err := adapter.NewEmitter(adapter.EmitterConfig{Client: client})
//	…
//	err = emitter.To("room").Emit(ctx, "hello", "world")
//
// Each method that says to whom returns a new Emitter; the one it is called on stays
// as it is.
type Emitter struct {
	cfg           EmitterConfig
	nsp           string
	rooms, except []socket.Room
	flags         socket.BroadcastFlags
}

// NewEmitter returns an emitter to all clients of the namespace "/".
func NewEmitter(cfg EmitterConfig) (*Emitter, error) {
	if cfg.Client == nil {
		return nil, errors.New("adapter: EmitterConfig.Client is missing: make one with Dial")
	}
	if cfg.Key == "" {
		cfg.Key = defaultKey
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Emitter{cfg: cfg, nsp: "/"}, nil
}

// Of is an emitter to all clients of a namespace; the slash it begins with may be left
// out.
func (e *Emitter) Of(nsp string) *Emitter {
	if nsp == "" || nsp[0] != '/' {
		nsp = "/" + nsp
	}
	return &Emitter{cfg: e.cfg, nsp: nsp}
}

// To adds rooms: their sockets are meant, and not all.
func (e *Emitter) To(rooms ...socket.Room) *Emitter {
	other := *e
	other.rooms = added(e.rooms, rooms)
	return &other
}

// Except adds rooms whose sockets are not meant.
func (e *Emitter) Except(rooms ...socket.Room) *Emitter {
	other := *e
	other.except = added(e.except, rooms)
	return &other
}

// added is a new list, each room once, in the order they came in.
func added(rooms, more []socket.Room) []socket.Room {
	all := slices.Clone(rooms)
	for _, room := range more {
		if !slices.Contains(all, room) {
			all = append(all, room)
		}
	}
	return all
}

// Volatile has the event dropped for clients that are not ready for it.
func (e *Emitter) Volatile() *Emitter {
	other := *e
	other.flags.Volatile = true
	return &other
}

// Compress has the event compressed where the connection can.
func (e *Emitter) Compress() *Emitter {
	other := *e
	other.flags.Compress = true
	return &other
}

// Emit sends an event to the clients that are meant. An error wraps ErrReserved where
// the event's name is one.
func (e *Emitter) Emit(ctx context.Context, event string, args ...any) error {
	if socket.SOCKET_RESERVED_EVENTS.Has(event) {
		return fmt.Errorf("emit %q: %w", event, ErrReserved)
	}
	packet := &parser.Packet{Data: append([]any{event}, args...)}
	w := newPackedWriter(e.cfg.Logger).array(3).
		string(emitterUID).packet(packet, e.nsp).emitterOptions(e.options()).end()
	return e.publish(ctx, e.names().channelOf(e.rooms), w)
}

// SocketsJoin has the sockets that are meant join rooms.
func (e *Emitter) SocketsJoin(ctx context.Context, rooms ...socket.Room) error {
	return e.publish(ctx, e.names().request, e.request(classicJoin).key("rooms").strings(rooms).end())
}

// SocketsLeave has the sockets that are meant leave rooms.
func (e *Emitter) SocketsLeave(ctx context.Context, rooms ...socket.Room) error {
	return e.publish(ctx, e.names().request, e.request(classicLeave).key("rooms").roomList(rooms).end())
}

// DisconnectSockets disconnects the sockets that are meant, with their connections
// where closeConn is set.
func (e *Emitter) DisconnectSockets(ctx context.Context, closeConn bool) error {
	return e.publish(ctx, e.names().request, e.request(classicDisconnect).key("close").bool(closeConn).end())
}

// ServerSideEmit sends an event to the servers of the namespace themselves. They
// cannot answer.
func (e *Emitter) ServerSideEmit(ctx context.Context, event string, args ...any) error {
	w := newJSONWriter(e.cfg.Logger).object(3).
		key("uid").string(emitterUID).
		key("type").number(classicServerSideEmit).
		key("data").values(append([]any{event}, args...)).end()
	return e.publish(ctx, e.names().request, w)
}

// request begins a request of an emitter, which says not whose it is.
func (e *Emitter) request(kind int64) *wireWriter {
	return newJSONWriter(e.cfg.Logger).object(3).key("type").number(kind).key("opts").requestOptions(e.options())
}

func (e *Emitter) names() classicNames { return classicNamesOf(e.cfg.Key, e.nsp) }

func (e *Emitter) options() wireOptions {
	return wireOptions{rooms: e.rooms, except: e.except, flags: e.flags}
}

func (e *Emitter) publish(ctx context.Context, channel string, w *wireWriter) error {
	command := e.cfg.Client.B().Arbitrary("PUBLISH").Keys(channel).Args(rueidis.BinaryString(w.buf)).Build()
	if err := e.cfg.Client.Do(ctx, command).Error(); err != nil {
		return fmt.Errorf("publish to the cluster: %w", err)
	}
	return nil
}

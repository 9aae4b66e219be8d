package dispatch

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/zishang520/engine.io/v2/events"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server/engineio"
)

// Panic is a handler's panic, already logged with its stack.
type Panic struct {
	Socket *socket.Socket
	Event  string
	Value  any
	Ack    socket.Ack // answers the client; nil where it asked for no answer
}

// socketEmitter runs a socket's handlers and ends the turns of its events.
type socketEmitter struct {
	events.EventEmitter
	socket *socket.Socket
	lane   *lane
	cfg    *Config

	leaving, left atomic.Bool // "disconnecting" and "disconnect" were emitted
	missed        atomic.Bool // the connection's end came before the socket was known
}

// Emit hands an event to its handlers. Those of a client's event run within its
// turn; the library's own events tell what became of a turn.
func (e *socketEmitter) Emit(name events.EventName, args ...any) {
	if t := turnOf(args); t != nil && t.lane == e.lane && t.handle() {
		e.handle(t, name, args)
		return
	}
	switch name {
	case "error":
		// Of a refusing middleware, or of what was read: not where it was read,
		// where a slow handler would hold up other connections.
		go func() {
			e.guarded(name, args)
			e.lane.skip()
		}()
	case "disconnecting":
		if e.leaving.CompareAndSwap(false, true) {
			e.guarded(name, e.reason(args))
		}
	case "disconnect":
		if e.left.CompareAndSwap(false, true) {
			e.guarded(name, e.reason(args))
			e.lane.disconnected()
		}
	default:
		e.guarded(name, args)
	}
}

// reason corrects the reason of a socket that settle had to disconnect.
func (e *socketEmitter) reason(args []any) []any {
	if e.missed.Load() {
		return []any{engineio.ReasonTransportClose}
	}
	return args
}

func (e *socketEmitter) handle(t *turn, name events.EventName, args []any) {
	defer t.end()
	e.guarded(name, args)
}

// guarded runs the handlers, and survives them.
func (e *socketEmitter) guarded(name events.EventName, args []any) {
	defer survive(e.cfg, e.socket, string(name), args)
	e.EventEmitter.Emit(name, args...)
}

// middleware is a socket's first: it survives those that run within its next.
func (e *socketEmitter) middleware(event []any, next func(error)) {
	defer func() {
		if value := recover(); value != nil {
			name, _ := event[0].(string)
			report(e.cfg, e.socket, name, event, value)
			if t := turnOf(event); t != nil {
				t.end()
			}
		}
	}()
	next(nil)
}

// survive is deferred where handlers run.
func survive(cfg *Config, s *socket.Socket, event string, args []any) {
	if value := recover(); value != nil {
		report(cfg, s, event, args, value)
	}
}

// report tells of a panic.
func report(cfg *Config, s *socket.Socket, event string, args []any, value any) {
	logPanic(cfg, s, event, value)
	p := Panic{Socket: s, Event: event, Value: value}
	if len(args) > 0 {
		p.Ack, _ = args[len(args)-1].(socket.Ack)
	}
	cfg.OnPanic(p)
}

func logPanic(cfg *Config, s *socket.Socket, event string, value any) {
	cfg.Logger.Error("a handler panicked", "event", event, "namespace", s.Nsp().Name(),
		"socket", string(s.Id()), "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
}

// namespaceEmitter ends the turn of a connect when the "connection" handlers
// have run: only then may the socket's events come.
type namespaceEmitter struct {
	events.EventEmitter
	cfg *Config
}

// Emit hands an event of the namespace to its handlers. The main one's also tell
// of new namespaces.
func (e *namespaceEmitter) Emit(name events.EventName, args ...any) {
	if name == "new_namespace" && len(args) == 1 {
		if made, ok := args[0].(socket.Namespace); ok {
			made.Fns().Unshift(wrapFirst(e.cfg))
			if all := namespacesOf(made); all != nil {
				all.made(made.Name())
			}
		}
	}
	var s *socket.Socket
	if (name == "connect" || name == "connection") && len(args) == 1 {
		s, _ = args[0].(*socket.Socket)
	}
	if s == nil {
		e.EventEmitter.Emit(name, args...)
		return
	}
	e.guarded(name, s)
	if name == "connection" {
		settle(s)
	}
}

func (e *namespaceEmitter) guarded(name events.EventName, s *socket.Socket) {
	defer func() {
		if value := recover(); value != nil {
			logPanic(e.cfg, s, string(name), value)
		}
	}()
	e.EventEmitter.Emit(name, s)
}

// settle ends the connect's turn. A connection that ended in the meantime has
// emitted its "close" already, and the library missed this socket then: it
// would stay for ever.
func settle(s *socket.Socket) {
	l := lanesOf(s)
	if l == nil {
		return
	}
	if l.hasClosed() {
		if own, ok := s.EventEmitter.(*socketEmitter); ok {
			own.missed.Store(true)
		}
		s.Disconnect(false)
	}
	l.mu.Lock()
	n := l.lane(s.Nsp().Name())
	l.mu.Unlock()
	n.connected()
}

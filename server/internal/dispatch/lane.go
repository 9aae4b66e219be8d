package dispatch

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/zishang520/engine.io/v2/events"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server/engineio"
)

// lanes are the queues of one connection, one for each namespace.
type lanes struct {
	cfg        *Config
	namespaces *namespaces      // the server's
	session    *engineio.Socket // nil under another engine: then nothing queues

	mu      sync.Mutex
	deliver events.Listener // the library's; nil once it let go
	root    lane            // of "/", which most connections alone use
	others  map[string]*lane
	queued  int // bytes in all lanes
	paused  bool
	finish  func()      // emits "close", once the lanes are idle
	drain   *time.Timer // bounds the wait for that
	closed  bool        // the library knows of the end
}

// maxNamespaces bounds the namespaces of one connection: a client may make up
// any number of names.
const maxNamespaces = 256

// ErrNamespaces closes a connection that asks for too many namespaces.
var ErrNamespaces = fmt.Errorf("more than %d namespaces on one connection", maxNamespaces)

// lane is the queue of one namespace. Guarded by lanes.mu.
type lane struct {
	all     *lanes
	socket  *socket.Socket // the client's in the namespace, once it is connected
	current *turn
	waiting []*turn
	timer   *time.Timer // runs while something waits
}

func (l *lanes) init(cfg *Config, session *engineio.Socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cfg, l.session = cfg, session
	l.root.all = l
}

func (l *lanes) setDeliver(f events.Listener) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deliver = f
}

// lane returns the lane of a namespace.
func (l *lanes) lane(namespace string) *lane {
	if namespace == "/" {
		return &l.root
	}
	n := l.others[namespace]
	if n == nil {
		if l.others == nil {
			l.others = map[string]*lane{}
		}
		n = &lane{all: l}
		l.others[namespace] = n
	}
	return n
}

// emitNow hands a packet to the library without a turn.
func (l *lanes) emitNow(packet *sio.Packet) {
	l.mu.Lock()
	deliver := l.deliver
	l.mu.Unlock()
	if deliver != nil {
		deliver(packet)
	}
}

// enqueue gives packet its turn, at once where its lane is idle.
func (l *lanes) enqueue(packet *sio.Packet, size int) error {
	if l.session == nil {
		l.emitNow(packet)
		return nil
	}
	l.mu.Lock()
	if l.deliver == nil {
		l.mu.Unlock()
		return nil
	}
	n := l.lane(l.namespaceOf(packet))
	if len(l.others) > maxNamespaces {
		l.mu.Unlock()
		return ErrNamespaces
	}
	t := &turn{lane: n, packet: packet, size: size + overhead}
	if n.current != nil && n.current.isConnect() && !n.current.handling && t.isConnect() && len(n.waiting) == 0 {
		// A client asks again only after it was refused: that turn is over.
		n.current = nil
	}
	if n.current != nil {
		n.wait(t)
		l.mu.Unlock()
		return nil
	}
	n.current = t
	l.mu.Unlock()
	l.start(t)
	return nil
}

// wait queues t behind the turn that is on, and stops the reading where too
// much waits.
func (n *lane) wait(t *turn) {
	l := n.all
	n.waiting = append(n.waiting, t)
	l.queued += t.size
	l.pauseIfFull()
	n.watch()
}

// watch has a look at the current turn after a while.
func (n *lane) watch() {
	if n.timer == nil {
		t := n.current
		n.timer = time.AfterFunc(n.all.cfg.TurnTimeout, func() { n.expire(t) })
	}
}

// expire ends a turn whose middleware keeps it while others wait.
func (n *lane) expire(t *turn) {
	l := n.all
	l.mu.Lock()
	n.timer = nil
	stuck := n.current == t && !t.handling
	if !stuck && len(n.waiting) > 0 {
		n.watch()
	}
	l.mu.Unlock()
	if stuck {
		l.cfg.Logger.Warn("an event was not passed on in time: the next one takes its turn",
			"namespace", t.packet.Nsp, "after", l.cfg.TurnTimeout)
		t.end()
	}
}

// start hands the packet to the library. A connect runs the namespace's
// middleware, which may take its time, where it is called: not in the reader.
func (l *lanes) start(t *turn) {
	if t.isEvent() {
		t.hide()
	}
	if t.isConnect() {
		go l.connect(t)
	} else {
		l.emitNow(t.packet)
	}
}

// connect survives the namespace's middleware, at the cost of the connection.
func (l *lanes) connect(t *turn) {
	defer func() {
		if value := recover(); value != nil {
			l.cfg.Logger.Error("a namespace's middleware panicked: its client is disconnected",
				"namespace", t.packet.Nsp, "panic", fmt.Sprint(value), "stack", string(debug.Stack()))
			l.session.Close(false)
		}
	}()
	defer l.namespaces.enter(l.namespaceOf(t.packet))()
	l.emitNow(t.packet)
}

// end passes the turn on. It may be called more than once.
func (t *turn) end() {
	l := t.lane.all
	l.mu.Lock()
	if t.lane.current != t {
		l.mu.Unlock()
		return
	}
	next := t.lane.advance()
	l.unlockAnd(l.finishIfIdle()) // never while there is a next one
	if next != nil {
		l.start(next)
	}
}

// advance makes the next waiting turn the current one.
func (n *lane) advance() *turn {
	l := n.all
	left, namespace := n.current.packet.Type == sio.DISCONNECT, l.namespaceOf(n.current.packet)
	n.current = nil
	if len(n.waiting) == 0 {
		n.waiting = nil
		if left && n != &l.root {
			delete(l.others, namespace)
		}
		return nil
	}
	next := n.waiting[0]
	n.waiting[0] = nil
	n.waiting = n.waiting[1:]
	n.current = next
	l.dequeued(next)
	switch {
	case len(n.waiting) > 0:
		n.watch()
	case n.timer != nil:
		n.timer.Stop()
		n.timer = nil
	}
	return next
}

// skip ends the lane's turn where its event has not reached the handlers: it
// never will.
func (n *lane) skip() {
	n.endIf(func(t *turn) bool { return t.isEvent() && !t.handling })
}

// connected ends the turn of a connect.
func (n *lane) connected() { n.endIf((*turn).isConnect) }

// disconnected ends the turn of a disconnect, or of an event that the library
// will not hand on to a socket that is gone. Where the server disconnected it,
// the events that wait came from a client that did not know.
func (n *lane) disconnected() {
	n.all.mu.Lock()
	if n.current != nil && n.current.packet.Type != sio.DISCONNECT {
		n.dropEvents()
	}
	n.socket = nil
	n.all.mu.Unlock()
	n.endIf(func(t *turn) bool { return t.packet.Type == sio.DISCONNECT || t.isEvent() && !t.handling })
}

// dropEvents drops the events that wait before anything else does.
func (n *lane) dropEvents() {
	for len(n.waiting) > 0 && n.waiting[0].isEvent() {
		n.all.dequeued(n.waiting[0])
		n.waiting = n.waiting[1:]
	}
}

// endIf ends the turn that is on if it is of a kind.
func (n *lane) endIf(is func(*turn) bool) {
	n.all.mu.Lock()
	t := n.current
	over := t != nil && is(t)
	n.all.mu.Unlock()
	if over {
		t.end()
	}
}

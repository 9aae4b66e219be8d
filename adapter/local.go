package adapter

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"
)

// Local returns the adapter of a server that stands alone: rooms in memory,
// broadcasts encoded once and handed as ready frames to each connection's
// outbox. It takes the place of socket.AdapterBuilder, whose broadcasts lose
// packets and whose rooms lose members under load.
func Local() socket.AdapterConstructor { return NewLocal(LocalConfig{}) }

// LocalConfig is what the adapters of one server are made from. The zero value
// is that of Local.
type LocalConfig struct {
	// MaxRooms bounds the rooms that one socket is in at a time, beside its own.
	// One that joins more joins none of them. Zero or less: no bound.
	MaxRooms int
	// OnRefused is called with the rooms that a socket did not join: there is no
	// other way to tell, as the library's Join returns nothing. It must not wait.
	// Nil: nobody is told.
	OnRefused func(nsp socket.Namespace, id socket.SocketId, rooms []socket.Room)
}

// NewLocal is Local with a configuration.
func NewLocal(cfg LocalConfig) socket.AdapterConstructor { return localConstructor{cfg} }

type localConstructor struct{ cfg LocalConfig }

// New makes the adapter of one namespace.
func (c localConstructor) New(nsp socket.Namespace) socket.Adapter { return newLocal(nsp, c.cfg) }

func newLocal(nsp socket.Namespace, cfg LocalConfig) *local {
	l := &local{
		cfg:     cfg,
		Adapter: socket.MakeAdapter(),
		members: map[socket.SocketId]*member{},
		rooms:   map[socket.Room]map[socket.SocketId]*member{},
		gone:    map[socket.SocketId]struct{}{},
	}
	l.Prototype(l)
	l.Construct(nsp)
	return l
}

// local keeps who is in which room. A socket's own room, the one by the name of
// its id, has one member for nearly every socket there is: it is not kept as a
// room unless others join it.
type local struct {
	socket.Adapter
	cfg LocalConfig

	mu       sync.RWMutex
	members  map[socket.SocketId]*member
	rooms    map[socket.Room]map[socket.SocketId]*member
	gone     map[socket.SocketId]struct{} // that joined its own room once, and may yet be told to join
	held     map[socket.SocketId]struct{} // that get no broadcasts yet
	everyone []receiver                   // all who are connected, or nil where that has changed
	but      receiversBut
	pending  []roomEvent // not emitted yet
	emitting bool        // a goroutine emits them

	broadcasting atomic.Int32 // broadcasts under way
}

// member is a socket and its rooms.
type member struct {
	id       socket.SocketId
	receiver      // empty until it joined its own room
	own      bool // is in its own room
	rooms    map[socket.Room]struct{}
}

// receiver is what a broadcast needs of a member.
type receiver struct {
	socket *socket.Socket
	conn   FrameConn // its connection, where that takes frames
}

// AddAll adds a socket to rooms, unless it is gone. The library looks whether a
// socket may join before it calls, and so may be late.
func (l *local) AddAll(id socket.SocketId, rooms *types.Set[socket.Room]) {
	l.mu.Lock()
	m := l.members[id]
	if m == nil {
		if _, gone := l.gone[id]; gone {
			l.mu.Unlock()
			return
		}
		m = &member{id: id}
	}
	joined := rooms.Keys()
	if !l.mayJoin(m, joined) {
		l.mu.Unlock()
		if l.cfg.OnRefused != nil {
			l.cfg.OnRefused(l.Nsp(), id, joined)
		}
		return
	}
	l.members[id] = m
	for _, room := range joined {
		l.join(m, room)
	}
	l.emitAndUnlock()
}

// mayJoin tells whether all of rooms are within the bound for one socket.
func (l *local) mayJoin(m *member, rooms []socket.Room) bool {
	if l.cfg.MaxRooms <= 0 {
		return true
	}
	more := 0
	for _, room := range rooms {
		if _, in := m.rooms[room]; !in && room != socket.Room(m.id) {
			more++
		}
	}
	return more == 0 || len(m.rooms)+more <= l.cfg.MaxRooms
}

func (l *local) join(m *member, room socket.Room) {
	l.but.changed(room)
	if room == socket.Room(m.id) {
		if m.own {
			l.resolve(m) // a socket whose session is restored is in its rooms before it is connected
			return
		}
		l.resolve(m)
		m.own = true
		if len(l.rooms[room]) == 0 {
			l.happened("create-room", room, "")
		}
		l.happened("join-room", room, m.id)
		return
	}
	if _, in := m.rooms[room]; in {
		return
	}
	if m.rooms == nil {
		m.rooms = map[socket.Room]struct{}{}
	}
	m.rooms[room] = struct{}{}
	others := l.rooms[room]
	if others == nil {
		others = map[socket.SocketId]*member{}
		l.rooms[room] = others
		if owner := l.members[socket.SocketId(room)]; owner == nil || !owner.own {
			l.happened("create-room", room, "")
		}
	}
	others[m.id] = m
	l.happened("join-room", room, m.id)
}

// resolve finds the member's socket: it is in the namespace by the time it
// joins its own room. It stays the same from then on, and is read without a
// lock.
func (l *local) resolve(m *member) {
	if _, held := l.held[m.id]; m.socket != nil || held {
		return
	}
	if s, ok := l.Nsp().Sockets().Load(m.id); ok {
		m.socket = s
		l.everyone, l.but.list = nil, nil
		m.conn, _ = s.Conn().(FrameConn)
	}
}

// Del takes a socket out of a room.
func (l *local) Del(id socket.SocketId, room socket.Room) {
	l.mu.Lock()
	if m := l.members[id]; m != nil {
		l.leave(m, room)
	}
	l.emitAndUnlock()
}

func (l *local) leave(m *member, room socket.Room) {
	l.but.changed(room)
	others := l.rooms[room]
	if room == socket.Room(m.id) {
		if !m.own {
			return
		}
		m.own = false
	} else {
		if _, in := m.rooms[room]; !in {
			return
		}
		delete(m.rooms, room)
		if delete(others, m.id); len(others) == 0 {
			delete(l.rooms, room)
		}
	}
	l.happened("leave-room", room, m.id)
	if owner := l.members[socket.SocketId(room)]; len(others) == 0 && (owner == nil || !owner.own) {
		l.happened("delete-room", room, "")
	}
}

// DelAll takes a socket out of all its rooms, its own first. That is its end:
// the library calls it when a socket disconnects. What joins the socket to a room
// from then on holds it, so its id is known as gone for as long as the socket is
// in memory. Who restores a session, which goes on under its old id, must delete
// that from gone.
func (l *local) DelAll(id socket.SocketId) {
	l.mu.Lock()
	if m := l.members[id]; m != nil {
		l.leave(m, socket.Room(id))
		for room := range m.rooms {
			l.leave(m, room)
		}
		delete(l.members, id)
		l.everyone, l.but.list = nil, nil
		if m.socket != nil {
			l.gone[id] = struct{}{}
			runtime.AddCleanup(m.socket, l.forget, id)
		}
	}
	l.emitAndUnlock()
}

// forget is called when nobody can join the socket to a room any more.
func (l *local) forget(id socket.SocketId) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.gone, id)
}

package adapter

import (
	"strings"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"
)

// Rooms is a snapshot of the rooms and who is in them.
func (l *local) Rooms() *types.Map[socket.Room, *types.Set[socket.SocketId]] {
	l.mu.RLock()
	defer l.mu.RUnlock()
	all := &types.Map[socket.Room, *types.Set[socket.SocketId]]{}
	for room, members := range l.rooms {
		ids := types.NewSet[socket.SocketId]()
		for id := range members {
			ids.Add(id)
		}
		all.Store(room, ids)
	}
	for id, m := range l.members {
		if m.own {
			ids, _ := all.LoadOrStore(socket.Room(id), types.NewSet[socket.SocketId]())
			ids.Add(id)
		}
	}
	return all
}

// Sids is a snapshot of the sockets and their rooms.
func (l *local) Sids() *types.Map[socket.SocketId, *types.Set[socket.Room]] {
	l.mu.RLock()
	defer l.mu.RUnlock()
	all := &types.Map[socket.SocketId, *types.Set[socket.Room]]{}
	for id, m := range l.members {
		all.Store(id, m.roomSet())
	}
	return all
}

// SocketRooms is a snapshot of one socket's rooms, nil for an unknown socket.
func (l *local) SocketRooms(id socket.SocketId) *types.Set[socket.Room] {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if m := l.members[id]; m != nil {
		return m.roomSet()
	}
	return nil
}

func (m *member) roomSet() *types.Set[socket.Room] {
	rooms := types.NewSet[socket.Room]()
	if m.own {
		rooms.Add(socket.Room(m.id))
	}
	for room := range m.rooms {
		rooms.Add(room)
	}
	return rooms
}

// Sockets are the ids of the sockets in any of rooms, of all where there is none.
func (l *local) Sockets(rooms *types.Set[socket.Room]) *types.Set[socket.SocketId] {
	ids := types.NewSet[socket.SocketId]()
	for _, m := range l.matching(&socket.BroadcastOptions{Rooms: rooms}) {
		ids.Add(m.socket.Id())
	}
	return ids
}

// FetchSockets gives the sockets that match opts.
func (l *local) FetchSockets(opts *socket.BroadcastOptions) func(func([]socket.SocketDetails, error)) {
	return func(callback func([]socket.SocketDetails, error)) {
		details := []socket.SocketDetails{}
		for _, m := range l.matching(opts) {
			details = append(details, m.socket)
		}
		callback(details, nil)
	}
}

// AddSockets makes the sockets that match opts join rooms.
func (l *local) AddSockets(opts *socket.BroadcastOptions, rooms []socket.Room) {
	for _, m := range l.matching(opts) {
		m.socket.Join(rooms...)
	}
}

// DelSockets makes the sockets that match opts leave rooms.
func (l *local) DelSockets(opts *socket.BroadcastOptions, rooms []socket.Room) {
	for _, m := range l.matching(opts) {
		for _, room := range rooms {
			m.socket.Leave(room)
		}
	}
}

// DisconnectSockets disconnects the sockets that match opts, with their
// connections where closeConn is set.
func (l *local) DisconnectSockets(opts *socket.BroadcastOptions, closeConn bool) {
	for _, m := range l.matching(opts) {
		m.socket.Disconnect(closeConn)
	}
}

// all is a snapshot of the connected sockets. It is kept for the next broadcast.
func (l *local) all() []receiver {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.everyone == nil {
		l.everyone = make([]receiver, 0, len(l.members))
		for _, m := range l.members {
			if m.socket != nil {
				l.everyone = append(l.everyone, m.receiver)
			}
		}
	}
	return l.everyone
}

// receiversBut are all who are connected but those in one room, kept for the next
// broadcast to the same.
type receiversBut struct {
	room socket.Room
	list []receiver // nil where that has changed
}

func (b *receiversBut) changed(room socket.Room) {
	if room == b.room {
		b.list = nil
	}
}

// allBut is a snapshot of the connected sockets that are not in a room. It is kept
// for the next broadcast.
func (l *local) allBut(room socket.Room) []receiver {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.but.list == nil || l.but.room != room {
		l.but = receiversBut{room: socket.Room(strings.Clone(string(room))), list: make([]receiver, 0, len(l.members))}
		for _, m := range l.members {
			if m.socket != nil && !m.inAny([]socket.Room{room}) {
				l.but.list = append(l.but.list, m.receiver)
			}
		}
	}
	return l.but.list
}

// matching is a snapshot of the connected sockets that match opts, each once:
// what is then done with them may change rooms.
func (l *local) matching(opts *socket.BroadcastOptions) []receiver {
	var rooms, except []socket.Room
	if opts != nil && opts.Rooms != nil {
		rooms = opts.Rooms.Keys()
	}
	if opts != nil && opts.Except != nil {
		except = opts.Except.Keys()
	}
	return l.among(rooms, except)
}

// among is matching for those in any of rooms, or all where there is none, that are in
// none of except. Both may name a room twice.
func (l *local) among(rooms, except []socket.Room) []receiver {
	var found []receiver
	switch {
	case len(rooms) == 0 && len(except) == 0:
		return l.all()
	case len(rooms) == 0 && len(except) == 1:
		return l.allBut(except[0])
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	visit := func(m *member) {
		if m.socket != nil && !m.inAny(except) {
			found = append(found, m.receiver)
		}
	}
	switch len(rooms) {
	case 0: // more than one to except
		found = make([]receiver, 0, len(l.members))
		for _, m := range l.members {
			visit(m)
		}
	case 1:
		found = make([]receiver, 0, len(l.rooms[rooms[0]])+1)
		l.eachIn(rooms[0], visit)
	default:
		seen := map[*member]struct{}{}
		for _, room := range rooms {
			l.eachIn(room, func(m *member) {
				if _, twice := seen[m]; !twice {
					seen[m] = struct{}{}
					visit(m)
				}
			})
		}
	}
	return found
}

// hasRoom reports whether anyone is in a room.
func (l *local) hasRoom(room socket.Room) bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	owner := l.members[socket.SocketId(room)]
	return len(l.rooms[room]) > 0 || owner != nil && owner.own
}

// hasAnyone reports whether there is anyone at all.
func (l *local) hasAnyone() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return len(l.members) > 0
}

func (l *local) eachIn(room socket.Room, f func(*member)) {
	if owner := l.members[socket.SocketId(room)]; owner != nil && owner.own {
		f(owner)
	}
	for _, m := range l.rooms[room] {
		f(m)
	}
}

func (m *member) inAny(rooms []socket.Room) bool {
	for _, room := range rooms {
		if _, in := m.rooms[room]; in || m.own && room == socket.Room(m.id) {
			return true
		}
	}
	return false
}

package adapter

import (
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// hold keeps broadcasts from a socket whose session is being restored, which goes on
// under an id that may have been here before.
func (l *local) hold(id socket.SocketId) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[socket.SocketId]struct{}{}
	}
	l.held[id] = struct{}{}
	delete(l.gone, id)
}

// letGo ends hold.
func (l *local) letGo(id socket.SocketId) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, id)
	if m := l.members[id]; m != nil && m.own {
		l.resolve(m)
	}
}

// sendOne sends a packet to one socket, which may be held.
func (l *local) sendOne(id socket.SocketId, packet *parser.Packet) {
	s, ok := l.Nsp().Sockets().Load(id)
	if !ok {
		return
	}
	conn, _ := s.Conn().(FrameConn)
	l.newBroadcast(socket.WriteOptions{}, packet).send([]receiver{{s, conn}})
}

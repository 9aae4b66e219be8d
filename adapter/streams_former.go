package adapter

import (
	"time"

	"github.com/zishang520/socket.io/v2/socket"
)

// formerEnds bounds how long a client that comes back waits until its former
// connection, which this node took for alive, has ended.
const formerEnds = time.Second

// endFormer ends the connection that a client has left, if it is still here: a change of
// network is noticed by the client at once, and by the server with the next ping. Two
// sockets of one id share rooms and a place in the namespace, so that the end of the
// former would take the restored one out of both. It returns false if the former
// connection does not end in time; then there is no restoring the session.
func (s *streams) endFormer(id socket.SocketId) bool {
	former, here := s.Nsp().Sockets().Load(id)
	if !here {
		return true
	}
	over := make(chan struct{})
	// The last listener: what the server does at the end of a socket is done by then.
	_ = former.Once("disconnect", func(...any) { close(over) })
	if now, here := s.Nsp().Sockets().Load(id); !here || now != former {
		return !here // it has ended meanwhile, and may not call this listener
	}
	defer s.recovery.sessions.take(id)()
	go former.Conn().Close(true)
	limit := time.NewTimer(formerEnds)
	defer limit.Stop()
	select {
	case <-over:
		return true
	case <-limit.C:
		return false
	}
}

// tellRestored tells the other nodes of a socket that goes on here: the one that its
// client has left may take the former connection for alive for a while yet, count it, and
// keep what it last knew of the session in place of what this node knows.
func (s *streams) tellRestored(id socket.SocketId) {
	s.send(s.channel, peerMessage{kind: peerRestored, data: func(w *wireWriter) {
		w.object(1).key("sid").string(string(id)).end()
	}})
}

// restoredElsewhere ends the former connection of a client that another node has.
func (s *streams) restoredElsewhere(id socket.SocketId) {
	if former, here := s.Nsp().Sockets().Load(id); here {
		time.AfterFunc(formerEnds, s.recovery.sessions.take(id))
		go former.Conn().Close(true)
	}
}

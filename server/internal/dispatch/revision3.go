package dispatch

import (
	"errors"
	"fmt"
	"net/url"

	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/server/engineio"
)

// Clients of Engine.IO revision 3, socket.io-client 1 and 2, are connected to
// "/" by the library, as soon as it hears of them and before they have sent
// anything. In a connect to another namespace they may carry a query.

// errConnected closes a connection whose client asks for "/" all the same: a
// second socket of the same id would take the place of the first.
var errConnected = errors.New(`a client of revision 3 is connected to "/" already`)

// isRevision3 tells whether the connection's client is one of these.
func (l *lanes) isRevision3() bool { return l.session != nil && l.session.Protocol() == 3 }

// namespaceOf is the namespace of a packet, as the library reads it.
func (l *lanes) namespaceOf(packet *sio.Packet) string {
	if !l.isRevision3() {
		return packet.Nsp
	}
	parsed, err := url.Parse(packet.Nsp)
	if err != nil {
		return packet.Nsp // which check has refused
	}
	return parsed.Path
}

// check refuses a packet that the library would misunderstand.
func (l *lanes) check(packet *sio.Packet) error {
	if !l.isRevision3() {
		return nil
	}
	if _, err := url.Parse(packet.Nsp); err != nil {
		return fmt.Errorf("namespace: %w", err)
	}
	if packet.Type == sio.CONNECT && l.namespaceOf(packet) == "/" {
		return errConnected
	}
	return nil
}

// introduce has the decoder of a socket's connection learn of its session, where
// the library connects it within the engine's "connection" event. It returns nil
// for any other.
func introduce(s *socket.Socket) *lanes {
	conn, ok := s.Conn().(*engineio.Socket)
	if !ok || conn.Protocol() != 3 {
		return nil
	}
	conn.Greet()
	return lanesOf(s)
}

// beginConnect gives a connect that no packet asked for its turn, so that events
// wait for the "connection" handlers.
func (n *lane) beginConnect(s *socket.Socket) {
	if n.current == nil && n.all.isRevision3() {
		n.current = &turn{lane: n, packet: &sio.Packet{Type: sio.CONNECT, Nsp: s.Nsp().Name()}}
	}
}

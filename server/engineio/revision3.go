package engineio

import (
	"encoding/base64"
	"net/http"

	"github.com/gobwas/ws"
)

// Revision 3 of the protocol, which socket.io-client 1 and 2 speak. It differs
// in who pings, in the form of polling payloads (payload3.go), and in the packet
// type that stands before binary messages, too.

// binaryMessage stands before a binary message: a packet type, as a number.
const binaryMessage = 4

// framePong answers a ping. Shared: nothing may write to it.
var framePong = newFrame(ws.OpText, "", []byte{packetPong})

// revision is what a session speaks.
type revision uint8

const (
	revision4       revision = iota
	revision3                // any message
	revision3Base64          // binary messages as base64 in text alone
)

// revisionOf tells it from a handshake that was let in.
func revisionOf(r *http.Request) revision {
	query := r.URL.Query()
	switch {
	case query.Get("EIO") != "3":
		return revision4
	case query.Get("b64") != "":
		return revision3Base64
	}
	return revision3
}

// frames3 is the form that frames of revision 4 have in revision 3; the frames
// themselves where none is binary.
func frames3(frames []byte, to revision) []byte {
	var out []byte
	same := true
	for rest := frames; len(rest) > 0; {
		op, payload, next := cutFrame(rest)
		switch {
		case op != ws.OpBinary:
			out = append(out, rest[:len(rest)-len(next)]...)
		case to == revision3Base64:
			same = false
			out = append(out, newFrame(ws.OpText, "b4", base64.StdEncoding.AppendEncode(nil, payload))...)
		default:
			same = false
			out = append(out, newFrame(ws.OpBinary, string(rune(binaryMessage)), payload)...)
		}
		rest = next
	}
	if same {
		return frames
	}
	return out
}

// startHeartbeat begins the time in which something is due: our first ping, or
// the client's.
func (s *Socket) startHeartbeat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revision != revision4 {
		s.awaitPong = true // its ping, that is: onTimer makes no difference
		s.srv.beat.after(s, s.srv.cfg.patience3())
		return
	}
	s.srv.beat.after(s, s.srv.cfg.PingInterval)
}

// ping answers the ping of a client of revision 3, and waits for its next.
func (s *Socket) ping() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.awaitPong && s.state == stateOpen {
		s.srv.beat.after(s, s.srv.cfg.patience3())
		s.send(framePong)
	}
}

package engineio

import (
	"encoding/base64"
	"fmt"
)

// receiveText takes one text packet of the session's transport.
func (s *Socket) receiveText(packet []byte) error {
	if len(packet) == 0 {
		return fmt.Errorf("%w: it is empty", errPacket)
	}
	switch packet[0] {
	case packetMessage:
		s.receive(packet[1:], false)
	case packetBinary:
		return s.receiveBase64(packet[1:])
	case packetPing, packetPong:
		s.receiveBeat(packet[0])
	case packetClose:
		s.mu.Lock()
		s.releasePoll() // the client said it itself: nothing is left to tell it
		s.mu.Unlock()
		s.end(ReasonTransportClose, nil)
	case packetOpen, packetUpgrade, packetNoop:
		// Without meaning here; Node's server ignores them as well.
	default:
		return fmt.Errorf("%w: type %q", errPacket, packet[0])
	}
	return nil
}

// receiveBinary takes one binary packet of the session's transport.
func (s *Socket) receiveBinary(packet []byte) error {
	if s.revision != revision4 {
		if len(packet) == 0 || packet[0] != binaryMessage {
			return fmt.Errorf("%w: a binary one that is no message", errPacket)
		}
		packet = packet[1:]
	}
	s.receive(packet, true)
	return nil
}

// receiveBase64 takes a binary message as base64, which is how a client says it
// where it has text alone. Behind "b" revision 3 has the packet type.
func (s *Socket) receiveBase64(packet []byte) error {
	if s.revision != revision4 {
		if len(packet) == 0 || packet[0] != packetMessage {
			return fmt.Errorf("%w: base64 that is no message", errPacket)
		}
		packet = packet[1:]
	}
	data, err := base64.StdEncoding.AppendDecode(nil, packet)
	if err != nil {
		return fmt.Errorf("%w: base64: %w", errPacket, err)
	}
	s.receive(data, true)
	return nil
}

// receive hands on one message, in the order of the calls.
func (s *Socket) receive(data []byte, binary bool) {
	s.in.Lock()
	defer s.in.Unlock()
	if s.ReadyState() == "open" {
		s.handOn(Message{data: data, binary: binary, from: s})
	}
}

// Greet emits "data" with a message that IsGreeting: for listeners who learn of
// their session by its first message, and cannot wait for the client to send one.
// It may be called within the server's "connection" event only, before which
// nothing else is handed on.
func (s *Socket) Greet() { s.handOn(Message{greets: true, from: s}) }

func (s *Socket) handOn(message Message) {
	s.message = message
	s.Emit("data", &s.message)
	s.message.data = nil
}

// receiveBeat takes a ping or a pong: the server pings since revision 4, and the
// client before.
func (s *Socket) receiveBeat(kind byte) {
	switch {
	case kind == packetPing && s.revision != revision4:
		s.ping()
	case kind == packetPong && s.revision == revision4:
		s.pong()
	default:
		s.end(ReasonTransportError, fmt.Errorf("%w: a heartbeat in the wrong direction", ErrProtocol))
	}
}

// pong ends the wait for the answer to a ping.
func (s *Socket) pong() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.awaitPong && s.state == stateOpen {
		s.awaitPong = false
		s.srv.beat.after(s, s.srv.cfg.PingInterval)
	}
}

// onTimer is called by the heartbeat when the session is due: to be pinged, or
// to be given up. The time for the answer runs before the ping is on its way:
// a fast answer must find it running.
func (s *Socket) onTimer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state == stateClosed:
	case s.state == stateClosing:
		s.endLater(ReasonForcedClose, nil)
	case s.awaitPong && (s.resumed || s.gate.isHeld()):
		// Its answer may have come: it is not being read, or only since a moment
		// ago. A client that is gone is noticed all the same, by what it does not
		// take.
		s.resumed = false
		s.srv.beat.after(s, s.srv.cfg.PingTimeout)
	case s.awaitPong:
		s.endLater(ReasonPingTimeout, nil)
	default:
		s.awaitPong, s.resumed = true, false
		s.srv.beat.after(s, s.srv.cfg.PingTimeout)
		s.send(framePing)
	}
}

package engineio

import "fmt"

// receiveText takes one text packet of the session's transport.
func (s *Socket) receiveText(packet []byte) error {
	if len(packet) == 0 {
		return fmt.Errorf("%w: it is empty", errPacket)
	}
	switch packet[0] {
	case packetMessage:
		s.receive(packet[1:], false)
	case packetPong:
		s.pong()
	case packetClose:
		s.mu.Lock()
		s.releasePoll() // the client said it itself: nothing is left to tell it
		s.mu.Unlock()
		s.end(ReasonTransportClose, nil)
	case packetPing:
		s.end(ReasonTransportError, fmt.Errorf("%w: a ping from the client", ErrProtocol))
	case packetOpen, packetUpgrade, packetNoop:
		// Without meaning here; Node's server ignores them as well.
	default:
		return fmt.Errorf("%w: type %q", errPacket, packet[0])
	}
	return nil
}

// receive hands on one message, in the order of the calls.
func (s *Socket) receive(data []byte, binary bool) {
	s.in.Lock()
	defer s.in.Unlock()
	if s.ReadyState() != "open" {
		return
	}
	s.message = Message{data: data, binary: binary, from: s}
	s.Emit("data", &s.message)
	s.message.data = nil
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

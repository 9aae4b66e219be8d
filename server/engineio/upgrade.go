package engineio

import (
	"net/http"
	"time"

	"github.com/gobwas/ws"
)

// noopEvery is how often a poll is answered with a noop while a websocket waits
// to take over, so that the client can stop polling.
const noopEvery = 100 * time.Millisecond

// serveProbe takes a websocket that asks to become a session's transport.
func (s *Server) serveProbe(w http.ResponseWriter, r *http.Request, session *Socket) {
	c, response := s.accept(w, r, session)
	if c == nil {
		return
	}
	// Nothing is queued before it, so that it does not wait. Where it fails, so
	// will the reading.
	_, _ = c.Write(response)
	if !session.startProbe(c) {
		// A second probe, or one after the upgrade: closed, and the session
		// left alone, as Node does.
		c.shut(frameClose)
	}
	s.readers.start(c)
}

// startProbe lets c ask to become the transport, unless another does, or has.
func (s *Socket) startProbe(c *websocket) bool {
	c.probing.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != stateOpen || s.ws != nil || s.probe != nil {
		return false
	}
	s.probe = c
	c.deadline = time.AfterFunc(s.srv.cfg.UpgradeTimeout, func() { s.dropProbe(c) })
	return true
}

// receiveProbe takes a packet of a websocket that is not the transport yet.
func (s *Socket) receiveProbe(c *websocket, op ws.OpCode, packet []byte) error {
	switch {
	case op == ws.OpText && string(packet) == "2probe":
		s.answerProbe(c)
	case op == ws.OpText && string(packet) == "5":
		s.upgrade(c)
	default:
		s.dropProbe(c)
	}
	return nil
}

// answerProbe answers the probe and makes polls end soon.
func (s *Socket) answerProbe(c *websocket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.probe != c || c.answered {
		return
	}
	c.answered = true
	c.say(frameProbe)
	s.releasePoll()
	time.AfterFunc(noopEvery, func() { s.keepReleasing(c) })
}

// keepReleasing answers polls that came after the probe, until it is decided.
func (s *Socket) keepReleasing(c *websocket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.probe != c {
		return
	}
	s.releasePoll()
	time.AfterFunc(noopEvery, func() { s.keepReleasing(c) })
}

// releasePoll answers a waiting poll with a noop.
func (s *Socket) releasePoll() {
	if s.poll != nil {
		s.poll.answer(s.payload(frameNoop))
		s.poll = nil
	}
}

// upgrade makes c the session's transport. What is queued goes out on it: the
// client has ended its last poll before it sent the upgrade packet.
func (s *Socket) upgrade(c *websocket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.probe != c || !c.answered || s.state == stateClosed {
		return
	}
	s.releasePoll()
	s.probe = nil
	s.ws, s.upgraded = c, true
	c.probing.Store(false)
	c.deadline.Stop()
	if s.state == stateClosing {
		s.out.push(frameClose)
	}
	s.flushLocked()
}

// dropProbe gives up a websocket that did not become the transport.
func (s *Socket) dropProbe(c *websocket) {
	s.mu.Lock()
	current := s.probe == c
	if current {
		s.probe = nil
		c.deadline.Stop()
	}
	s.mu.Unlock()
	if current {
		c.shut(frameClose)
	}
}

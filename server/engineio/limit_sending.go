package engineio

import (
	"log/slog"
	"time"

	"nudge/server/internal/occasions"
)

// leastPause keeps a client that sends a little too much from being paused, and
// resumed, for each of its messages.
const leastPause = 20 * time.Millisecond

// sendingLimits are the rates that each client may send at.
type sendingLimits struct {
	events, bytes rate
	born          time.Time          // of the clock of the buckets
	slowed        *occasions.Counter // clients that were paused, each once
}

func newSendingLimits(limits Limits, log *slog.Logger) *sendingLimits {
	return &sendingLimits{
		events: newRate(limits.MaxEventRate),
		bytes:  newRate(float64(limits.MaxReceiveRate)),
		born:   time.Now(),
		slowed: occasions.New(log, "events or bytes per second of one connection"),
	}
}

// sending is what one client has made of the rates.
type sending struct {
	events, bytes bucket
	pause         *time.Timer // ends the pause that is on, nil where none is
	slowed        bool        // it has been paused
}

// wait is how long it takes until what has been sent is within the rates, after
// as much more.
func (l *sendingLimits) wait(of *sending, events, bytes int) time.Duration {
	now := time.Since(l.born)
	return max(l.events.charge(&of.events, events, now), l.bytes.charge(&of.bytes, bytes, now))
}

// charge counts what the client has sent, and pauses it where that is too much:
// then TCP tells it to wait, and nothing is lost.
func (s *Socket) charge(events, bytes int) {
	l := s.srv.sending
	if l.events.each == 0 && l.bytes.each == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := l.wait(&s.sent, events, bytes)
	if wait <= 0 || s.sent.pause != nil || s.state == stateClosed {
		return
	}
	s.gate.hold()
	s.sent.pause = time.AfterFunc(max(wait, leastPause), s.endPause)
	if !s.sent.slowed {
		s.sent.slowed = true
		l.slowed.Add("client", s.RemoteAddress())
	}
}

// endPause goes on reading, unless more has come meanwhile of what was read
// before the pause.
func (s *Socket) endPause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if wait := s.srv.sending.wait(&s.sent, 0, 0); wait > 0 && s.state != stateClosed {
		s.sent.pause.Reset(wait)
		return
	}
	s.sent.pause = nil
	s.resume()
}

// stopPause forgets a pause of a session that has ended.
func (s *Socket) stopPause() {
	if s.sent.pause != nil {
		s.sent.pause.Stop()
	}
}

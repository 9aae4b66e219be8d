package engineio

import (
	"errors"
	"time"
)

// closeWait bounds how long a closing session waits for its client: to fetch
// the last packets by polling, as Node's server does.
const closeWait = 30 * time.Second

// Close ends the session. What is queued is sent first, unless discard is set.
func (s *Socket) Close(discard bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state == stateClosed:
	case discard:
		s.endLater(ReasonForcedClose, nil)
	case s.state == stateOpen:
		s.state = stateClosing
		if s.ws == nil {
			s.out.push(framePollingClose)
		} else {
			s.out.push(frameClose)
		}
		s.awaitPong = false
		s.srv.beat.after(s, min(closeWait, s.srv.cfg.PingTimeout))
		s.flushLocked()
	}
}

// endPolling ends a session whose client broke a rule of polling, or gave up a
// request, unless it has gone on to a websocket since.
func (s *Socket) endPolling(reason string, err error) {
	s.mu.Lock()
	upgraded := s.ws != nil
	s.mu.Unlock()
	if !upgraded {
		s.end(reason, err)
	}
}

// endLater ends the session from under mu.
func (s *Socket) endLater(reason string, err error) {
	s.ending = true
	go s.end(reason, err)
}

// end is the one way out of a session: it leaves the table and the heartbeat,
// lets go of its transport, and emits "close" in a goroutine of its own, since
// handlers may take their time.
func (s *Socket) end(reason string, err error) {
	slow := errors.Is(err, ErrSlowConsumer)
	s.mu.Lock()
	if s.state == stateClosed {
		s.mu.Unlock()
		return
	}
	graceful := s.state == stateClosing && s.out.len() == 0 // the close frame is out
	s.state = stateClosed
	current, probe, waiting, blocked := s.ws, s.probe, s.poll, s.blocked
	s.ws, s.probe, s.poll, s.out, s.onDrain = nil, nil, nil, outbox{}, nil
	if blocked && !slow {
		current.shutAfterWrite(closeFrameFor(err))
	}
	observer := s.observer
	s.stopPause()
	s.mu.Unlock()

	if slow {
		s.srv.slowConsumers.Add(1)
	}
	s.srv.forget(s)
	s.gate.breakOpen()
	if waiting != nil {
		waiting.answer(s.payload(framePollingClose))
	}
	if probe != nil {
		probe.deadline.Stop()
		probe.shut(frameClose)
	}
	switch {
	case current == nil:
	case blocked && slow:
		current.close() // in the middle of a frame nothing else can be said
	case blocked: // it is shut by who writes to it
	case current.peerClosed.Load():
		current.shutting.Store(true) // nothing comes behind its close frame: who reads it hangs up
	case graceful:
		current.shut(nil)
	default:
		current.shut(closeFrameFor(err))
	}

	args := []any{reason}
	if err != nil {
		args = append(args, err)
	}
	go func() {
		s.in.Lock()   // what is being handed on comes first
		s.in.Unlock() //nolint:staticcheck // nothing to do meanwhile
		emit := func() { s.Emit("close", args...) }
		if observer != nil {
			observer.Closed(emit)
		} else {
			emit()
		}
	}()
}

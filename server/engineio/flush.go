package engineio

import (
	"errors"
	"os"
)

// flush writes what is queued, as far as the client takes it.
func (s *Socket) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dirty = false
	s.flushLocked()
}

func (s *Socket) flushLocked() {
	if s.state == stateClosed || s.blocked {
		return
	}
	if s.ws != nil {
		s.flushWebsocket()
	} else if s.poll != nil && s.out.len() > 0 {
		s.poll.answer(s.payload(s.takePayload()...))
		s.poll = nil
	}
	if s.out.len() == 0 {
		s.drained()
	}
}

// takePayload takes what one poll is answered with. A close packet goes alone: a
// client handles it at once, and what came in the same payload later, or not at
// all.
func (s *Socket) takePayload() [][]byte {
	chunks := s.out.takeAll()
	if last := len(chunks) - 1; s.state == stateClosing && last > 0 {
		s.out.push(chunks[last])
		return chunks[:last]
	}
	return chunks
}

// send writes frames behind what is queued, as far as the client takes them, and
// queues the rest. Most often nothing is queued, and nothing will be.
func (s *Socket) send(frames []byte) {
	if s.ws == nil || s.blocked || s.out.len() > 0 {
		s.push(frames)
		s.flushLocked()
		return
	}
	out := s.outgoing(frames)
	n, err := s.ws.tryWrite(out)
	switch {
	case err != nil && !errors.Is(err, errNoDescriptor):
		s.endLater(ReasonTransportError, err)
	case n < len(out):
		s.push(frames)
		s.out.written(n)
		s.wait()
	}
}

// wait leaves what is queued to a goroutine that waits for the client.
func (s *Socket) wait() {
	s.blocked = true
	go s.drain(s.ws)
}

// flushWebsocket writes without waiting, and leaves what the kernel does not
// take to a goroutine that may wait.
func (s *Socket) flushWebsocket() {
	scratch := gatherBuffers.Get().(*[]byte)
	defer gatherBuffers.Put(scratch)
	for s.out.len() > 0 {
		chunk := s.out.next(*scratch)
		n, err := s.ws.tryWrite(chunk)
		s.out.written(n)
		switch {
		case err != nil && !errors.Is(err, errNoDescriptor):
			s.endLater(ReasonTransportError, err)
			return
		case n < len(chunk):
			s.wait()
			return
		}
	}
}

// drain writes, waiting for the client, until nothing is queued. While it runs,
// it alone writes to the websocket.
func (s *Socket) drain(w *websocket) {
	scratch := gatherBuffers.Get().(*[]byte)
	defer gatherBuffers.Put(scratch)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer w.sayGoodbye()
	for s.state != stateClosed {
		chunk := s.out.next(*scratch)
		if len(chunk) == 0 && s.late != nil && s.state == stateOpen {
			s.out.push(s.late)
			s.late = nil
			continue
		}
		if len(chunk) == 0 {
			s.blocked = false
			s.drained()
			return
		}
		s.mu.Unlock()
		err := w.writeAll(chunk, s.srv.cfg.WriteTimeout)
		s.mu.Lock()
		if err != nil {
			w.writeFailed = true
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = ErrSlowConsumer
			}
			s.endLater(ReasonTransportError, err)
			return
		}
		if s.state != stateClosed { // which has emptied the outbox
			s.out.written(len(chunk))
		}
	}
}

// sayGoodbye does what shutAfterWrite has asked for.
func (c *websocket) sayGoodbye() {
	frame := c.goodbye.Load()
	switch {
	case frame == nil:
	case c.writeFailed:
		c.close()
	default:
		c.shut(*frame)
	}
}

// drained is called when nothing is queued any more.
func (s *Socket) drained() {
	for _, f := range s.onDrain {
		go f()
	}
	s.onDrain = nil
	if s.state == stateClosing {
		s.endLater(ReasonForcedClose, nil)
	}
}

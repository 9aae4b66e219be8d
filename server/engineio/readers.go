package engineio

import (
	"sync"
	"sync/atomic"
	"time"
)

// readers are all websockets that are read, also those of sessions that have
// ended: the server ends with none of them left. Each is read by one of a few
// loops, or by a goroutine of its own where there are none, or where its
// connection has no descriptor to watch, as under TLS.
type readers struct {
	loops []*loop
	next  atomic.Uint64

	mu     sync.Mutex
	conns  map[*websocket]struct{}
	ending bool          // no more are read
	closed chan struct{} // closed once a wait has begun and none is left
	own    sync.WaitGroup
}

// pick chooses the loop for a connection, nil where it needs a goroutine.
func (r *readers) pick(c *netConn) *loop {
	if len(r.loops) == 0 || c.raw == nil {
		return nil
	}
	return r.loops[r.next.Add(1)%uint64(len(r.loops))]
}

// start has c read until its end.
func (r *readers) start(c *websocket) {
	r.mu.Lock()
	if r.conns == nil {
		r.conns = map[*websocket]struct{}{}
	}
	ending := r.ending
	if !ending {
		r.conns[c] = struct{}{}
	}
	r.mu.Unlock()
	if ending {
		c.hangUp()
		return
	}
	if err := c.takeEarly(); err != nil && !c.ended(err) {
		c.close()
		return
	}
	if c.loop != nil && c.loop.add(c) == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ending { // and its connection closed, or about to be
		go c.read()
		return
	}
	r.own.Go(c.read)
}

// read is the goroutine of a connection that has its own.
func (c *websocket) read() {
	defer c.close()
	take := c.take
	for {
		if err := c.readSome(take); err != nil && !c.ended(err) {
			return
		}
		c.s.gate.wait(nil)
	}
}

// done is told of a closed connection.
func (r *readers) done(c *websocket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
	if len(r.conns) == 0 && r.closed != nil {
		close(r.closed)
		r.closed = nil
	}
}

// close waits for the clients to close their side, until patience ends.
func (r *readers) close(patience <-chan time.Time) {
	r.mu.Lock()
	r.ending = true
	if len(r.conns) > 0 {
		closed := make(chan struct{})
		r.closed = closed
		r.mu.Unlock()
		select {
		case <-closed:
		case <-patience:
		}
		r.mu.Lock()
	}
	left := make([]*websocket, 0, len(r.conns))
	for c := range r.conns {
		left = append(left, c)
	}
	r.mu.Unlock()
	for _, c := range left {
		c.close()
	}
	r.own.Wait()
	for _, l := range r.loops {
		l.close()
	}
}

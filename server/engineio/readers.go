package engineio

import (
	"sync"
	"time"
)

// readers are the goroutines that read websockets, also those of sessions that
// have ended: the server ends with none of them left.
type readers struct {
	mu      sync.Mutex
	conns   map[*websocket]struct{}
	running sync.WaitGroup
}

// start has c read.
func (l *readers) start(c *websocket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil {
		l.conns = map[*websocket]struct{}{}
	}
	l.conns[c] = struct{}{}
	l.running.Go(func() {
		c.read()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.conns, c)
	})
}

// close waits for the clients to close their side, until patience ends.
func (l *readers) close(patience <-chan time.Time) {
	done := make(chan struct{})
	go func() {
		l.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return
	case <-patience:
	}
	l.mu.Lock()
	for c := range l.conns {
		_ = c.Conn.Close()
	}
	l.mu.Unlock()
	<-done
}

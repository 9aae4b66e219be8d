package engineio

import "sync"

// gate holds up the reading of one connection while its events pile up. Several
// holders may close it; it opens when the last of them lets go. The zero value
// is open.
type gate struct {
	mu      sync.Mutex
	holders int
	broken  bool
	opened  chan struct{} // closed when the gate opens; nil while it is open
	resume  func()        // called when the gate opens
}

func (g *gate) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.holders++; g.opened == nil && !g.broken {
		g.opened = make(chan struct{})
	}
}

func (g *gate) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.holders--; g.holders == 0 {
		g.open()
	}
}

// breakOpen opens the gate for good: the connection has ended.
func (g *gate) breakOpen() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.broken = true
	g.open()
}

func (g *gate) open() {
	if g.opened != nil {
		close(g.opened)
		g.opened = nil
	}
	if g.resume != nil {
		g.resume()
		g.resume = nil
	}
}

func (g *gate) isHeld() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opened != nil
}

// whileHeld calls pause, and resume when the gate opens; neither where it is
// open, or paused already. Both must be quick, and leave the gate alone.
func (g *gate) whileHeld(pause, resume func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened != nil && g.resume == nil {
		pause()
		g.resume = resume
	}
}

// wait returns true once the gate is open, false if done is closed before.
func (g *gate) wait(done <-chan struct{}) bool {
	g.mu.Lock()
	opened := g.opened
	g.mu.Unlock()
	if opened == nil {
		return true
	}
	select {
	case <-opened:
		return true
	case <-done:
		return false
	}
}

package dispatch

import "time"

// Closed has "close" emitted once the events that came before are handled, or
// after Config.DrainTimeout. It implements engineio.Observer.
func (l *lanes) Closed(emit func()) {
	l.mu.Lock()
	l.dropUnconnected()
	l.finish = emit
	finish := l.finishIfIdle()
	if finish == nil {
		l.drain = time.AfterFunc(min(unhandledTime, l.cfg.DrainTimeout), l.dropUnhandled)
	}
	l.unlockAnd(finish)
}

// giveUp has "close" emitted while handlers still run.
func (l *lanes) giveUp() {
	l.mu.Lock()
	finish := l.takeFinish()
	l.mu.Unlock()
	if finish != nil {
		l.cfg.Logger.Warn("handlers still run on a connection that has ended", "after", l.cfg.DrainTimeout)
		finish()
	}
}

// unhandledTime is how long the events of an ended connection may take to reach
// their handlers: middleware that has not passed one on by then never will.
const unhandledTime = time.Second

// dropUnhandled empties the lanes that wait for middleware.
func (l *lanes) dropUnhandled() {
	l.mu.Lock()
	l.each(func(n *lane) {
		if n.current != nil && !n.current.handling {
			n.clear()
		}
	})
	finish := l.finishIfIdle()
	if finish == nil && l.finish != nil {
		l.drain = time.AfterFunc(l.cfg.DrainTimeout-unhandledTime, l.giveUp)
	}
	l.unlockAnd(finish)
}

// dropUnconnected empties the lanes whose connect is not through: the client is
// gone, and its socket will not come to be.
func (l *lanes) dropUnconnected() {
	l.each(func(n *lane) {
		if n.current != nil && n.current.isConnect() && !n.current.handling {
			n.clear()
		}
	})
}

// unlockAnd lets go of mu and then emits "close", if finish is what does that: its
// handlers may do anything.
func (l *lanes) unlockAnd(finish func()) {
	l.mu.Unlock()
	if finish != nil {
		finish()
	}
}

// finishIfIdle returns what emits "close", if it is time.
func (l *lanes) finishIfIdle() func() {
	if l.finish == nil {
		return nil
	}
	idle := true
	l.each(func(n *lane) { idle = idle && n.current == nil })
	if !idle {
		return nil
	}
	return l.takeFinish()
}

func (l *lanes) takeFinish() func() {
	finish := l.finish
	if finish != nil {
		l.finish, l.closed = nil, true
	}
	if l.drain != nil {
		l.drain.Stop() // which else keeps all of the connection in memory
		l.drain = nil
	}
	return finish
}

// hasClosed tells whether the library has been told of the end, or is about to.
func (l *lanes) hasClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// abandon forgets everything: the library has let go of the connection.
func (l *lanes) abandon() {
	l.mu.Lock()
	l.deliver, l.closed = nil, true
	if l.session != nil {
		l.each((*lane).clear)
	}
	l.queued = 0
	if l.paused {
		l.resume()
	}
	l.unlockAnd(l.takeFinish())
}

func (n *lane) clear() {
	for _, t := range n.waiting {
		n.all.queued -= t.size
	}
	n.current, n.waiting = nil, nil
	if n.timer != nil {
		n.timer.Stop()
		n.timer = nil
	}
}

func (l *lanes) each(f func(*lane)) {
	f(&l.root)
	for _, n := range l.others {
		f(n)
	}
}

package dispatch

import (
	"time"

	"github.com/zishang520/socket.io/v2/socket"
)

// What bounds the packets that wait while a handler may be waiting itself, for an
// ack of the same client: the ack may be behind them. And how soon it is noticed
// that a handler asked for one after the reading had stopped.
const (
	awaitingFactor = 16
	awaitingCheck  = 50 * time.Millisecond
)

// pauseIfFull stops the reading where too much waits.
func (l *lanes) pauseIfFull() {
	if l.paused || !l.full() {
		return
	}
	l.paused = true
	l.session.Pause()
	time.AfterFunc(awaitingCheck, l.reconsider)
}

// full tells whether nothing more should be read.
func (l *lanes) full() bool {
	return l.queued > l.cfg.MaxQueued && (l.queued > awaitingFactor*l.cfg.MaxQueued || !l.awaitsAck())
}

// awaitsAck tells whether the client has been asked for an ack that did not come.
func (l *lanes) awaitsAck() bool {
	awaits := false
	l.each(func(n *lane) {
		if n.socket == nil || awaits {
			return
		}
		n.socket.Acks().Range(func(uint64, socket.Ack) bool {
			awaits = true
			return false
		})
	})
	return awaits
}

// reconsider looks at a paused connection again: its handler may by now be
// waiting for an ack, for which one must read on.
func (l *lanes) reconsider() {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !l.paused:
	case l.full():
		time.AfterFunc(awaitingCheck, l.reconsider)
	default:
		l.resume()
	}
}

// dequeued goes on reading once little enough waits.
func (l *lanes) dequeued(t *turn) {
	l.queued -= t.size
	if l.paused && l.queued <= l.cfg.MaxQueued/2 {
		l.resume()
	}
}

func (l *lanes) resume() {
	l.paused = false
	l.session.Resume()
}
